"""What SNS refuses: names and values of attributes, which its model does not hold.

Sources: Amazon SNS API Reference, AddPermission, CreateTopic, SetTopicAttributes, Subscribe,
TagResource and Publish; Developer Guide, "Message delivery retries" (DeliveryPolicy). The words for
wrong names and values are those of
https://github.com/localstack/localstack/tree/main/tests/aws/services/sns; for accounts, those of
https://github.com/bahrmichael/aws-scheduler/issues/5.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.sns import InvalidParameterException, TagLimitExceededException

from localstack_parity import json_problems
from localstack_parity.refusals import not_emulated
from localstack_parity.sns import delivery_log

ACCOUNT = re.compile("[0-9]{12}")
MAX_ARCHIVED_DAYS = 365
MAX_DISPLAY_NAME = 100
MAX_RETRIES = 100
MAX_TAGS = 50
TOPIC_COLONS = 5  # in the ARN of a topic; that of a subscription has one more

_BOOLEAN = ("true", "false")
CHOICES = {
    "ContentBasedDeduplication": _BOOLEAN,
    "FifoThroughputScope": ("Topic", "MessageGroup"),
    "FifoTopic": _BOOLEAN,
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
}
# Checked here or by the provider, or a text that may be anything.
_KNOWN = {
    *(*CHOICES, "ArchivePolicy", "DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy"),
    *(*delivery_log.ROLES, *delivery_log.RATES),
}
_FEEDBACK = tuple(
    f"{protocol}{what}"
    for protocol in ("Application", "Firehose")
    for what in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
)
NOT_EMULATED = {"DataProtectionPolicy", "ReplayPolicy", "SubscriptionRoleArn", *_FEEDBACK}
_PERCENTAGE = re.compile("100|[0-9]{1,2}")
_ROLE = re.compile("arn:[^:]+:iam::[0-9]{12}:role/.+")


def check_topic(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check the attributes of a topic that is made."""
    if request.get("DataProtectionPolicy"):
        raise not_emulated(context, "DataProtectionPolicy")
    attributes = request.get("Attributes") or {}
    for name, value in attributes.items():
        _check(name, value or "", context, "Attributes Reason: ")
    fifo = (attributes.get("FifoTopic") or "").lower() == "true"
    _check_kind(attributes.get("ArchivePolicy") or "", "Attributes Reason: ", fifo=fifo)
    _check_count(request.get("Tags") or ())


