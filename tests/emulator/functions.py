"""Functions and roles for the length of a test: made by clients, not by a stack."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from harness.polling import wait_until
from tests.emulator.conftest import Emulator

_TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


# How a waiter looks for what takes a third of a second here; it looks once a second on its own.
SOON = {"Delay": 0.1, "MaxAttempts": 300}


def zipped(source: str, name: str = "handler.py") -> bytes:
    """A package whose only module is `handler`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr(name, source)
    return content.getvalue()


@contextmanager
def role_for(emulator: Emulator, *actions: str) -> Iterator[str]:
    """The ARN of a role that Lambda may take on and that allows `actions` on everything."""
    iam, name = emulator.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(_TRUST))["Role"][
        "Arn"
    ]
    allowed = {"Effect": "Allow", "Action": ["logs:*", *actions], "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=_policy(allowed))
    try:
        yield arn
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="allowed")
        iam.delete_role(RoleName=name)


@contextmanager
def function_of(emulator: Emulator, code: bytes, role: str, **configuration: Any) -> Iterator[str]:
    """The ARN of a function made from the package `code`, by default in Python."""
    client, name = emulator.client("lambda"), f"function-{uuid.uuid4().hex[:8]}"
    language = {"Runtime": "python3.13", "Handler": "handler.handler"}
    request = {"Timeout": 10, "MemorySize": 256, **language, **configuration}
    arn: str = client.create_function(
        FunctionName=name,
        Role=role,
        Code={"ZipFile": code},
        **request,
    )["FunctionArn"]
    try:
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=SOON)
        yield arn
    finally:
        client.delete_function(FunctionName=name)


def settled(emulator: Emulator, name: str) -> Mapping[str, Any]:
    """What a function is once it is created: Active or Failed."""
    found: Mapping[str, Any] = wait_until(
        lambda: emulator.client("lambda").get_function_configuration(FunctionName=name),
        until=lambda found: found["State"] != "Pending",
        deadline_s=30,
        describe=f"the creation of {name}",
    )
    return found


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
