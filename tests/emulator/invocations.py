"""Invoking functions and reading what came back: payload, error, log lines, REPORT."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from tests.emulator.conftest import Emulator
from tests.emulator.functions import SOON, zipped

_TRUST_LAMBDA = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
# Runs the code in its event, so that each test says itself what its function does.
ANYTHING = zipped(
    """
def handler(event, context):
    names = {"context": context, "event": event}
    exec(event["code"], names)
    return names.get("result")
"""
)


@dataclass(frozen=True)
class Invocation:
    """One synchronous invocation; `error` is the X-Amz-Function-Error header."""

    request_id: str
    payload: Any
    error: str | None
    log: str

    @property
    def lines(self) -> list[str]:
        """The last 4 KB of its log, by line."""
        return self.log.splitlines()

    @property
    def report(self) -> dict[str, str]:
        """The fields of its REPORT line, units left out."""
        line = next(line for line in self.lines if line.startswith("REPORT"))
        return {
            name: re.sub(r" (ms|MB)$", "", value)
            for name, value in re.findall(r"([A-Z][A-Za-z ]+): ([^\t]+)", line)
        }


Run = Callable[..., Invocation]


def invoke(emulator: Emulator, function: str, event: Any = None) -> Invocation:
    """Invoke a function and wait for its result."""
    answer = emulator.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event or {}), LogType="Tail"
    )
    return Invocation(
        request_id=answer["ResponseMetadata"]["RequestId"],
        payload=json.load(answer["Payload"]),
        error=answer.get("FunctionError"),
        log=base64.b64decode(answer["LogResult"]).decode(),
    )


def runner(emulator: Emulator, function: str) -> Run:
    """Return a function that runs code in a function made of ANYTHING; `result` is returned."""
    return lambda code, **event: invoke(emulator, function, {**event, "code": dedent(code)})


def lasting_function(emulator: Emulator, **configuration: Any) -> str:
    """Make a function of ANYTHING that nobody deletes, for an emulator that ends with the test."""
    iam, client, name = emulator.client("iam"), emulator.client("lambda"), uuid.uuid4().hex
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST_LAMBDA)["Role"]
    client.create_function(
        FunctionName=name,
        Role=role["Arn"],
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": ANYTHING},
        **configuration,
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=SOON)
    return name
