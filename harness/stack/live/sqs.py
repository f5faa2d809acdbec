"""Queues and their policies."""

from typing import Any

from harness.stack.live.common import Gone, Properties, document, picked, read
from harness.targets.target import Target

_ATTRIBUTES = (
    *("ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue"),
    *("FifoThroughputLimit", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId"),
    *("MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"),
    *("SqsManagedSseEnabled", "VisibilityTimeout"),
)
_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def queue(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::SQS::Queue."""
    attributes = _attributes(target, physical_id)
    return {
        "QueueName": attributes["QueueArn"].rsplit(":", 1)[-1],
        **picked(attributes, *_ATTRIBUTES),
        "RedrivePolicy": document(attributes.get("RedrivePolicy")),
        "RedriveAllowPolicy": document(attributes.get("RedriveAllowPolicy")),
    }


def queue_policy(target: Target, _: str, properties: Properties) -> Properties:
    """AWS::SQS::QueuePolicy: the queues that have a policy, and that of the first."""
    queues = [str(url) for url in properties["Queues"]]
    policies = {url: document(_attributes(target, url).get("Policy")) for url in queues}
    if not policies[queues[0]]:
        raise Gone(f"the policy of {queues[0]}")
    return {
        "Queues": [url for url, policy in policies.items() if policy == policies[queues[0]]],
        "PolicyDocument": policies[queues[0]],
    }


def _attributes(target: Target, url: str) -> dict[str, Any]:
    answer = read(
        target.client("sqs").get_queue_attributes,
        *_MISSING,
        QueueUrl=url,
        AttributeNames=["All"],
    )
    if not answer:
        raise Gone(url)
    return dict(answer["Attributes"])
