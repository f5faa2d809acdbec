"""Topics, their policies and subscriptions."""

from typing import Any

from harness.stack.live.common import Gone, Properties, document, read
from harness.targets.target import Target

_ATTRIBUTES = (
    *("ContentBasedDeduplication", "DisplayName", "FifoTopic", "KmsMasterKeyId"),
    *("SignatureVersion", "TracingConfig"),
)
_DOCUMENTS = ("DeliveryPolicy", "FilterPolicy", "RedrivePolicy")


def topic(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::SNS::Topic."""
    attributes = _attributes(target, physical_id)
    named = {name: attributes.get(name) for name in _ATTRIBUTES}
    return {"TopicName": physical_id.rsplit(":", 1)[-1], **named}


def topic_policy(target: Target, _: str, properties: Properties) -> Properties:
    """AWS::SNS::TopicPolicy: the topics that have a policy, and that of the first."""
    topics = [str(arn) for arn in properties["Topics"]]
    policies = {arn: document(_attributes(target, arn).get("Policy")) for arn in topics}
    return {
        "Topics": [arn for arn, policy in policies.items() if policy == policies[topics[0]]],
        "PolicyDocument": policies[topics[0]],
    }


def subscription(target: Target, physical_id: str, properties: Properties) -> Properties:
    """AWS::SNS::Subscription; one that waits for its confirmation has no ARN and few attributes."""
    sns, arn = target.client("sns"), str(properties["TopicArn"])
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    for found in (one for page in pages for one in page["Subscriptions"]):
        same = all(found[name] == properties.get(name) for name in ("Protocol", "Endpoint"))
        if physical_id == found["SubscriptionArn"] or same:
            confirmed = found["SubscriptionArn"].startswith("arn:")
            attributes = _of_subscription(sns, found["SubscriptionArn"]) if confirmed else {}
            named = {name: found[name] for name in ("TopicArn", "Protocol", "Endpoint")}
            return {**attributes, **named}
    raise Gone(f"the subscription of {properties.get('Endpoint')}")


def _attributes(target: Target, arn: str) -> dict[str, Any]:
    answer = read(target.client("sns").get_topic_attributes, "NotFound", TopicArn=arn)
    if not answer:
        raise Gone(arn)
    return dict(answer["Attributes"])


def _of_subscription(sns: Any, arn: str) -> dict[str, Any]:
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    names = (*_DOCUMENTS, "FilterPolicyScope", "RawMessageDelivery", "SubscriptionRoleArn")
    return {
        name: document(attributes.get(name)) if name in _DOCUMENTS else attributes.get(name)
        for name in names
    }
