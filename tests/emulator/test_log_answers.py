"""CloudWatch Logs answers what AWS answered to LocalStack's tests (v4.14.0, `logs/`).

The tests here name those whose recordings they hold to.
"""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import REGION, Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.refused import refusal

PRINTS = zipped("def handler(event, context):\n    print('invoked with', list(event))\n")


@pytest.fixture
def group(logs: Any) -> Iterator[str]:
    name = f"/test/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield name
    logs.delete_log_group(logGroupName=name)


def test_groups_and_filters_say_what_they_do_not_have(logs: Any, group: str) -> None:
    """test_logs_groups.py::TestLogsGroups, test_logs_metric_filters.py::TestMetricFilters."""
    transformation = {
        "metricName": "m",
        "metricNamespace": "n",
        "metricValue": "1",
        "defaultValue": 0,
    }
    logs.put_metric_filter(
        logGroupName=group,
        filterName="f",
        filterPattern="ERROR",
        metricTransformations=[transformation],
    )
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["deletionProtectionEnabled"] is False
    (in_short,) = logs.describe_log_groups(logGroupNamePattern=group)["logGroups"]
    assert not {"deletionProtectionEnabled", "storedBytes"} & in_short.keys()
    (found,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found["applyOnTransformedLogs"] is False
    assert abs(found["creationTime"] / 1000 - time.time()) < 60
    assert isinstance(found["metricTransformations"][0]["defaultValue"], float)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("create_log_group", {}),
        ("delete_metric_filter", {"filterName": "f"}),
        ("create_log_stream", {"logStreamName": "s"}),
    ],
)
def test_a_name_that_is_too_long(emulator: Emulator, operation: str, more: dict[str, str]) -> None:
    """TestLogsGroups::test_create_log_group_invalid_name_length."""
    request = {"logGroupName": "n" * 513, **more}
    assert refusal(emulator, "logs", operation, request) == (
        "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than"
        " or equal to 512."
    )


def test_a_format_that_there_is_not(emulator: Emulator) -> None:
    """test_logs_delivery.py::TestDeliveryDestinations."""
    request = {"name": "d", "outputFormat": "junk"}
    assert refusal(emulator, "logs", "put_delivery_destination", request) == (
        "ValidationException: 1 validation error detected: Value 'junk' at 'outputFormat' failed to"
        " satisfy constraint: Member must satisfy enum value set: [w3c, raw, json, plain, parquet]"
    )


