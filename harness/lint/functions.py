"""The functions of a stack with their packages and roles, for the rules that need them together."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name

from harness.lint.sources import Call, Package, runtime_version
from harness.lint.stack import ACCOUNT, Resource, Stack
from harness.stack.intrinsics import Unknown
from iam_policies import actions

# Client methods that are no operations of the service.
_NO_OPERATIONS = frozenset(
    {"can_paginate", "close", "exceptions", "generate_presigned_post", "generate_presigned_url"}
    | {"get_paginator", "get_waiter", "meta"}
)
# What boto3 adds to S3's client, as the operations it makes of it.
_TRANSFERS = {
    "copy": ("CopyObject",),
    "download_file": ("HeadObject", "GetObject"),
    "download_fileobj": ("HeadObject", "GetObject"),
    "upload_file": ("PutObject",),
    "upload_fileobj": ("PutObject",),
}


def package_of(stack: Stack, function: Resource) -> Package | None:
    """The package of a Python function whose Code is a local folder, if that is there."""
    folder = code_folder(stack, function)
    version = runtime_version(function.properties.get("Runtime"))
    handler = function.properties.get("Handler")
    if folder is None or not folder.is_dir() or version is None or not isinstance(handler, str):
        return None
    wanted = (folder, handler, version)
    return stack.packages.setdefault(wanted, Package(*wanted))


def code_folder(stack: Stack, function: Resource) -> Path | None:
    """The folder that Code: names, relative to the template as `cloudformation package` has it."""
    code = function.properties.get("Code")
    return (stack.file.parent / code).resolve() if isinstance(code, str) else None


def packages(stack: Stack) -> Iterator[tuple[Resource, Package]]:
    """Every function with its package."""
    for function in stack.of("AWS::Lambda::Function"):
        if package := package_of(stack, function):
            yield function, package


def permits(
    stack: Stack, permission: Resource, function: Resource, principal: str, source: Resource
) -> bool:
    """Whether an AWS::Lambda::Permission lets `principal` invoke `function` for `source`."""
    given = permission.properties
    arn, account = given.get("SourceArn"), given.get("SourceAccount")
    return (
        stack.known_as(given.get("FunctionName"), "AWS::Lambda::Function") is function
        and given.get("Action") in {"lambda:InvokeFunction", "lambda:*"}
        and given.get("Principal") == principal
        and (arn is None or isinstance(arn, Unknown) or fnmatchcase(str(source.arn), str(arn)))
        and (account is None or isinstance(account, Unknown) or str(account) == ACCOUNT)
    )


def custom_resources(stack: Stack) -> Iterable[Resource]:
    """The resources that a function of somebody's own makes."""
    return (
        resource
        for resource in stack.resources.values()
        if resource.kind.startswith("Custom::")
        or resource.kind == "AWS::CloudFormation::CustomResource"
    )


def log_group_name(function: Resource) -> str:
    """Where a function logs: "/aws/lambda/<name>" unless LoggingConfig says otherwise."""
    named = (function.properties.get("LoggingConfig") or {}).get("LogGroup")
    return str(named or f"/aws/lambda/{function.name}")


def log_group_of(stack: Stack, function: Resource) -> Resource | None:
    """The log group of the stack that a function writes to."""
    return stack.known_as(log_group_name(function), "AWS::Logs::LogGroup")


def needed_actions(call: Call) -> list[str]:
    """The IAM actions that a call needs; none if it is no operation or needs no permission."""
    operations = _TRANSFERS.get(call.method, ()) if call.service == "s3" else ()
    parameters = dict.fromkeys(call.keywords, "given")
    found = []
    for name in operations or filter(None, [operation(call)]):
        if name == "DeleteObjects":
            found.append("s3:DeleteObject")
        else:
            found += [need.action for need in actions.needed(call.service, name, parameters)]
    return list(dict.fromkeys(found))


def operation(call: Call) -> str | None:
    """The API operation behind a client's method, such as PutObject; None if there is none."""
    return _operations(call.service).get(call.method)


def is_method(call: Call) -> bool:
    """Whether boto3's client of the service has such a method."""
    operations = _operations(call.service)
    return (
        not operations  # a service that botocore does not know is another rule's business
        or call.method in operations
        or call.method in _NO_OPERATIONS
        or (call.service == "s3" and call.method in _TRANSFERS)
    )


@lru_cache
def _operations(service: str) -> Mapping[str, str]:
    session: Any = botocore.session.Session()
    try:
        model = session.get_service_model(service)
    except Exception:  # botocore raises several kinds for a service that it does not know
        return {}
    return {xform_name(name): name for name in model.operation_names}
