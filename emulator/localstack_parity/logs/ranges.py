"""What CloudWatch Logs refuses besides the constraints of its model.

Sources: Amazon CloudWatch Logs API Reference, CreateLogGroup, PutLogEvents and PutResourcePolicy.
The words are those that people report, such as https://github.com/aws/aws-sdk-js-v3/issues/6164
(sizes), https://github.com/hashicorp/terraform-provider-aws/issues/29282 (keys) and, in the same
place, 32260 (policies).
"""

import json
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.logs import AccessDeniedException, InvalidParameterException

from localstack_parity import kms_keys
from localstack_parity.refusals import not_emulated

MAX_EVENT_BYTES = MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD = 26  # bytes that each event counts more than its message
MAX_NAME = 512
MAX_SPAN_MS = 24 * 3_600_000

# Values that change nothing, of members that are not emulated.
_HARMLESS = {"deletionProtectionEnabled": (False,), "logGroupClass": ("STANDARD",)}


def check_group(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check a log group that is made."""
    name = request["logGroupName"]
    if name.lower().startswith("aws/"):
        raise InvalidParameterException("Log groups starting with AWS/ are reserved for AWS.")
    for member, harmless in _HARMLESS.items():
        if request.get(member) not in (None, *harmless):
            raise not_emulated(context, f"{member} {request[member]}")
    key = request.get("kmsKeyId")
    if key and not (
        key.startswith("arn:") and kms_keys.exists(key, context.account_id, context.region)
    ):
        group = f"{context.region}:{context.account_id}:log-group:{name}"
        raise AccessDeniedException(
            "The specified KMS key does not exist or is not allowed to be used with Arn"
            f" 'arn:{context.partition}:logs:{group}'"
        )


def check_events(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the sizes and times of events that are written."""
    events = request.get("logEvents") or ()
    total = 0
    for event in events:
        message = event["message"]
        size = EVENT_OVERHEAD + (len(message) if message.isascii() else len(message.encode()))
        if size > MAX_EVENT_BYTES:
            raise InvalidParameterException(
                f"Log event too large: {size} bytes exceeds limit of {MAX_EVENT_BYTES}"
            )
        total += size
    if total > MAX_BATCH_BYTES:
        raise InvalidParameterException(
            f"Upload too large: {total} bytes exceeds limit of {MAX_BATCH_BYTES}"
        )
    if events and events[-1]["timestamp"] - events[0]["timestamp"] > MAX_SPAN_MS:
        raise InvalidParameterException(
            "The batch of log events in a single PutLogEvents request cannot span more than 24"
            " hours."
        )


def check_policy(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check that a resource policy is a JSON object with statements."""
    try:
        policy = json.loads(request.get("policyDocument") or "")
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise InvalidParameterException("Could not convert to persistable policy.")


def check_subscription(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check whose destination a subscription filter has, before the log group is looked for.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_put_subscription_filter_errors.
    """
    arn = str(request["destinationArn"]).split(":")
    vendor, account = ("".join(arn[index : index + 1]) for index in (2, 4))
    if vendor == "lambda" and account != context.account_id:
        raise AccessDeniedException(
            "Cross-account lambda invocation passing is not allowed. You must use"
            " DestinationPolicies to create cross account lambda triggers."
        )
    if vendor in ("kinesis", "firehose") and not request.get("roleArn"):
        raise InvalidParameterException(
            f"destinationArn for vendor {vendor} cannot be used without roleArn"
        )


def check_names(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check how long the names of a group and a stream are, before all else.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_create_log_group_invalid_name_length.
    """
    for member in ("logGroupName", "logStreamName"):
        if len(request.get(member) or "") > MAX_NAME:
            raise InvalidParameterException(
                "Invalid LogGroup or LogStream, both must have length less than or equal to"
                f" {MAX_NAME}."
            )


CHECKS = {
    "*": check_names,
    "CreateLogGroup": check_group,
    "PutLogEvents": check_events,
    "PutResourcePolicy": check_policy,
    "PutSubscriptionFilter": check_subscription,
}
