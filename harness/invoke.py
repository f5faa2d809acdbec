"""One invocation by hand: the event of an upload, or any other, and what came of it."""

import base64
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from harness.evidence.invocations import InvocationLog
from harness.evidence.logs import LogEvent, readable
from harness.polling import DeadlineExceeded, wait_until
from harness.problems import Problem
from harness.run.own_upload import find_key
from harness.run.s3_event import Event, s3_event
from harness.stack.deployed import Stack
from harness.targets.clients import LocalClients
from harness.targets.embedded import EmbeddedTarget
from harness.targets.own_routes import ask
from harness.targets.target import Target

# The last line of an invocation in text format ("Working with Lambda function logs").
_REPORT = re.compile(
    r"REPORT RequestId: \S+\s+Duration: (?P<durationMs>[\d.]+) ms\s+"
    r"Billed Duration: (?P<billedDurationMs>\d+) ms\s+Memory Size: (?P<memorySizeMB>\d+) MB\s+"
    r"Max Memory Used: (?P<maxMemoryUsedMB>\d+) MB"
    r"(\s+Init Duration: (?P<initDurationMs>[\d.]+) ms)?"
)
_DEBUG = "/_tapstack/lambda/debug"
_LOGGED_WITHIN_S = 3.0


@dataclass(frozen=True)
class Invoked:
    """An invocation and its end. `log` are its lines, made readable.

    `result` is what the function returned or, if `failed`, the error in Lambda's form. `report` has
    the numbers of the REPORT line by their names in JSON logs; empty where the function's log level
    leaves it out.
    """

    function: str
    request_id: str
    failed: bool
    result: Any
    report: Mapping[str, float]
    log: list[str]


def upload_event(target: Target, stack: Stack, wanted: str) -> Event:
    """The event that S3 would send of the upload `wanted` if it had come just now.

    That is a key, its end as `find_key` takes it, or "" for the latest upload. Problem if there is
    none.
    """
    bucket = stack.upload_bucket
    s3 = target.client("s3")
    key = find_key(target, stack, wanted) if wanted else _latest(s3, bucket, stack.keys.uploads)
    try:
        found = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise Problem(f"{key} cannot be read: {error}.", "Upload it again.") from error
    return s3_event(
        target.region,
        bucket,
        stack.upload_bucket_arn,
        key=key,
        version=found.get("VersionId"),
        size=found["ContentLength"],
        sequencer=f"00{time.time_ns():016X}",
    )


def function_name(stack: Stack, function: str = "") -> str:
    """The image processor's name, unless `function` names another."""
    return function or stack.function


@contextmanager
def debugged(target: Target, name: str, port: int) -> Iterator[None]:
    """Have the next invocation of a function wait for a debugger at a port of 127.0.0.1.

    Problem where the target cannot do that. Whatever still waits at the end is ended.
    """
    asked = {"function": name, "port": port}
    try:
        if target.name != EmbeddedTarget.name or not target.endpoint:
            raise OSError("its ports are not those of this machine")
        ask(target.endpoint, _DEBUG, "POST", asked)
    except (OSError, ValueError) as error:
        raise Problem(
            f"Functions of the target {target.name} cannot be debugged: {error}.",
            "Use TARGET=embedded.",
        ) from error
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            ask(target.endpoint, _DEBUG, "DELETE", asked)


def invoke(
    target: Target, stack: Stack, event: object, function: str = "", *, patience_s: int = 0
) -> Invoked:
    """Hand `event`, a JSON document, to a function and wait for its end.

    That is the image processor unless `function` names another. Nothing is retried. `patience_s`
    is how long it may take, where that is longer than Lambda allows. Problem where Lambda does not
    run it.
    """
    name = function_name(stack, function)
    client = target.client("lambda", attempts=1)  # sent twice it would run twice
    if patience_s and target.endpoint:
        clients = LocalClients(target.endpoint, target.region, patience_s=patience_s)
        client = clients.client("lambda", attempts=1)
    since_ms = int(time.time() * 1000)
    try:
        logging = client.get_function_configuration(FunctionName=name).get("LoggingConfig", {})
        answer = client.invoke(
            FunctionName=name, LogType="Tail", Payload=json.dumps(event).encode()
        )
    except ClientError as error:
        raise Problem(
            f"Lambda did not run {name}: {error.response['Error'].get('Message') or error}.",
            "`tapstack status` shows the stack; another function is named with --function.",
        ) from error
    request_id = answer["ResponseMetadata"]["RequestId"]
    payload = answer["Payload"].read().decode(errors="replace")
    tail = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").splitlines()
    group = logging.get("LogGroup") or f"/aws/lambda/{name}"
    report = _report(tail)
    # Lambda hands back the last 4 KB; the whole log can be divided by request if it is JSON.
    whole = bool(report) and logging.get("LogFormat") == "JSON"
    log = _logged(target, group, request_id, since_ms) if whole else []
    return Invoked(
        name,
        request_id,
        failed="FunctionError" in answer,
        result=_parsed(payload),
        report=report,
        log=log or tail,
    )


def _latest(s3: Any, bucket: str, prefix: str) -> str:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [each for page in pages for each in page.get("Contents", [])]
    if not found:
        raise Problem(
            f"Nothing has been uploaded to {bucket} under {prefix}.",
            "Upload a file there, or name one with an event: `tapstack invoke event.json`.",
        )
    return str(max(found, key=lambda each: each["LastModified"])["Key"])


def _logged(target: Target, group: str, request_id: str, since_ms: int) -> list[str]:
    """The lines of a request from the log group, where they come after it; none if they do not."""
    log = InvocationLog(target.client("logs"), group, 0, since_ms)

    def look() -> bool:
        log.read()
        return log.ended([request_id])

    try:
        wait_until(look, deadline_s=_LOGGED_WITHIN_S, interval_s=0.2, describe="the log")
    except (DeadlineExceeded, ClientError):
        return []
    lines = sorted(log.invocations[request_id].lines, key=lambda line: line[0])
    return [readable(LogEvent("", time_ms, group, text)) for time_ms, text in lines]


def _report(tail: list[str]) -> dict[str, float]:
    """The numbers of the last REPORT line, in either format."""
    for line in reversed(tail):
        if found := _REPORT.search(line):
            return {name: float(value) for name, value in found.groupdict().items() if value}
        document = _parsed(line)
        if isinstance(document, dict) and document.get("type") == "platform.report":
            return dict(document["record"].get("metrics", {}))
    return {}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
