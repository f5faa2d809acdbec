"""Which notification rules S3 takes, and what they match."""

from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from tests.emulator.s3.events import CREATED, arn_of, events_of, notify_queue


@pytest.mark.parametrize(
    ("name", "value", "matching", "other"),
    [
        ("prefix", "my+album/", "my album/a.jpg", "my+album/a.jpg"),
        ("suffix", "+copy.jpg", "a copy.jpg", "a+copy.jpg"),
        ("prefix", "a%2Bb/", "a+b/c.jpg", "a b/c.jpg"),
        ("prefix", "year%3d2024/", "year=2024/a.jpg", "year-2024/a.jpg"),
        ("suffix", "(1).jpg", "a(1).jpg", "a(2).jpg"),
        ("suffix", "%281%29.jpg", "a(1).jpg", "a1.jpg"),
        ("prefix", "gr%C3%BCn/", "grün/a.jpg", "grun/a.jpg"),
    ],
)
def test_filters_are_read_as_a_form_is_written(
    s3: Any,
    sqs: Any,
    queue: str,
    plain_bucket: str,
    name: str,
    value: str,
    matching: str,
    other: str,
) -> None:
    """A space in a prefix or suffix is a plus sign, what is special is percent-encoded.

    AWS: "Configuring event notifications using object key name filtering".
    """
    rule = {"Key": {"FilterRules": [{"Name": name, "Value": value}]}}
    notify_queue(s3, plain_bucket, arn_of(sqs, queue), Filter=rule)

    for key in (other, matching):
        s3.put_object(Bucket=plain_bucket, Key=key, Body=b"x")

    (seen,) = events_of(sqs, queue, 1)
    assert unquote_plus(seen["key"]) == matching


def test_rules_that_are_written_differently_can_overlap(
    s3: Any, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """Two prefixes that mean the same are ambiguous, however they are encoded."""
    arn = arn_of(sqs, queue)
    rules = [{"Key": {"FilterRules": [{"Name": "prefix", "Value": v}]}} for v in ("a(/", "a%28/")]
    configuration = [{"QueueArn": arn, "Events": [CREATED], "Filter": rule} for rule in rules]

    with pytest.raises(ClientError, match="ambiguously"):
        s3.put_bucket_notification_configuration(
            Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": configuration}
        )


def _rule(arn: str, *filters: tuple[str, str], events: list[str] | None = None) -> dict[str, Any]:
    return {
        "QueueArn": arn,
        "Events": events or [CREATED],
        "Filter": {
            "Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in filters]}
        },
    }


AMBIGUOUS = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules"


@pytest.mark.parametrize(
    ("filters", "events", "message"),
    [
        ([[], []], None, AMBIGUOUS),
        ([[("suffix", ".jpg")], [("suffix", "g")]], None, AMBIGUOUS),
        ([[("prefix", "a/")], [("prefix", "a/b/")]], None, AMBIGUOUS),
        ([[("prefix", "a/")], [("suffix", ".jpg")]], None, AMBIGUOUS),
        (
            [[("suffix", ".jpg")], [("suffix", ".jpg")]],
            [["s3:ObjectCreated:*"], ["s3:ObjectCreated:Put"]],
            AMBIGUOUS,
        ),
        (
            [[("suffix", ".jpg"), ("suffix", ".png")]],
            None,
            "Cannot specify more than one suffix rule in a filter.",
        ),
        (
            [[("prefix", "a"), ("Prefix", "b")]],
            None,
            "Cannot specify more than one prefix rule in a filter.",
        ),
        (
            [[]],
            [["s3:ObjectCreated:Uploaded"]],
            "A specified event is not supported for notifications.",
        ),
    ],
)
def test_ambiguous_and_unknown_rules_are_refused(
    s3: Any,
    sqs: Any,
    queue: str,
    plain_bucket: str,
    filters: list[list[tuple[str, str]]],
    events: list[list[str]] | None,
    message: str,
) -> None:
    """A configuration that AWS refuses is refused, in AWS's words, and changes nothing."""
    arn = arn_of(sqs, queue)
    rules = [
        _rule(arn, *one, events=events[number] if events else None)
        for number, one in enumerate(filters)
    ]

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": rules}
        )

    assert refused.value.response["Error"]["Code"] == "InvalidArgument"
    assert refused.value.response["Error"]["Message"].startswith(message)
    found = s3.get_bucket_notification_configuration(Bucket=plain_bucket)
    assert "QueueConfigurations" not in found


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({}, "MalformedXML"),
        ({"Name": "prefix"}, "MalformedXML"),
        ({"Value": "u/"}, "MalformedXML"),
        ({"Name": "middle", "Value": "u/"}, "InvalidArgument"),
    ],
)
def test_filters_are_checked_before_destinations(
    s3: Any, plain_bucket: str, rule: dict[str, str], code: str
) -> None:
    """Recorded on AWS: LocalStack's tests, v4.14.0, in TestS3BucketNotificationConfiguration."""
    entry = {**_rule("arn:aws:sqs:us-east-1:000000000000:none"), "Filter": {"Key": {}}}
    entry["Filter"]["Key"]["FilterRules"] = [rule]

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": [entry]}
        )

    assert refused.value.response["Error"]["Code"] == code
    assert "destination" not in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("filters", "events"),
    [
        ([[("prefix", "u/"), ("suffix", s)] for s in (".jpg", ".jpeg", ".png")], None),
        ([[("prefix", "a/")], [("prefix", "b/")]], None),
        ([[], []], [["s3:ObjectCreated:*"], ["s3:ObjectRemoved:*"]]),
    ],
)
def test_rules_that_cannot_meet_are_accepted(
    s3: Any,
    sqs: Any,
    queue: str,
    plain_bucket: str,
    filters: list[list[tuple[str, str]]],
    events: list[list[str]] | None,
) -> None:
    """Rules whose keys or events are disjoint stand side by side."""
    arn = arn_of(sqs, queue)
    rules = [
        _rule(arn, *one, events=events[number] if events else None)
        for number, one in enumerate(filters)
    ]

    s3.put_bucket_notification_configuration(
        Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": rules}
    )

    found = s3.get_bucket_notification_configuration(Bucket=plain_bucket)
    assert len(found["QueueConfigurations"]) == len(rules)