def test_a_resource_policy_may_name_what_is_no_arn(emulator: Emulator, logs: Any) -> None:
    """test_logs_resource_policies.py::TestResourcePolicies: it is one of the account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "route53.amazonaws.com"},
        "Action": "logs:PutLogEvents",
        "Resource": "log_arn",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = f"policy-{uuid.uuid4().hex}"
    kept = logs.put_resource_policy(policyName=name, policyDocument=document)["resourcePolicy"]
    assert kept["policyScope"] == "ACCOUNT"
    found = logs.describe_resource_policies()["resourcePolicies"]
    assert {one["policyName"]: one["policyScope"] for one in found}[name] == "ACCOUNT"
    logs.delete_resource_policy(policyName=name)
    assert refusal(emulator, "logs", "delete_resource_policy", {"policyName": name}) == (
        f"ResourceNotFoundException: Policy with name [{name}] does not exist."
    )


def test_a_resource_policy_is_kept_in_awss_form(logs: Any) -> None:
    """TestResourcePolicies::test_put_resource_policy_update; what is put is answered as it is."""
    service = "route53.amazonaws.com"
    statement = {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": "logs:*"}
    document = json.dumps({"Statement": [{**statement, "Resource": "*"}]})
    name = f"policy-{uuid.uuid4().hex}"
    put = logs.put_resource_policy(policyName=name, policyDocument=document)["resourcePolicy"]
    found = logs.describe_resource_policies()["resourcePolicies"]
    logs.delete_resource_policy(policyName=name)
    (kept,) = (json.loads(one["policyDocument"]) for one in found if one["policyName"] == name)
    assert put["policyDocument"] == document
    assert list(kept) == ["Version", "Statement"]
    assert kept["Version"] == "2008-10-17"
    assert kept["Statement"][0]["Principal"] == {"Service": service}


def test_a_query_that_was_not_started_is_not_there(logs: Any) -> None:
    """API Reference, GetQueryResults, Errors."""
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.get_query_results(queryId="12ab3456-12ab-123a-789e-1234567890ab")


def test_a_namespace_may_have_colons(logs: Any, group: str) -> None:
    """TestMetricFilters::test_put_metric_filter_with_special_namespace."""
    namespace = "A.B-c_d/1#2:n"
    transformation = {"metricName": "m", "metricNamespace": namespace, "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName=group,
        filterName="f",
        filterPattern="ERROR",
        metricTransformations=[transformation],
    )
    found = logs.describe_metric_filters(metricName="m", metricNamespace=namespace)
    assert [one["filterName"] for one in found["metricFilters"]] == ["f"]


def test_delivery_of_vended_logs(emulator: Emulator, logs: Any) -> None:
    """test_logs_delivery.py: a destination is put without an answer of its tags."""
    name = f"destination-{uuid.uuid4().hex}"
    bucket = {"destinationResourceArn": "arn:aws:s3:::some-bucket"}
    put = logs.put_delivery_destination(
        name=name, deliveryDestinationConfiguration=bucket, tags={"a": "b"}
    )
    logs.delete_delivery_destination(name=name)
    assert "tags" not in put["deliveryDestination"]
    assert refusal(emulator, "logs", "get_delivery_source", {"name": "missing"}) == (
        "ResourceNotFoundException: Requested Delivery Source does not exist in this account."
    )


def test_a_subscription_has_a_destination_of_the_account(emulator: Emulator) -> None:
    """TestSubscriptionFilterUpdates::test_put_subscription_filter_errors: before all else."""
    function = f"arn:aws:lambda:{REGION}:123456789012:function:f"
    stream = f"arn:aws:kinesis:{REGION}:123456789012:stream/s"
    request = {"logGroupName": "missing", "filterName": "f", "filterPattern": ""}

    def refused(destination: str) -> str:
        sent = {**request, "destinationArn": destination}
        return refusal(emulator, "logs", "put_subscription_filter", sent)

    assert refused(function) == (
        "AccessDeniedException: Cross-account lambda invocation passing is not allowed. You must"
        " use DestinationPolicies to create cross account lambda triggers."
    )
    assert refused(stream) == (
        "InvalidParameterException: destinationArn for vendor kinesis cannot be used without"
        " roleArn"
    )


def test_a_subscription_is_allowed_by_the_arn_of_its_group(
    emulator: Emulator, logs: Any, group: str
) -> None:
    """TestSubscriptionFilters::test_put_subscription_filter_lambda: the ARN ends with `:*`."""
    account = emulator.client("sts").get_caller_identity()["Account"]
    with role_for(emulator) as role, function_of(emulator, PRINTS, role) as function:
        emulator.client("lambda").add_permission(
            FunctionName=function,
            StatementId="logs",
            Action="lambda:InvokeFunction",
            Principal=f"logs.{REGION}.amazonaws.com",
            SourceArn=f"arn:aws:logs:{REGION}:{account}:log-group:{group}:*",
            SourceAccount=account,
        )
        _subscribe(logs, group, function)
        _write(logs, group)
        own = f"/aws/lambda/{function.rsplit(':', 1)[1]}"
        wait_until(
            lambda: any("['awslogs']" in line for line in _lines(logs, own)),
            deadline_s=30,
            describe="the function to be invoked",
        )
        (found,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
        assert found["applyOnTransformedLogs"] is False


def test_a_function_that_may_not_be_invoked_fails_no_write(
    emulator: Emulator, logs: Any, group: str
) -> None:
    with role_for(emulator) as role, function_of(emulator, PRINTS, role) as function:
        _subscribe(logs, group, function)
        _write(logs, group)
        assert _lines(logs, group) == ["written"]


def _subscribe(logs: Any, group: str, function: str) -> None:
    logs.put_subscription_filter(
        logGroupName=group, filterName="all", filterPattern="", destinationArn=function
    )


def _write(logs: Any, group: str) -> None:
    event = {"timestamp": int(time.time() * 1000), "message": "written"}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])


def _lines(logs: Any, group: str) -> list[str]:
    try:
        return [one["message"] for one in logs.filter_log_events(logGroupName=group)["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
