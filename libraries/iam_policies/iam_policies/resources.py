"""Which resource an action works on: its ARN.

Source: Service Authorization Reference, "Resource types defined by …", as reference.py has it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlparse

from iam_policies import reference
from iam_policies.actions import Parameters

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
# What Lambda takes for a function, as LocalStack reads it (lambda_/api_utils.py): a second way to
# read it could be led to another account.
_FUNCTION = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-gov)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_.]+)"
    r"(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
_VARIABLE = re.compile(r"\$\{(\w+)\}")

# Where the variables of ARNs come from: the first of these parameters that the request has. A
# parameter that is an ARN itself is the resource.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "AlarmName": ("AlarmName",),
    "BucketName": ("Bucket",),
    "ChangeSetName": ("ChangeSetName",),
    "DashboardName": ("DashboardName",),
    "DeliveryStreamName": ("DeliveryStreamName",),
    "EventBusName": ("BusName",),  # of one entry of PutEvents, see actions.py
    "FunctionName": ("FunctionName", "Resource"),
    "KeyId": ("KeyId",),
    "LayerName": ("LayerName",),
    "LogGroupName": ("logGroupName", "logGroupIdentifier", "resourceArn"),
    "LogStreamName": ("logStreamName",),
    "ObjectName": ("Key",),
    "ParameterNameWithoutLeadingSlash": ("Name",),
    "PolicyNameWithPath": ("PolicyArn",),
    "QueueName": ("QueueUrl", "QueueName"),
    "RoleNameWithPath": ("RoleArn", "RoleName"),
    "RuleName": ("Rule", "Name"),
    "SecretId": ("SecretId",),
    "StackName": ("StackName",),
    "StateMachineName": ("stateMachineArn", "name"),
    "StreamName": ("StreamName", "StreamARN"),
    "TableName": ("TableName",),
    "TopicName": ("TopicArn", "TargetArn", "ResourceArn", "Name"),
    "UserNameWithPath": ("UserName",),
    "UUID": ("UUID",),
}

# Parameters whose ARNs an operation does nothing to: layers of others are refused with a sentence
# that says what to do (lambda_runtime/layers.py).
_MENTIONED = frozenset({"Layers"})

# Tagging a log group is the one thing for which its ARN has no ":*" behind it. CloudWatch Logs User
# Guide, "CloudWatch Logs resources and operations".
_BARE_LOG_GROUPS = ("logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource")


@dataclass(frozen=True)
class Where:
    """Where a request goes; `account` is the caller's, unless the parameters name another."""

    partition: str
    region: str
    account: str


def arn_of(action: str, parameters: Parameters, where: Where) -> str:
    """Return the ARN of the resource that an action works on.

    If it is none of another account, but some parameter names one, then that: many operations
    have no ARN in the reference, or have it in a parameter of another name, and are then done in
    the account that the ARN names.
    """
    found = _arn_of(action, parameters, where)
    if account_of(found) in ("", where.account):
        return _of_another_account(action.partition(":")[0], parameters, where.account) or found
    return found


def _arn_of(action: str, parameters: Parameters, where: Where) -> str:
    known = reference.action(action)
    for pattern in known.arns if known else ():
        if arn := _filled(pattern, parameters, where):
            if ":log-group:" in arn and ":log-stream:" not in arn:
                return arn if action in _BARE_LOG_GROUPS else f"{arn}:log-stream:"
            return arn
    return "*"


