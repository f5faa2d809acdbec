"""Which resource an action works on: its ARN.

In: an action, the parameters that name the resource, and where the request goes. Out: an ARN, or
"*" where the action knows no resources. Called by guard.py.
Source: Service Authorization Reference, "Resource types defined by …", as reference.py has it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from localstack_parity.iam import reference
from localstack_parity.iam.actions import Parameters

_VARIABLE = re.compile(r"\$\{(\w+)\}")

# Where the variables of ARNs come from: the first of these parameters that the request has. A
# parameter that is an ARN itself is the resource.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "AlarmName": ("AlarmName",),
    "BucketName": ("Bucket",),
    "ChangeSetName": ("ChangeSetName",),
    "DashboardName": ("DashboardName",),
    "DeliveryStreamName": ("DeliveryStreamName",),
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
    """Return the ARN of the resource that an action works on."""
    known = reference.action(action)
    for pattern in known.arns if known else ():
        if arn := _filled(pattern, parameters, where):
            if ":log-group:" in arn and ":log-stream:" not in arn:
                return arn if action in _BARE_LOG_GROUPS else f"{arn}:log-stream:"
            return arn
    return "*"


def account_of(arn: str) -> str:
    """Return the account in an ARN; "" where it has none, as with buckets."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) > 4 else ""


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
    """http://…/000000000000/name names the owner too."""
    if "/" not in value:
        return {variable: value}
    account, name = value.rsplit("/", 2)[-2:]
    return {variable: name, "Account": account}


def _function(variable: str, value: str, parameters: Parameters) -> dict[str, str]:
    """A name, name:qualifier or account:function:name."""
    account, partial, name = value.rpartition(":function:")
    named = {"Account": account} if partial else {}
    return {variable: _qualified(name, parameters), **named}


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
