"""CloudWatch Logs refuses names, classes, keys and events that it does not have.

AWS: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.refused import refusal

NOW = int(time.time() * 1000)
DAY = 24 * 3_600_000
KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def group(emulator: Emulator) -> Iterator[str]:
    logs, name = emulator.client("logs"), f"ranges-{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield name
    logs.delete_log_group(logGroupName=name)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {"logGroupName": "a b"},
            "InvalidParameterException: 1 validation error detected: Value 'a b' at 'logGroupName'"
            " failed to satisfy constraint: Member must satisfy regular expression pattern:",
        ),
        ({"logGroupName": "g" * 513}, "both must have length less than or equal to 512"),
        (
            {"logGroupName": "aws/own"},
            "InvalidParameterException: Log groups starting with AWS/ are reserved for AWS.",
        ),
        ({"logGroupClass": "CHEAP"}, "Value 'CHEAP' at 'logGroupClass' failed to satisfy"),
        (
            {"logGroupClass": "INFREQUENT_ACCESS"},
            "NotImplemented: CreateLogGroup of logs is not emulated here with logGroupClass INFREQ",
        ),
        (
            {"deletionProtectionEnabled": True},
            "NotImplemented: CreateLogGroup of logs is not emula",
        ),
        (
            {"kmsKeyId": KEY},
            "AccessDeniedException: The specified KMS key does not exist or is not allowed to be"
            " used with Arn 'arn:aws:logs:us-east-1:000000000000:log-group:never-made'",
        ),
        ({"kmsKeyId": "junk"}, "AccessDeniedException: The specified KMS key does not exist"),
    ],
)
def test_a_group_that_cannot_be_is_refused(
    emulator: Emulator, request_: dict[str, Any], said: str
) -> None:
    request = {"logGroupName": "never-made", **request_}
    assert said in refusal(emulator, "logs", "create_log_group", request)


def test_a_group_with_a_key_that_is_there(emulator: Emulator) -> None:
    logs, name = emulator.client("logs"), f"ranges-{uuid.uuid4().hex[:8]}"
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName=name, kmsKeyId=key, logGroupClass="STANDARD")
    logs.delete_log_group(logGroupName=name)


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        ("create_log_stream", {"logStreamName": "a:b"}, "Value 'a:b' at 'logStreamName' failed"),
        ("put_retention_policy", {"retentionInDays": 2}, "Value '2' at 'retentionInDays' failed"),
        ("describe_log_streams", {"orderBy": "Size"}, "Value 'Size' at 'orderBy' failed"),
        ("describe_log_streams", {"limit": 51}, "Value '51' at 'limit' failed"),
        (
            "put_metric_filter",
            {
                "filterName": "f",
                "filterPattern": "",
                "metricTransformations": [
                    {
                        "metricName": "m",
                        "metricNamespace": "n",
                        "metricValue": "1",
                        "unit": "Miles",
                    }
                ],
            },
            "Value 'Miles' at 'metricTransformations.1.member.unit' failed",
        ),
    ],
)
def test_a_request_beyond_its_limits_is_refused(
    emulator: Emulator, group: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    said = f"InvalidParameterException: 1 validation error detected: {said}"
    assert said in refusal(emulator, "logs", operation, {"logGroupName": group, **request_})


@pytest.mark.parametrize("policy", ["", "junk", "[]", "{}", '"text"'])
def test_a_resource_policy_is_a_policy(emulator: Emulator, policy: str) -> None:
    request = {"policyName": "never-made", "policyDocument": policy}
    said = "InvalidParameterException: "
    assert refusal(emulator, "logs", "put_resource_policy", request).startswith(said)
    policies = emulator.client("logs").describe_resource_policies()["resourcePolicies"]
    assert "never-made" not in {one["policyName"] for one in policies}


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "Member must have length greater than or equal to 1"),
        ([(NOW, "")], "Value '' at 'logEvents.1.member.message' failed to satisfy constraint"),
        ([(-1, "m")], "Value '-1' at 'logEvents.1.member.timestamp' failed to satisfy constraint"),
        (
            [(NOW - DAY - 1, "m"), (NOW, "m")],
            "The batch of log events in a single PutLogEvents request cannot span more than 24",
        ),
        (
            [(NOW, "m" * (2**20 - 25))],
            "Log event too large: 1048577 bytes exceeds limit of 1048576",
        ),
        ([(NOW, "é" * 2**18)] * 2, "Upload too large: 1048628 bytes exceeds limit of 1048576"),
    ],
)
def test_events_beyond_their_limits_are_refused(
    emulator: Emulator, group: str, events: list[tuple[int, str]], said: str
) -> None:
    request = {
        "logGroupName": group,
        "logStreamName": "s",
        "logEvents": [{"timestamp": moment, "message": message} for moment, message in events],
    }
    refused = refusal(emulator, "logs", "put_log_events", request)
    assert refused.startswith("InvalidParameterException: ")
    assert said in refused


def test_events_at_their_limits(emulator: Emulator, group: str) -> None:
    logs = emulator.client("logs")
    for events in (
        [{"timestamp": NOW - DAY, "message": "m"}, {"timestamp": NOW, "message": "m"}],
        [{"timestamp": NOW, "message": "m" * (2**20 - 26)}],
    ):
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
