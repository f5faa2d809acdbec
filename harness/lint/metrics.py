"""Metrics that will have datapoints: those of AWS's services, and those that the functions write.

CloudWatch takes any name; an alarm on a metric that nothing writes is silent for ever.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from harness.lint.functions import log_group_of, package_of, packages
from harness.lint.sources import Package, nodes_of
from harness.lint.stack import Resource, Stack
from harness.stack.intrinsics import Unknown, mentions_unknown

COUNT, MILLISECONDS, SECONDS, BYTES = "Count", "Milliseconds", "Seconds", "Bytes"


@dataclass(frozen=True)
class Namespace:
    """Metrics of one service: `dimensions` are the sets that it writes, `metrics` have units.

    `names` says which dimension holds the name of what type of resource.
    """

    metrics: Mapping[str, str]
    dimensions: tuple[frozenset[str], ...]
    names: Mapping[str, str]


def _sets(*texts: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(text.split()) for text in texts)


# Sources: "Types of metrics for Lambda functions", "Available CloudWatch metrics for Amazon SQS",
# "Monitoring Amazon SNS topics using CloudWatch", "Amazon S3 metrics and dimensions" and
# "Monitoring usage with CloudWatch metrics" of the services' guides.
NAMESPACES: Mapping[str, Namespace] = {
    "AWS/Lambda": Namespace(
        {
            "AsyncEventAge": MILLISECONDS,
            "AsyncEventsDropped": COUNT,
            "AsyncEventsReceived": COUNT,
            "ClaimedAccountConcurrency": COUNT,
            "ConcurrentExecutions": COUNT,
            "DeadLetterErrors": COUNT,
            "DestinationDeliveryFailures": COUNT,
            "Duration": MILLISECONDS,
            "Errors": COUNT,
            "Invocations": COUNT,
            "IteratorAge": MILLISECONDS,
            "PostRuntimeExtensionsDuration": MILLISECONDS,
            "ProvisionedConcurrencyInvocations": COUNT,
            "ProvisionedConcurrencySpilloverInvocations": COUNT,
            "ProvisionedConcurrentExecutions": COUNT,
            "RecursiveInvocationsDropped": COUNT,
            "Throttles": COUNT,
            "UnreservedConcurrentExecutions": COUNT,
        },
        _sets("", "FunctionName", "FunctionName Resource", "FunctionName Resource ExecutedVersion"),
        {"FunctionName": "AWS::Lambda::Function"},
    ),
    "AWS/SQS": Namespace(
        {
            "ApproximateAgeOfOldestMessage": SECONDS,
            "ApproximateNumberOfMessagesDelayed": COUNT,
            "ApproximateNumberOfMessagesNotVisible": COUNT,
            "ApproximateNumberOfMessagesVisible": COUNT,
            "NumberOfEmptyReceives": COUNT,
            "NumberOfMessagesDeleted": COUNT,
            "NumberOfMessagesReceived": COUNT,
            "NumberOfMessagesSent": COUNT,
            "SentMessageSize": BYTES,
        },
        _sets("QueueName"),
        {"QueueName": "AWS::SQS::Queue"},
    ),
    "AWS/SNS": Namespace(
        {
            "NumberOfMessagesPublished": COUNT,
            "NumberOfNotificationsDelivered": COUNT,
            "NumberOfNotificationsFailed": COUNT,
            "NumberOfNotificationsFailedToRedriveToDlq": COUNT,
            "NumberOfNotificationsFilteredOut": COUNT,
            "NumberOfNotificationsFilteredOut-InvalidAttributes": COUNT,
            "NumberOfNotificationsFilteredOut-NoMessageAttributes": COUNT,
            "NumberOfNotificationsRedrivenToDlq": COUNT,
            "PublishSize": BYTES,
        },
        _sets("TopicName", ""),
        {"TopicName": "AWS::SNS::Topic"},
    ),
    "AWS/S3": Namespace(
        {
            "4xxErrors": COUNT,
            "5xxErrors": COUNT,
            "AllRequests": COUNT,
            "BucketSizeBytes": BYTES,
            "BytesDownloaded": BYTES,
            "BytesUploaded": BYTES,
            "DeleteRequests": COUNT,
            "FirstByteLatency": MILLISECONDS,
            "GetRequests": COUNT,
            "HeadRequests": COUNT,
            "ListRequests": COUNT,
            "NumberOfObjects": COUNT,
            "PostRequests": COUNT,
            "PutRequests": COUNT,
            "TotalRequestLatency": MILLISECONDS,
        },
        _sets("BucketName StorageType", "BucketName FilterId"),
        {"BucketName": "AWS::S3::Bucket"},
    ),
    "AWS/Logs": Namespace(
        {"IncomingBytes": BYTES, "IncomingLogEvents": COUNT},
        _sets("LogGroupName", ""),
        {"LogGroupName": "AWS::Logs::LogGroup"},
    ),
}


def metric_fault(
    stack: Stack, namespace: Any, name: Any, dimensions: Mapping[str, Any], unit: Any = None
) -> str | None:
    """Why the metric will have no datapoints, or None if it will or nobody can tell."""
    if mentions_unknown([namespace, name, dict(dimensions), unit]):
        return None
    if str(namespace).startswith("AWS/"):
        known = NAMESPACES.get(namespace)
        if known:
            return _aws_fault(stack, known, namespace, name, dimensions, unit)
        lower = {other.lower(): other for other in NAMESPACES}
        meant = get_close_matches(namespace.lower(), lower, n=1, cutoff=0.8)
        return f"No service writes to {namespace}; is it {lower[meant[0]]}?" if meant else None
    return _own_fault(stack, namespace, name, dimensions, unit)


def _aws_fault(
    stack: Stack,
    known: Namespace,
    namespace: str,
    name: str,
    dimensions: Mapping[str, Any],
    unit: Any,
) -> str | None:
    if name not in known.metrics:
        return f"{namespace} has no metric {name}"
    if unit is not None and unit != known.metrics[name]:
        return f"{name} has the unit {known.metrics[name]}, so there is none in {unit}"
    if frozenset(dimensions) not in known.dimensions:
        sets = " or ".join("{" + ", ".join(sorted(d)) + "}" for d in known.dimensions)
        given = ", ".join(sorted(dimensions)) or "none"
        return f"{name} is not written with the dimensions {given}, but with {sets}"
    for dimension, kind in known.names.items():
        value = dimensions.get(dimension)
        if value is not None and value not in {r.name for r in stack.of(kind)}:
            return f"The stack has no {kind} with the name {value}"
    return None


def _own_fault(
    stack: Stack, namespace: str, name: str, dimensions: Mapping[str, Any], unit: Any
) -> str | None:
    emitters = list(_emitters(stack))
    for written in emitters:
        if written.namespace == namespace and written.has(name):
            if written.dimensions is None:
                return None
            if _same(written.dimensions, dimensions):
                return None
            wanted = ", ".join(f"{k}={v}" for k, v in sorted(written.dimensions.items()))
            return f"{written.by} writes {name} with the dimensions {wanted or 'none'}, no others"
    if any(not _readable(stack, function) for function in stack.of("AWS::Lambda::Function")):
        return None
    namespaces = sorted({str(written.namespace) for written in emitters})
    if namespace not in namespaces:
        return f"Nothing writes to {namespace}; there is {', '.join(namespaces) or 'nothing'}"
    return f"Nothing writes a metric {name} to {namespace}"


def _readable(stack: Stack, function: Resource) -> bool:
    """Whether it is known from here what a function writes."""
    package = package_of(stack, function)
    return package is not None and bool(package.modules)


@dataclass(frozen=True)
class _Written:
    """What somebody writes: `names` are candidates, `dimensions` None if they are unknown."""

    by: str
    namespace: Any
    names: frozenset[str]
    dimensions: Mapping[str, Any] | None

    def has(self, name: str) -> bool:
        return name in self.names


def _same(written: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return set(written) == set(asked) and all(
        isinstance(value, Unknown) or value == asked[name] for name, value in written.items()
    )


def _emitters(stack: Stack) -> Iterator[_Written]:
    """Metric filters, and functions that use Powertools' Metrics or write metrics themselves."""
    for log_filter in stack.of("AWS::Logs::MetricFilter"):
        for made in log_filter.properties.get("MetricTransformations") or []:
            names = frozenset({str(made.get("MetricName"))})
            dimensions = {d["Key"]: Unknown("log") for d in made.get("Dimensions") or []}
            namespace = made.get("MetricNamespace")
            yield _Written(log_filter.logical_id, namespace, names, dimensions)
    for function, package in packages(stack):
        environment = stack.environment(function)
        if _logs_without_metrics(stack, function):
            continue
        if any(
            i.module.startswith("aws_lambda_powertools.metrics") or "Metrics" in i.names
            for i in package.imports
        ):
            yield _powertools(function, package, environment)
        elif any(call.method == "put_metric_data" for call in package.calls):
            for text in package.texts | set(map(str, environment.values())):
                yield _Written(function.logical_id, text, package.texts, None)


