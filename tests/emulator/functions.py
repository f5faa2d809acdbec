"""Functions and roles for the length of a test: made by clients, not by a stack."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.emulator.conftest import Emulator

_TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def zipped(source: str) -> bytes:
    """A package whose only module is `handler`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("handler.py", source)
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
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        yield arn
    finally:
        client.delete_function(FunctionName=name)


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
