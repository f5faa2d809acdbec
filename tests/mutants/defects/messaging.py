"""Defects in topic and queue, and in what is sent to them."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Add, Remove, Replace, Set

_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/"

MUTANTS = [
    Mutant(
        "dead-letters-by-url",
        "The dead-letter target is the queue's URL",
        [Set("FailureNotifier..TargetArn", "!Ref FailureQueue")],
        "CreateFunction fails: the target must be an ARN.",
        f"{_LAMBDA}api/API_DeadLetterConfig.html",
        "lint",
    ),
    Mutant(
        "queue-keeps-too-long",
        "MessageRetentionPeriod: 15 days",
        [Set("FailureQueue.Properties.MessageRetentionPeriod", "1296000")],
        "CreateQueue fails: at most 14 days.",
        f"{_AWS}AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
        "lint",
    ),
    Mutant(
        "subscription-of-no-address",
        "The endpoint is a mailto: link, not an address",
        [Set("EmailSubscription.Properties.Endpoint", "!Sub mailto:${NotificationEmail}")],
        "Subscribe fails: InvalidParameter, invalid email endpoint.",
        f"{_AWS}sns/latest/api/API_Subscribe.html",
        "lint",
    ),
    Mutant(
        "no-failure-destination",
        "What fails for good goes nowhere",
        [Remove("ImageProcessorInvokeConfig.Properties.DestinationConfig")],
        "After two retries the event is dropped, and nobody is notified.",
        f"{_LAMBDA}dg/invocation-async-retain-records.html",
        "wiring",
    ),
    Mutant(
        "mails-filtered-by-attribute",
        "The subscription takes only messages with status failed or rejected",
        [Add("EmailSubscription.Properties.FilterPolicy", "{status: [failed, rejected]}")],
        "Alarms carry no such attribute: none of them arrives.",
        f"{_AWS}sns/latest/dg/sns-subscription-filter-policies.html",
        "lint",
    ),
    Mutant(
        "retention-in-minutes",
        "The failure queue keeps messages for 20,160 seconds, which are 14 days in minutes",
        [Set("FailureQueue.Properties.MessageRetentionPeriod", "20160")],
        "What failed on a Friday evening is gone on Saturday morning.",
        f"{_AWS}AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
        "lint",
    ),
    Mutant(
        "failure-queue-in-order",
        "The queue for dead letters is FIFO",
        [
            Replace(
                "FailureQueue.Properties.QueueName",
                "${EnvironmentSuffix}",
                "${EnvironmentSuffix}.fifo",
            ),
            Add("FailureQueue.Properties.FifoQueue", "true"),
            Add("FailureQueue.Properties.ContentBasedDeduplication", "true"),
        ],
        "CreateFunction fails: a dead-letter queue is a standard queue.",
        f"{_AWS}lambda/latest/dg/invocation-async-retain-records.html",
        "lint",
    ),
]