def _logs_without_metrics(stack: Stack, function: Resource) -> bool:
    """Whether a function logs to a class of log group that makes no metrics of what is logged.

    Source: Amazon CloudWatch Logs User Guide, "Log classes".
    """
    group = log_group_of(stack, function)
    given = group.properties.get("LogGroupClass", "STANDARD") if group else "STANDARD"
    return given in ("INFREQUENT_ACCESS", "DELIVERY")


def _powertools(function: Resource, package: Package, environment: Mapping[str, Any]) -> _Written:
    """What Powertools writes: its namespace and service come from the environment or the code.

    Source: Powertools for AWS Lambda (Python), "Metrics": "service" is always a dimension.
    """
    namespace = environment.get("POWERTOOLS_METRICS_NAMESPACE", Unknown("namespace"))
    service = environment.get("POWERTOOLS_SERVICE_NAME", "service_undefined")
    dimensions: dict[str, Any] = {}

    def value(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=constant):
                return constant
            case ast.Subscript(
                value=ast.Attribute(attr="environ"), slice=ast.Constant(value=variable)
            ):
                if variable == "AWS_LAMBDA_FUNCTION_NAME":
                    return function.name
                return environment.get(str(variable), Unknown(str(variable)))
        return Unknown("code")

    for tree in package.modules.values():
        for node in nodes_of(tree):
            match node:
                case ast.Call(func=ast.Name(id="Metrics") | ast.Attribute(attr="Metrics")):
                    given = {k.arg: value(k.value) for k in node.keywords}
                    namespace = given.get("namespace", namespace)
                    service = given.get("service", service)
                case ast.Call(func=ast.Attribute(attr="set_default_dimensions")):
                    dimensions |= {str(k.arg): value(k.value) for k in node.keywords}
                case ast.Call(func=ast.Attribute(attr="add_dimension")):
                    given = {k.arg: value(k.value) for k in node.keywords}
                    positional = [value(argument) for argument in node.args]
                    name = given.get("name", positional[0] if positional else Unknown("name"))
                    dimensions[str(name)] = given.get("value", Unknown("value"))
                case ast.keyword(arg="default_dimensions", value=ast.Dict() as given_dict):
                    for key, item in zip(given_dict.keys, given_dict.values, strict=True):
                        dimensions[str(value(key) if key else "")] = value(item)
    return _Written(
        function.logical_id, namespace, package.texts, {"service": service, **dimensions}
    )