def account_of(arn: str) -> str:
    """Return the account in an ARN; "" where it has none, as with buckets, or is no ARN."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def is_of_another(owner: str, account: str) -> bool:
    """Say whether an owner as `account_of` gives it is an account, and another one."""
    return owner != account and _ACCOUNT.fullmatch(owner) is not None


def _of_another_account(service: str, parameters: Parameters, account: str) -> str | None:
    """Return the first ARN of a service that is in another account than `account`."""
    owner = str(parameters.get("AccountId"))
    if service == "s3" and is_of_another(owner, account):  # of S3 Control, for all that it does
        return f"arn:aws:s3::{owner}:*"
    for name, value in parameters.items():
        if value is None or name in _MENTIONED:
            continue
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str) or ":" not in each:
                continue
            arn = _as_arn(service, each)
            if arn.split(":", 3)[2:3] == [service] and is_of_another(account_of(arn), account):
                return arn
    return None


def _as_arn(service: str, text: str) -> str:
    """Write out what Lambda takes for an ARN: 000000000000:name, among others."""
    if service != "lambda":
        return text
    found = _FUNCTION.match(text)
    if found is None or not found["account"]:
        return text
    return f"arn:aws:lambda:{found['region'] or ''}:{found['account']}:function:{found['name']}"


def _filled(pattern: str, parameters: Parameters, where: Where) -> str | None:
    values = {"Partition": where.partition, "Region": where.region, "Account": where.account}
    parts = _parts(pattern)
    for variable in parts[1::2]:
        if variable in values:
            continue
        value = next(
            (str(parameters[one]) for one in _PARAMETERS.get(variable, ()) if parameters.get(one)),
            None,
        )
        if value is None:
            return None
        if value.startswith("arn:"):
            return _qualified(value, parameters).removesuffix(":*")
        values |= _READERS.get(variable, _plain)(variable, value, parameters)
    return "".join(values[part] if odd % 2 else part for odd, part in enumerate(parts))


@cache
def _parts(pattern: str) -> tuple[str, ...]:
    """Split a pattern: between what is plain, at the odd places, stand the variables."""
    return tuple(_VARIABLE.split(pattern))


def _plain(variable: str, value: str, _: Parameters) -> dict[str, str]:
    return {variable: value}


def _queue(variable: str, value: str, _: Parameters) -> dict[str, str]:
    """http://…/000000000000/name names the owner too, as LocalStack reads it (sqs/utils.py)."""
    try:
        url = urlparse(value.rstrip("/"))
    except ValueError:
        return {variable: value}  # which SQS refuses
    *before, account, name = ["", *url.path.lstrip("/").split("/")]
    if not account:
        return {variable: value}  # a name
    region = before[2] if len(before) == 3 else _region_of_queue(url.netloc)
    return {variable: name, "Account": account, **({"Region": region} if region else {})}


def _region_of_queue(host: str) -> str:
    """Return the Region in the name of a host of SQS; "" where it has none."""
    first, _, rest = host.partition(".")
    if first == "sqs":
        return rest.partition(".")[0]
    if rest.startswith("queue."):
        return first
    return "us-east-1" if host.startswith("queue") else ""


def _function(variable: str, value: str, parameters: Parameters) -> dict[str, str]:
    """A name, or what Lambda takes for one: [[region:]account:][function:]name[:qualifier]."""
    found = _FUNCTION.match(value)
    if found is None:
        return {variable: _qualified(value, parameters)}
    name, qualifier = found["name"], found["qualifier"]
    named = {"Account": found["account"], "Region": found["region"]}
    written = f"{name}:{qualifier}" if qualifier else name
    given = {key: text for key, text in named.items() if text}
    return {variable: _qualified(written, parameters), **given}


def _qualified(name: str, parameters: Parameters) -> str:
    """Add the qualifier with which a function is invoked."""
    qualifier: Any = parameters.get("Qualifier")
    bare = ":function:" not in name and ":" not in name
    if qualifier and (bare or re.search(r":function:[^:]+$", name)):
        return f"{name}:{qualifier}"
    return name


def _leading_slash(variable: str, value: str, _: Parameters) -> dict[str, str]:
    return {variable: value.removeprefix("/")}


_READERS: dict[str, Callable[[str, str, Parameters], dict[str, str]]] = {
    "QueueName": _queue,
    "FunctionName": _function,
    "ParameterNameWithoutLeadingSlash": _leading_slash,
}
