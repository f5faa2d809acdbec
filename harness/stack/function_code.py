"""The code that functions run, brought to what their packages hold, past CloudFormation.

For CloudFormation the code of a function is the place that the template names: what was put there
by UpdateFunctionCode since, it neither sees nor undoes.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from botocore.awsrequest import AWSRequest

from harness.polling import wait_until
from harness.problems import Problem
from harness.stack.template import Template
from harness.targets.target import Target

_DEADLINE_S = 120.0
_POLL_S = 0.03


def swap_code(
    target: Target, stack_name: str, template: Template, zips: Mapping[str, Path]
) -> list[str]:
    """Give each function of `zips` that runs other code than its zip's the zip; their logical ids.

    The zips are in S3 where the `template` says, as `upload_code` puts them. Returns once new
    invocations get the new code. A function that the stack does not have is left out. Problem if
    Lambda takes the code and then cannot use it.
    """
    functions = _functions(target, stack_name)
    swapped = []
    for logical_id, zipped in zips.items():
        if logical_id not in functions:
            continue
        name = functions[logical_id]
        client = target.client("lambda")
        if client.get_function_configuration(FunctionName=name)["CodeSha256"] == sha256(zipped):
            continue
        place = template["Resources"][logical_id]["Properties"]["Code"]
        client.meta.events.register(
            "before-sign.lambda.UpdateFunctionCode", _at_once, unique_id=_at_once.__name__
        )
        client.update_function_code(FunctionName=name, **place)
        swapped.append(logical_id)
    for logical_id in swapped:  # the updates go on side by side
        _wait(target, functions[logical_id])
    return swapped


def _at_once(request: AWSRequest, **_: object) -> None:
    """Have the emulator answer when the new code is in use; AWS and others do not know it."""
    request.headers["X-Tapstack-At-Once"] = "1"


def sha256(path: Path) -> str:
    """SHA-256 of a file in base64, as Lambda's CodeSha256 is."""
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def _wait(target: Target, name: str) -> None:
    """Until LastUpdateStatus is Successful ("Lambda function states" of the Developer Guide)."""
    client = target.client("lambda")
    found = wait_until(
        lambda: client.get_function_configuration(FunctionName=name),
        until=lambda seen: seen["LastUpdateStatus"] != "InProgress",
        deadline_s=_DEADLINE_S,
        interval_s=_POLL_S,
        describe=f"the new code of {name}",
    )
    if found["LastUpdateStatus"] == "Failed":
        raise Problem(
            f"Lambda cannot use the new code of {name}: {found.get('LastUpdateStatusReason')}.",
            "Correct the function; the code before it runs on.",
        )


def _functions(target: Target, stack_name: str) -> dict[str, str]:
    """The names of the stack's functions by their logical ids."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack_name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
