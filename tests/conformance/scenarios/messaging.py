"""SNS and SQS."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text

_TOPIC = Call("sns", "create_topic", {"Name": "$name"}, save={"topic": "TopicArn"})
_NO_TOPIC = Call("sns", "delete_topic", {"TopicArn": "$topic"})
_QUEUE = Call("sqs", "create_queue", {"QueueName": "$name"}, save={"queue": "QueueUrl"})
_NO_QUEUE = Call("sqs", "delete_queue", {"QueueUrl": "$queue"})
_QUEUE_ARN = "arn:aws:sqs:$region:$account:$name"


def _subscribe(protocol: str, endpoint: str, **more: Any) -> Call:
    request = {"TopicArn": "$topic", "Protocol": protocol, "Endpoint": endpoint, **more}
    return Call("sns", "subscribe", request, keep="SubscriptionArn")


def _set_attribute(name: str, value: str | Text) -> Call:
    request = {"TopicArn": "$topic", "AttributeName": name, "AttributeValue": value}
    return Call("sns", "set_topic_attributes", request)


def _publish(**request: Any) -> Call:
    return Call("sns", "publish", {"TopicArn": "$topic", "Message": "m", **request})


SCENARIOS = (
    Scenario(
        "sns-subjects",
        ("41",),
        (
            _TOPIC,
            _publish(Subject="s" * 100),
            _publish(Subject="s" * 101),
            _publish(Subject="two\nlines"),
            _publish(Subject="ümlaut"),
            _publish(Subject=""),
        ),
        (_NO_TOPIC,),
    ),
    Scenario(
        "sns-addresses",
        ("40a",),
        (
            _TOPIC,
            _subscribe("email", "not-an-address"),
            _subscribe("sqs", "not-an-arn"),
            _subscribe("lambda", "not-an-arn"),
            _subscribe("http", "ftp://example.com"),
            _subscribe("pigeon", "roof"),
        ),
        (_NO_TOPIC,),
    ),
    Scenario(
        "sns-subscriptions-are-counted",
        ("54", "73b"),
        (
            _TOPIC,
            _QUEUE,
            Call("sns", "create_topic", {"Name": "$name"}, keep="TopicArn"),
            _subscribe("sqs", _QUEUE_ARN),
            _subscribe("sqs", _QUEUE_ARN),
            Call(
                "sns",
                "get_topic_attributes",
                {"TopicArn": "$topic"},
                keep="Attributes.{c: SubscriptionsConfirmed, p: SubscriptionsPending}",
                until="Attributes.SubscriptionsConfirmed == '1'",
            ),
        ),
        (_NO_TOPIC, _NO_QUEUE),
    ),
    Scenario(
        "sns-delivery-status-logging",
        ("43d",),
        (
            _TOPIC,
            _set_attribute("SQSSuccessFeedbackRoleArn", "arn:aws:iam::$account:role/$name"),
            _set_attribute("SQSSuccessFeedbackSampleRate", "50"),
            Call(
                "sns",
                "get_topic_attributes",
                {"TopicArn": "$topic"},
                keep="Attributes.[SQSSuccessFeedbackRoleArn, SQSSuccessFeedbackSampleRate]",
            ),
            _set_attribute("SQSSuccessFeedbackSampleRate", "101"),
            _set_attribute("SQSFailureFeedbackRoleArn", "not-an-arn"),
        ),
        (_NO_TOPIC,),
    ),
    Scenario(
        "sns-archives",
        ("134b",),
        (
            Call(
                "sns",
                "create_topic",
                {
                    "Name": "$name.fifo",
                    "Attributes": {
                        "FifoTopic": "true",
                        "ArchivePolicy": Text({"MessageRetentionPeriod": "30"}),
                    },
                },
                save={"topic": "TopicArn"},
            ),
            Call(
                "sns",
                "get_topic_attributes",
                {"TopicArn": "$topic"},
                keep="Attributes.ArchivePolicy",
            ),
            _set_attribute("ArchivePolicy", Text({"MessageRetentionPeriod": "366"})),
            Call(
                "sns",
                "create_topic",
                {
                    "Name": "$name",
                    "Attributes": {"ArchivePolicy": Text({"MessageRetentionPeriod": "30"})},
                },
            ),
        ),
        # A topic that keeps messages cannot be deleted on AWS.
        (_set_attribute("ArchivePolicy", "{}"), _NO_TOPIC),
    ),
    Scenario(
        "sns-attributes",
        ("115f",),
        (
            _TOPIC,
            _set_attribute("Nothing", "x"),
            _set_attribute("Policy", "{"),
            _subscribe("sqs", _QUEUE_ARN, Attributes={"RedrivePolicy": "{}"}),
            _subscribe("sqs", _QUEUE_ARN, Attributes={"FilterPolicy": "not json"}),
        ),
        (_NO_TOPIC,),
    ),
    Scenario(
        "sns-missing",
        ("115b",),
        (
            Call("sns", "publish", {"TopicArn": "no-arn", "Message": "m"}),
            Call(
                "sns",
                "publish",
                {"TopicArn": "arn:aws:sns:$region:$account:$name", "Message": "m"},
            ),
            Call("sns", "get_topic_attributes", {"TopicArn": "arn:aws:sns:$region:$account:$name"}),
            Call("sns", "create_topic", {"Name": "no spaces"}),
        ),
    ),
    Scenario(
        "sqs-numbers",
        ("115f",),
        (
            *(
                Call("sqs", "create_queue", {"QueueName": "$name", "Attributes": {name: value}})
                for name, value in (
                    ("DelaySeconds", "901"),
                    ("VisibilityTimeout", "43201"),
                    ("MessageRetentionPeriod", "59"),
                    ("MaximumMessageSize", "1023"),
                    ("ReceiveMessageWaitTimeSeconds", "21"),
                    ("FifoQueue", "true"),
                    ("Nothing", "1"),
                )
            ),
            Call("sqs", "create_queue", {"QueueName": "no spaces"}),
        ),
    ),
    Scenario(
        "sqs-messages",
        ("115b", "115e"),
        (
            _QUEUE,
            Call("sqs", "send_message", {"QueueUrl": "$queue", "MessageBody": ""}),
            Call("sqs", "send_message", {"QueueUrl": "$queue", "MessageBody": "\u0000"}),
            Call(
                "sqs",
                "send_message",
                {"QueueUrl": "$queue", "MessageBody": "m", "DelaySeconds": 901},
            ),
            Call("sqs", "receive_message", {"QueueUrl": "$queue", "MaxNumberOfMessages": 11}),
            Call("sqs", "receive_message", {"QueueUrl": "$queue", "WaitTimeSeconds": 21}),
            Call("sqs", "delete_message", {"QueueUrl": "$queue", "ReceiptHandle": "none"}),
        ),
        (_NO_QUEUE,),
    ),
    Scenario(
        "sqs-calls-made-twice",
        ("111d",),
        (
            Call(
                "sqs",
                "create_queue",
                {
                    "QueueName": "$name.fifo",
                    "Attributes": {"FifoQueue": "true", "ContentBasedDeduplication": "true"},
                },
                save={"queue": "QueueUrl"},
            ),
            *(
                Call(
                    "sqs",
                    "send_message",
                    {"QueueUrl": "$queue", "MessageBody": "m", "MessageGroupId": "g"},
                    keep="MD5OfMessageBody",
                ),
            )
            * 2,
            Call(
                "sqs",
                "receive_message",
                {"QueueUrl": "$queue", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5},
                keep="Messages[].Body",
            ),
            Call("sqs", "send_message", {"QueueUrl": "$queue", "MessageBody": "m"}),
            Call("sqs", "purge_queue", {"QueueUrl": "$queue"}),
            Call("sqs", "purge_queue", {"QueueUrl": "$queue"}),
        ),
        (_NO_QUEUE,),
    ),
    Scenario(
        "sqs-policies",
        ("72",),
        (
            _QUEUE,
            Call(
                "sqs",
                "set_queue_attributes",
                {
                    "QueueUrl": "$queue",
                    "Attributes": {"Policy": Text({"Version": "2012-10-17", "Statement": "x"})},
                },
            ),
            Call(
                "sqs",
                "set_queue_attributes",
                {
                    "QueueUrl": "$queue",
                    "Attributes": {"RedrivePolicy": Text({"maxReceiveCount": 1})},
                },
            ),
        ),
        (_NO_QUEUE,),
    ),
)