def check_change(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check one attribute of a topic that is there."""
    name, value = request["AttributeName"], request.get("AttributeValue") or ""
    _check(name, value, context, "")
    if name == "ArchivePolicy":
        _check_kind(value, "", fifo=(request.get("TopicArn") or "").endswith(".fifo"))


def check_subscription(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check the attributes of a subscription that is made, and the endpoint of a function."""
    for name, value in (request.get("Attributes") or {}).items():
        _check_subscription(name, value or "", context, "Attributes Reason: ")
    endpoint = request.get("Endpoint") or ""
    if request.get("Protocol") == "lambda" and ":lambda:" not in endpoint:
        raise InvalidParameterException("Invalid parameter: Lambda endpoint ARN")


def check_subscription_change(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check one attribute of a subscription that is there."""
    _check_subscription(request["AttributeName"], request.get("AttributeValue") or "", context, "")


def check_message(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the structure of a message: there is one besides plain text."""
    if request.get("MessageStructure") not in (None, "", "json"):
        raise InvalidParameterException("Invalid parameter: MessageStructure")


def check_permission(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the accounts that a permission names."""
    if not all(ACCOUNT.fullmatch(account) for account in request.get("AWSAccountId") or ()):
        raise InvalidParameterException("Invalid parameter: A provided account ID is not valid")


def check_unsubscription(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check that an ARN is one of a subscription, before anybody is asked for its policy.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_unsubscribe_wrong_arn_format.
    """
    if (request.get("SubscriptionArn") or "").count(":") == TOPIC_COLONS:
        raise InvalidParameterException("Invalid parameter: SubscriptionId")


def check_confirmation(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check that a token looks like one: it is a long number in hexadecimal digits.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_sns_confirm_subscription_wrong_token.
    """
    if not re.fullmatch("[0-9a-f]+", request.get("Token") or ""):
        raise InvalidParameterException("Invalid token")


def check_tags(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check how many tags a topic gets."""
    _check_count(request.get("Tags") or ())


CHECKS = {
    "AddPermission": check_permission,
    "ConfirmSubscription": check_confirmation,
    "CreateTopic": check_topic,
    "Publish": check_message,
    "SetSubscriptionAttributes": check_subscription_change,
    "SetTopicAttributes": check_change,
    "Subscribe": check_subscription,
    "TagResource": check_tags,
    "Unsubscribe": check_unsubscription,
}


def _check(name: str, value: str, context: RequestContext, where: str) -> None:
    if name in NOT_EMULATED and value:
        raise not_emulated(context, name)
    if name not in _KNOWN and name not in NOT_EMULATED:
        wrong = f"{where}Invalid attribute name: {name}" if where else "AttributeName"
        raise InvalidParameterException(f"Invalid parameter: {wrong}")
    if name in CHOICES and value.lower() not in {one.lower() for one in CHOICES[name]}:
        raise InvalidParameterException(
            f"Invalid parameter: {where}{name}: Invalid value [{value}]. Must be"
            f" {' or '.join(CHOICES[name])}."
        )
    if name == "DisplayName" and len(value) > MAX_DISPLAY_NAME:
        raise InvalidParameterException(f"Invalid parameter: {where}DisplayName")
    if name == "DeliveryPolicy":
        _check_delivery(value, where)
    if name == "ArchivePolicy":
        _check_archive(value, where)
    for names, form in ((delivery_log.RATES, _PERCENTAGE), (delivery_log.ROLES, _ROLE)):
        if name in names and value and not form.fullmatch(value):
            raise InvalidParameterException(f"Invalid parameter: {where}{name}")
    if name == "Policy" and value and not isinstance(_json(value), dict):
        raise InvalidParameterException(f"Invalid parameter: {where}Policy Error: it is no JSON")


def _check_subscription(name: str, value: str, context: RequestContext, where: str) -> None:
    """Check what the provider does not."""
    if name in NOT_EMULATED and value:
        raise not_emulated(context, name)
    if name == "DeliveryPolicy":
        _check_delivery(value, where)
    if name in ("FilterPolicy", "RedrivePolicy") and value and _json(value) is None:
        why = json_problems.problem(value)
        raise InvalidParameterException(
            f"Invalid parameter: {where}{name}: failed to parse JSON.{why and f' {why}'}"
        )


def _check_delivery(policy: str, where: str) -> None:
    """Check that a delivery policy is JSON, and how often it has a delivery retried."""
    if not policy:
        return
    document = _json(policy)
    if not isinstance(document, dict):
        raise InvalidParameterException(
            f"Invalid parameter: {where}DeliveryPolicy: failed to parse JSON."
        )
    topic = document.get("http")
    policies = [document, *([topic] if isinstance(topic, dict) else [])]
    for one in policies:
        for retries in (one.get("healthyRetryPolicy"), one.get("defaultHealthyRetryPolicy")):
            count = retries.get("numRetries", 0) if isinstance(retries, dict) else 0
            if not isinstance(count, int) or not 0 <= count <= MAX_RETRIES:
                raise InvalidParameterException(
                    f"Invalid parameter: {where}DeliveryPolicy: numRetries must be between 0 and"
                    f" {MAX_RETRIES}."
                )


def _check_kind(archive: str, where: str, *, fifo: bool) -> None:
    """Check that a topic that keeps messages is a FIFO topic."""
    if not fifo and _json(archive or "{}") != {}:
        raise InvalidParameterException(
            f"Invalid parameter: {where}ArchivePolicy: only a FIFO topic can have one."
        )


def _check_archive(policy: str, where: str) -> None:
    """Check for how many days messages are kept; an empty policy ends that.

    Developer Guide, "Message archiving for FIFO topic owners". That an archive is filled shows in
    nothing but a replay, which is not emulated.
    """
    document = _json(policy or "{}")
    days = document.get("MessageRetentionPeriod") if isinstance(document, dict) else None
    if document != {} and not (str(days).isdecimal() and 1 <= int(str(days)) <= MAX_ARCHIVED_DAYS):
        raise InvalidParameterException(
            f"Invalid parameter: {where}ArchivePolicy: MessageRetentionPeriod must be between 1 and"
            f" {MAX_ARCHIVED_DAYS}."
        )


def _check_count(tags: Any) -> None:
    if len(tags) > MAX_TAGS:
        raise TagLimitExceededException(
            "Could not complete request: tag quota of per resource exceeded"
        )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
