"""What AWS Lambda reports about invocations, as CloudWatch metrics.

Metrics, units and dimensions: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
"""

from collections.abc import Mapping

from localstack.services.lambda_.invocation.lambda_models import VersionIdentifier

from localstack_parity.cloudwatch.measurements import Measurement, Series, record

NAMESPACE = "AWS/Lambda"


def record_values(
    version: VersionIdentifier,
    invoked_arn: str,
    at: float,
    values: Mapping[str, tuple[float, str]],
    region_values: Mapping[str, tuple[float, str]] | None = None,
) -> None:
    """Record values (metric to value and unit) for a function, and for the whole region.

    ``at`` (seconds since the epoch) is when the function was invoked: "The timestamp on a metric
    reflects when the function was invoked" (Lambda Developer Guide, "Viewing metrics for Lambda
    functions"). ``region_values`` are those that differ for the region. The dimension Resource is
    the function's name, with the version or alias if one was asked for.
    """
    function = ("FunctionName", version.function_name)
    resource = ("Resource", invoked_arn.split(":", 6)[6])
    by_dimensions = {
        (function,): values,
        (function, resource): values,
        (): {**values, **(region_values or {})},
    }
    record(
        *(
            Measurement(
                Series(version.account, version.region, NAMESPACE, name, dimensions, unit, int(at)),
                value,
            )
            for dimensions, measured in by_dimensions.items()
            for name, (value, unit) in measured.items()
        )
    )
