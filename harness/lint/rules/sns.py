"""E9406 and E9421: subscriptions that deliver what is published."""

from collections.abc import Iterable

from harness.lint.functions import permits
from harness.lint.policies import resource_policy, service_may
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Resource, Stack
from harness.settings import EMAIL
from harness.stack.intrinsics import Unknown

_PROTOCOLS = {
    *("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
}


class Subscriptions(StackRule):
    """Subscribe answers InvalidParameter, or the messages go nowhere."""

    id = "E9406"
    shortdesc = "Subscriptions have an endpoint that their protocol can reach"
    source_url = "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each subscription that will not deliver."""
        for subscription in stack.of("AWS::SNS::Subscription"):
            protocol = subscription.properties.get("Protocol")
            endpoint = subscription.properties.get("Endpoint")
            topic = stack.known_as(subscription.properties.get("TopicArn"), "AWS::SNS::Topic")
            if isinstance(protocol, Unknown) or isinstance(endpoint, Unknown):
                continue
            if protocol not in _PROTOCOLS:
                yield subscription.path("Protocol"), f"SNS has no protocol {protocol}"
            elif fault := _endpoint_fault(stack, str(protocol), str(endpoint), topic):
                yield subscription.path("Endpoint"), fault


class AlarmsPassFilters(StackRule):
    """An alarm's message has no attributes, so a filter on one keeps all of them back."""

    id = "E9421"
    shortdesc = "Mail subscriptions that receive alarms have no filter on message attributes"
    source_url = "https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Topics that alarms tell, if every subscription to them filters by attribute."""
        for topic in stack.of("AWS::SNS::Topic"):
            alarms = [
                alarm.logical_id
                for alarm in stack.of("AWS::CloudWatch::Alarm")
                if topic.ref in (alarm.properties.get("AlarmActions") or [])
            ]
            subscriptions = [
                subscription
                for subscription in stack.of("AWS::SNS::Subscription")
                if subscription.properties.get("TopicArn") == topic.ref
            ]
            filtered = [s for s in subscriptions if _by_attribute(s)]
            if alarms and filtered and len(filtered) == len(subscriptions):
                path = filtered[0].path("FilterPolicy")
                yield path, f"Nobody receives {', '.join(alarms)}: it keeps alarms back"


def _by_attribute(subscription: Resource) -> bool:
    given = subscription.properties
    scope = given.get("FilterPolicyScope", "MessageAttributes")
    return bool(given.get("FilterPolicy")) and scope == "MessageAttributes"


def _endpoint_fault(
    stack: Stack, protocol: str, endpoint: str, topic: Resource | None
) -> str | None:
    if protocol.startswith("email") and not EMAIL.fullmatch(endpoint):
        return f"{endpoint} is no email address"
    if protocol in {"http", "https"} and not endpoint.startswith(f"{protocol}://"):
        return f"{endpoint} is no {protocol} address"
    if protocol in {"sqs", "lambda", "firehose"} and not endpoint.startswith("arn:"):
        return f"{protocol} takes an ARN, and {endpoint} is none"
    if topic is None:
        return None
    queue = stack.known_as(endpoint, "AWS::SQS::Queue")
    if protocol == "sqs" and queue:
        policy = resource_policy(stack, str(queue.arn))
        if not service_may(stack, "sns", "sqs:SendMessage", str(queue.arn), policy, topic.arn):
            return f"No policy of {queue.logical_id} lets SNS send to it"
    function = stack.known_as(endpoint, "AWS::Lambda::Function")
    if protocol == "lambda" and function:
        permissions = stack.of("AWS::Lambda::Permission")
        if not any(permits(stack, p, function, "sns.amazonaws.com", topic) for p in permissions):
            return f"No AWS::Lambda::Permission lets SNS invoke {function.logical_id}"
    return None
