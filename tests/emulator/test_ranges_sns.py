"""SNS refuses attributes that it does not have, and values that they cannot have.

AWS: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.refused import refusal


def _retries(count: int) -> str:
    return json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": count}}})


@pytest.fixture(scope="module")
def topic(emulator: Emulator) -> Iterator[str]:
    sns = emulator.client("sns")
    arn: str = sns.create_topic(Name=f"ranges-{uuid.uuid4().hex[:8]}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Surprise", "x", "InvalidParameter: Invalid parameter: "),
        ("TopicArn", "x", "InvalidParameter: Invalid parameter: "),
        ("SignatureVersion", "9", "SignatureVersion: Invalid value [9]. Must be 1 or 2."),
        ("TracingConfig", "Some", "TracingConfig: Invalid value [Some]. Must be PassThrough or "),
        ("ContentBasedDeduplication", "x", "ContentBasedDeduplication: Invalid value [x]."),
        ("DisplayName", "d" * 101, "DisplayName"),
        ("Policy", "junk", "Policy Error"),
        ("DeliveryPolicy", "x", "DeliveryPolicy: failed to parse JSON."),
        ("DeliveryPolicy", _retries(101), "numRetries must be between 0 and 100."),
        ("ArchivePolicy", "x", "MessageRetentionPeriod must be between 1 and 365."),
        ("ArchivePolicy", '{"MessageRetentionPeriod": "366"}', "between 1 and 365."),
        ("ArchivePolicy", '{"MessageRetentionPeriod": "30"}', "only a FIFO topic can have one."),
        ("SQSSuccessFeedbackSampleRate", "101", "SQSSuccessFeedbackSampleRate"),
        ("LambdaFailureFeedbackRoleArn", "a role", "LambdaFailureFeedbackRoleArn"),
        ("FirehoseSuccessFeedbackSampleRate", "100", "NotImplemented: "),
    ],
)
def test_attributes_of_a_topic(
    emulator: Emulator, topic: str, name: str, value: str, said: str
) -> None:
    """When a topic is made, and later."""
    change = {"TopicArn": topic, "AttributeName": name, "AttributeValue": value}
    assert said in refusal(emulator, "sns", "set_topic_attributes", change)
    made = {"Name": "never-made", "Attributes": {name: value}}
    assert said in refusal(emulator, "sns", "create_topic", made)


def test_attributes_at_their_limits(emulator: Emulator, topic: str) -> None:
    sns = emulator.client("sns")
    for name, value in (
        ("SignatureVersion", "2"),
        ("TracingConfig", "PassThrough"),
        ("DisplayName", "d" * 100),
        ("DisplayName", ""),
        ("DeliveryPolicy", _retries(100)),
        ("KmsMasterKeyId", ""),
    ):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "subscribe",
            {
                "Protocol": "sqs",
                "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q",
                "Attributes": {"DeliveryPolicy": "x"},
            },
            "DeliveryPolicy: failed to parse JSON.",
        ),
        (
            "subscribe",
            {
                "Protocol": "sqs",
                "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q",
                "Attributes": {"SubscriptionRoleArn": "arn:aws:iam::000000000000:role/r"},
            },
            "NotImplemented: Subscribe of sns is not emulated here with SubscriptionRoleArn",
        ),
        ("subscribe", {"Protocol": "lambda", "Endpoint": "x"}, "Lambda endpoint ARN"),
        # test_sns.py::TestSNSSubscriptionCrudV2::test_subscribe_invalid_filter_policy
        (
            "subscribe",
            {
                "Protocol": "sqs",
                "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q",
                "Attributes": {"FilterPolicy": "invalid"},
            },
            "Attributes Reason: FilterPolicy: failed to parse JSON. Unrecognized token 'invalid': "
            "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
            "line: 1, column: 8]",
        ),
        (
            "subscribe",
            {
                "Protocol": "sqs",
                "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q",
                "Attributes": {"RedrivePolicy": "{it}"},
            },
            "RedrivePolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was "
            "expecting double-quote to start field name\n at [Source: REDACTED",
        ),
        # test_sns.py::TestSNSSubscriptionCrud::test_sns_confirm_subscription_wrong_token
        ("confirm_subscription", {"Token": "randomtoken"}, "InvalidParameter: Invalid token"),
        ("publish", {"Message": "m", "MessageStructure": "xml"}, "MessageStructure"),
        *(
            (
                "add_permission",
                {"Label": "l", "AWSAccountId": [account], "ActionName": ["Publish"]},
                "InvalidParameter: Invalid parameter: A provided account ID is not valid",
            )
            for account in ("junk", "12345678901", "arn:aws:iam::123456789012:root", "")
        ),
        (
            "tag_resource",
            {"Tags": [{"Key": f"t{number}", "Value": "v"} for number in range(51)]},
            "TagLimitExceeded: ",
        ),
        (
            "tag_resource",
            {"Tags": [{"Key": "t" * 129, "Value": "v"}]},
            "failed to satisfy constraint: Member must have length less than or equal to 128",
        ),
    ],
)
def test_a_request_beyond_its_limits_is_refused(
    emulator: Emulator, topic: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    name = "ResourceArn" if operation == "tag_resource" else "TopicArn"
    assert said in refusal(emulator, "sns", operation, {name: topic, **request_})


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"SubscriptionArn": "randomstring"}, "An ARN must have at least 6 elements, not 1"),
        ({"SubscriptionArn": "arn:aws:sns:us-east-1:random"}, "at least 6 elements, not 5"),
        (
            {"SubscriptionArn": "arn:aws:sns:us-east-1:111111111111:random"},
            "InvalidParameter: Invalid parameter: SubscriptionId",
        ),
        ({}, "SubscriptionArn Reason: no value for required parameter"),
    ],
)
def test_what_is_no_subscription(emulator: Emulator, request_: dict[str, str], said: str) -> None:
    """Recorded on AWS: LocalStack's tests, v4.14.0, test_unsubscribe_wrong_arn_format."""
    assert said in refusal(emulator, "sns", "unsubscribe", request_)