def test_all_destinations_out_of_reach_are_named(s3: Any, sqs: Any, plain_bucket: str) -> None:
    """Numbered, but an ARN that is none comes first; a function that is gone may not be invoked.

    Recorded: LocalStack v4.14.0, `s3/test_s3_notifications_sqs.py`,
    `test_multiple_invalid_sqs_arns`, and `s3/test_s3_notifications_lambda.py`,
    `test_invalid_lambda_arn`.
    """

    def refused(**configuration: Any) -> dict[str, str]:
        with pytest.raises(ClientError) as caught:
            s3.put_bucket_notification_configuration(
                Bucket=plain_bucket, NotificationConfiguration=configuration
            )
        assert caught.value.response["Error"].pop("Code") == "InvalidArgument"
        return dict(caught.value.response["Error"])

    missing = [f"arn:aws:sqs:us-east-1:111122223333:missing-{number}" for number in (1, 2)]
    queues = [{"QueueArn": arn, "Events": [CREATED]} for arn in missing]
    queues[1]["Events"] = ["s3:ObjectRemoved:*"]
    gone = "The destination queue does not exist"
    assert refused(QueueConfigurations=queues) == {
        "Message": "Unable to validate the following destination configurations",
        **{"ArgumentName1": missing[0], "ArgumentValue1": gone},
        **{"ArgumentName2": missing[1], "ArgumentValue2": gone},
    }
    no_arn = {"QueueArn": "no-arn", "Events": ["s3:ObjectRestore:*"]}
    assert refused(QueueConfigurations=[*queues, no_arn]) == {
        "Message": "The ARN could not be parsed",
        **{"ArgumentName": "Queue", "ArgumentValue": "no-arn"},
    }
    no_topic = {"TopicArn": "no-topic", "Events": [CREATED]}
    assert refused(TopicConfigurations=[no_topic])["ArgumentName"] == "Topic"
    function = "arn:aws:lambda:us-east-1:111122223333:function:missing"
    functions = [{"LambdaFunctionArn": function, "Events": [CREATED]}]
    no_function = {"LambdaFunctionArn": "no-function", "Events": [CREATED]}
    named = refused(LambdaFunctionConfigurations=[no_function])["ArgumentName"]
    assert named == "CloudFunction"
    assert refused(LambdaFunctionConfigurations=functions) == {
        "Message": "Unable to validate the following destination configurations",
        "ArgumentName1": f"{function}, null",
        "ArgumentValue1": f"Not authorized to invoke function [{function}]",
    }
