"""What SQS refuses: the ranges of attributes and parameters, which its model does not hold.

Sources: Amazon SQS API Reference, CreateQueue, SetQueueAttributes, SendMessage, ReceiveMessage,
ChangeMessageVisibility, ListQueues and TagQueue. The words are those that people report, and those
of https://github.com/localstack/localstack/tree/main/tests/aws/services/sqs.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.sqs import (
    InvalidAttributeName,
    MessageSystemAttributeName,
    QueueAttributeName,
)
from localstack.services.sqs.exceptions import InvalidAttributeValue
from localstack.services.sqs.exceptions import InvalidParameterValueException as InvalidParameter
from localstack.services.sqs.models import sqs_stores
from localstack.utils.aws.arns import InvalidArnException, parse_arn

# Least and most.
NUMBERS = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_BOOLEAN = ("true", "false")
CHOICES = {
    "ContentBasedDeduplication": _BOOLEAN,
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoQueue": _BOOLEAN,
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": _BOOLEAN,
}
PERMISSIONS = ("allowAll", "denyAll", "byQueue")
MAX_ATTRIBUTES = 10
MAX_RESULTS = 1_000
MAX_TAGS = 50
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256

_SENT = {"AWSTraceHeader"}
_RECEIVED = {str(name) for name in MessageSystemAttributeName} | {"All"}
_OF_QUEUES = {str(name) for name in QueueAttributeName}


def check_queue(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check the attributes of a queue that is made or changed."""
    attributes = request.get("Attributes") or {}
    for name, value in attributes.items():
        if name in NUMBERS and not _is_between(value, *NUMBERS[name]):
            raise InvalidAttributeValue(f"Invalid value for the parameter {name}.")
        if name in CHOICES and value.lower() not in {one.lower() for one in CHOICES[name]}:
            raise InvalidAttributeValue(f"Invalid value for the parameter {name}.")
    if policy := attributes.get("RedrivePolicy"):
        name = request.get("QueueName") or request["QueueUrl"]
        _check_redrive(policy, context, is_fifo=name.endswith(".fifo"))
    if policy := attributes.get("RedriveAllowPolicy"):
        _check_redrive_allowance(policy)
    if tags := request.get("tags"):
        _check_tags(tags, request.get("QueueName", ""))


def check_tags(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the tags of a TagQueue request."""
    _check_tags(request.get("Tags") or {}, request["QueueUrl"].rsplit("/", 1)[-1])


def check_message(
    delay: int | None, attributes: Mapping[str, Any] | None, system: Mapping[str, Any] | None
) -> None:
    """Check what a message is sent with, alone or in a batch."""
    if delay is not None and not 0 <= delay <= NUMBERS["DelaySeconds"][1]:
        raise _bad_parameter("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900.")
    count = len(attributes or ())
    if count > MAX_ATTRIBUTES:
        raise InvalidParameter(
            f"Number of message attributes [{count}] exceeds the allowed maximum"
            f" [{MAX_ATTRIBUTES}]."
        )
    for name in system or ():
        if name not in _SENT:
            raise InvalidParameter(f"Message system attribute name '{name}' is invalid.")


def check_visibility(message: Mapping[str, Any], _context: RequestContext | None = None) -> None:
    """Check the visibility timeout of a receive or of a change."""
    timeout = message.get("VisibilityTimeout")
    most = NUMBERS["VisibilityTimeout"][1]
    if timeout is not None and not 0 <= timeout <= most:
        reason = f"VisibilityTimeout must be an integer between 0 and {most}."
        raise _bad_parameter("VisibilityTimeout", timeout, reason)


def check_receive(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check a ReceiveMessage request."""
    check_visibility(request)
    _check_names(request.get("MessageSystemAttributeNames") or (), _RECEIVED)
    _check_names(request.get("AttributeNames") or (), _RECEIVED | _OF_QUEUES)


def check_list(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check how many results are wanted."""
    count = request.get("MaxResults")
    if count is not None and not 1 <= count <= MAX_RESULTS:
        reason = f"MaxResults must be an integer between 1 and {MAX_RESULTS}."
        raise _bad_parameter("MaxResults", count, reason)


def check_permission(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check that an AddPermission request names somebody, and something to allow.

    The words are those of other parameters: `sqs/test_sqs.py` in LocalStack's tests at v4.14.0.
    """
    for name in ("AWSAccountIds", "Actions"):
        if not request.get(name):
            said = f"The request must contain the parameter {name}."
            raise CommonServiceException("MissingParameter", said, 400, True)


CHECKS: dict[str, Callable[[Mapping[str, Any], RequestContext], None]] = {
    "AddPermission": check_permission,
    "ChangeMessageVisibility": check_visibility,
    "CreateQueue": check_queue,
    "ListDeadLetterSourceQueues": check_list,
    "ListQueues": check_list,
    "ReceiveMessage": check_receive,
    "SetQueueAttributes": check_queue,
    "TagQueue": check_tags,
}


def _check_redrive(policy: str, context: RequestContext, *, is_fifo: bool) -> None:
    """Check that a redrive policy names a queue that is there, and how often a message is tried."""
    document = _map(policy)
    if document is None:
        raise _bad_parameter("RedrivePolicy", policy, "Redrive policy is not a valid JSON map.")
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if document.get(name) in (None, ""):
            reason = f"Redrive policy does not contain mandatory attribute: {name}."
            raise _bad_parameter("RedrivePolicy", policy, reason)
    count = document["maxReceiveCount"]
    if not _is_between(str(count), 1, 1000):
        reason = (
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both"
            " inclusive."
        )
        raise _bad_parameter("RedrivePolicy", policy, reason)
    try:
        arn = parse_arn(str(document["deadLetterTargetArn"]))
    except InvalidArnException:
        arn = None
    queues = sqs_stores[arn["account"]][arn["region"]].queues if arn else {}
    if arn is None or arn["resource"] not in queues or arn["region"] != context.region:
        raise _bad_parameter("RedrivePolicy", policy, "Dead letter target does not exist.")
    if arn["resource"].endswith(".fifo") != is_fifo:
        reason = "Dead letter queue must be same type of queue as the source."
        raise _bad_parameter("RedrivePolicy", policy, reason)


def _check_redrive_allowance(policy: str) -> None:
    document = _map(policy)
    if document is None:
        reason = "Amazon SQS can't create the redrive allow policy, as it is in an unsupported form"
        raise _bad_parameter("RedriveAllowPolicy", policy, f"{reason}.")
    if (permission := document.get("redrivePermission")) not in PERMISSIONS:
        reason = f"redrivePermission {permission} is none of {', '.join(PERMISSIONS)}."
        raise _bad_parameter("RedriveAllowPolicy", policy, reason)


def _check_tags(tags: Mapping[str, str], queue: str) -> None:
    if len(tags) > MAX_TAGS:
        raise InvalidParameter(f"Too many tags added for queue {queue}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise InvalidParameter(
                f"Tag keys must be between 1 and {MAX_TAG_KEY} characters in length."
            )
        if len(value) > MAX_TAG_VALUE:
            raise InvalidParameter(
                f"Tag values must be between 0 and {MAX_TAG_VALUE} characters in length."
            )


def _check_names(names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")


def _map(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _is_between(text: str, least: int, most: int) -> bool:
    return text.strip().lstrip("+").isdecimal() and least <= int(text) <= most


def _bad_parameter(name: str, value: object, reason: str) -> InvalidParameter:
    return InvalidParameter(f"Value {value} for parameter {name} is invalid. Reason: {reason}")