def test_a_key_that_is_not_there_encrypts_nothing(emulator: Emulator) -> None:
    """It is noticed when a message is published, alone or in a batch."""
    sns = emulator.client("sns")
    topic = sns.create_topic(
        Name=f"ranges-{uuid.uuid4().hex[:8]}", Attributes={"KmsMasterKeyId": "alias/nobody"}
    )["TopicArn"]
    message = {"TopicArn": topic, "Message": "m"}
    assert refusal(emulator, "sns", "publish", message).startswith("KMSNotFound: ")
    batch = {"TopicArn": topic, "PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]}
    assert refusal(emulator, "sns", "publish_batch", batch).startswith("KMSNotFound: ")

    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    )
    sns.publish(**message)
    sns.delete_topic(TopicArn=topic)


@pytest.mark.parametrize(
    ("policy", "said", "column"),
    [
        ({"key": "value"}, '"key" must be an object or an array', 9),
        ({"key": []}, "Empty arrays are not allowed", 10),
        ({"key": [["value"]]}, "Match value must be String, number, true, false, or null", 10),
        ({"key": [{"suffix": 100}]}, "suffix match pattern must be a string", 22),
        ({"key": [{"suffix": "a", "prefix": "b"}]}, "Only one key allowed in match expression", 33),
        ({"key": [{"wrong": True}]}, "Unrecognized match type wrong", 22),
        (
            {"ok": ["a"], "key": [{"anything-but": {"x": 1}}]},
            "Unsupported anything-but pattern: x",
            42,
        ),
        ({"key": [{"numeric": []}]}, "Invalid member in numeric match: ]", 22),
        ({"key": [{"numeric": ["is"]}]}, "Unrecognized numeric range operator: is", 26),
        ({"key": [{"numeric": [">", 20, "is"]}]}, "Bad numeric range operator: is", 32),
        ({"key": [{"numeric": [">", 20, "<"]}]}, "Value of < must be numeric", 32),
        ({"key": [{"numeric": [">", 3, "<", 1]}]}, "Bottom must be less than top", 33),
    ],
)
def test_a_filter_policy_is_wrong_at_a_place(
    emulator: Emulator, topic: str, policy: dict[str, Any], said: str, column: int
) -> None:
    """Where AWS's parser stopped, in the policy without spaces.

    Recorded: LocalStack v4.14.0, `sns/test_sns_filter_policy.py`, `TestSNSFilterPolicyConditions`.
    """
    request = {
        "TopicArn": topic,
        "Protocol": "sqs",
        "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q",
        "Attributes": {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": "MessageBody"},
    }
    refused = refusal(emulator, "sns", "subscribe", request)
    assert f"Invalid parameter: Attributes Reason: FilterPolicy: {said}" in refused
    text = json.dumps(policy, separators=(",", ":"))
    assert refused.endswith(f'\n at [Source: (String)"{text}"; line: 1, column: {column}]')


def test_no_message_is_replayed(emulator: Emulator) -> None:
    """A topic may keep messages; to send them again is refused, for that is not emulated."""
    sns = emulator.client("sns")
    topic = sns.create_topic(
        Name=f"kept-{uuid.uuid4().hex[:8]}.fifo",
        Attributes={"FifoTopic": "true", "ArchivePolicy": '{"MessageRetentionPeriod": "1"}'},
    )["TopicArn"]
    request = {
        **{
            "TopicArn": topic,
            "Protocol": "sqs",
            "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q.fifo",
        },
        "Attributes": {"ReplayPolicy": '{"PointType": "Timestamp"}'},
    }
    assert "NotImplemented: " in refusal(emulator, "sns", "subscribe", request)
    sns.delete_topic(TopicArn=topic)
