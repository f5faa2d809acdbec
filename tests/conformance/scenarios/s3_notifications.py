"""S3: notifications."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text
from tests.conformance.scenarios.s3_calls import BUCKET, NO_BUCKET, delete, put

_QUEUE = Call("sqs", "create_queue", {"QueueName": "$name"}, save={"queue": "QueueUrl"})
_NO_QUEUE = Call("sqs", "delete_queue", {"QueueUrl": "$queue"})


def _notify(*configurations: dict[str, Any]) -> Call:
    queues = [
        {"QueueArn": "arn:aws:sqs:$region:$account:$name", "Events": ["s3:ObjectCreated:*"], **one}
        for one in configurations
    ]
    return Call(
        "s3",
        "put_bucket_notification_configuration",
        {"Bucket": "$name", "NotificationConfiguration": {"QueueConfigurations": queues}},
    )


def _keys(*rules: tuple[str, str]) -> dict[str, Any]:
    listed = [{"Name": name, "Value": value} for name, value in rules]
    return {"Filter": {"Key": {"FilterRules": listed}}}


# S3 may send to the queue.
_LET_S3_SEND = Call(
    "sqs",
    "set_queue_attributes",
    {
        "QueueUrl": "$queue",
        "Attributes": {
            "Policy": Text(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "s3.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": "arn:aws:sqs:$region:$account:$name",
                        }
                    ],
                }
            )
        },
    },
)


SCENARIOS = (
    Scenario(
        "s3-notifications-refused",
        ("22", "42", "115b"),
        (
            BUCKET,
            _QUEUE,
            _notify({}),
            _LET_S3_SEND,
            _notify({"Id": "a"}, {"Id": "b"}),
            _notify({**_keys(("prefix", "a/"))}, {**_keys(("prefix", "a/b/"))}),
            _notify({**_keys(("suffix", "a"), ("suffix", "b"))}),
            _notify({"Events": ["s3:ObjectPainted:*"]}),
            _notify({**_keys(("middle", "a"))}),
            _notify({**_keys(("prefix", "a b/"))}),
            Call(
                "s3",
                "get_bucket_notification_configuration",
                {"Bucket": "$name"},
                keep="QueueConfigurations[].[QueueArn, Events, Filter]",
            ),
        ),
        (_NO_QUEUE, NO_BUCKET),
    ),
    Scenario(
        "s3-notifications-of-functions",
        ("9a",),
        (
            BUCKET,
            Call(
                "s3",
                "put_bucket_notification_configuration",
                {
                    "Bucket": "$name",
                    "NotificationConfiguration": {
                        "LambdaFunctionConfigurations": [
                            {
                                "LambdaFunctionArn": "arn:aws:lambda:$region:$account:function:no",
                                "Events": ["s3:ObjectCreated:*"],
                            }
                        ]
                    },
                },
            ),
        ),
        (NO_BUCKET,),
    ),
    Scenario(
        "s3-notifications-arrive",
        ("23a",),
        (
            BUCKET,
            _QUEUE,
            _LET_S3_SEND,
            _notify({}),
            put("a b+c/ü.txt"),
            Call(
                "sqs",
                "receive_message",
                {"QueueUrl": "$queue", "WaitTimeSeconds": 10},
                until="Messages[?contains(Body, 's3:TestEvent') == `false`]",
                keep="Messages[0].Body.contains(@, 'a+b%2Bc/%C3%BC.txt')",
            ),
        ),
        (delete("a b+c/ü.txt"), _NO_QUEUE, NO_BUCKET),
    ),
)
