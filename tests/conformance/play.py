"""Plays a scenario against an endpoint and returns what is to be compared of the answers."""

import io
import json
import re
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jmespath
from botocore.exceptions import BotoCoreError, ClientError

from tests.conformance.scenario import Call, Package, Scenario, Text

type Answer = dict[str, Any]
# Makes a boto3 client of a service; the second argument is the Call's `credentials`.
type Clients = Callable[[str, str], Any]

PREFIX = "tapstack-conformance-"
DEADLINE_S = 180.0
_PAUSE_S = 0.2
_LONGEST = 2_000
_GONE = re.compile(r"NoSuch|NotFound|NonExistent|NotExist|does not exist")

_TRANSFORMED = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)"), "<time>"),
    (re.compile(r"Request ID: [^;)]+"), "Request ID: <id>"),
    (re.compile(r"Duration: [\d.]+ ms"), "Duration: <number> ms"),
    (re.compile(r"Billed Duration: \d+ ms"), "Billed Duration: <number> ms"),
    (re.compile(r"Max Memory Used: \d+ MB"), "Max Memory Used: <number> MB"),
)


@dataclass
class Play:
    """One performance of a scenario; `left` says what could not be cleaned up after it."""

    clients: Clients
    account: str
    region: str
    name: str = field(default_factory=lambda: f"{PREFIX}{uuid.uuid4().hex[:10]}")
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known = {"name": self.name, "account": self.account, "region": self.region}

    def perform(self, scenario: Scenario) -> list[Answer]:
        """Make all calls, then clean up; return an answer for each call."""
        try:
            return [self._answer(call) for call in scenario.calls]
        finally:
            for call in scenario.clean_up:
                self._clean_up(call)

    def _clean_up(self, call: Call) -> None:
        """Make a call that deletes something; one that is refused is told, unless it is gone."""
        try:
            answer = self._answer(call)
        except (OSError, ValueError, BotoCoreError) as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        if "error" in answer and not _GONE.search(f"{answer['error']} {answer['message']}"):
            self.left.append(f"{_title(call)}: {answer['error']}: {answer['message']}")

    def _answer(self, call: Call) -> Answer:
        """Make one call, again if it is to be repeated. TimeoutError if that does not help."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            code, answer = self._call(call)
            if code is None and (call.until is None or jmespath.search(call.until, answer)):
                self._known |= {
                    word: str(jmespath.search(path, answer)) for word, path in call.save.items()
                }
                kept = jmespath.search(call.keep, answer) if call.keep else None
                return {"call": _title(call), "answer": self._transformed(kept)}
            if code is not None and code not in call.retry:
                return {"call": _title(call), **self._transformed(answer)}
            if time.monotonic() > deadline:
                raise TimeoutError(f"{_title(call)} of {self.name}; last answer: {answer}")
            time.sleep(_PAUSE_S)

    def _call(self, call: Call) -> tuple[str | None, Answer]:
        client = self.clients(call.service, call.credentials)
        try:
            answer = getattr(client, call.operation)(**self._filled(call.parameters))
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            said = error.response["Error"]
            return said["Code"], {
                "error": said["Code"],
                "message": said.get("Message", ""),
                "status": status,
            }
        return None, _plain(answer)

    def _filled(self, value: Any) -> Any:
        match value:
            case str():
                return re.sub(r"\$([a-z]+)", lambda word: self._known.get(word[1], word[0]), value)
            case Text():
                return json.dumps(self._filled(value.value))
            case Package():
                return _zipped(value.source)
            case Mapping():
                return {key: self._filled(item) for key, item in value.items()}
            case list() | tuple():
                return [self._filled(item) for item in value]
        return value

    def _transformed(self, value: Any) -> Any:
        """What differs from one performance to the next, replaced by what it is."""
        match value:
            case str():
                for word, known in sorted(self._known.items(), key=lambda item: -len(item[1])):
                    if len(known) > 3:
                        value = value.replace(known, f"<{word}>")
                for pattern, stands_for in _TRANSFORMED:
                    value = pattern.sub(stands_for, value)
                return value if len(value) <= _LONGEST else f"{value[:100]} … {value[-100:]}"
            case dict():
                return {key: self._transformed(item) for key, item in value.items()}
            case list():
                return [self._transformed(item) for item in value]
        return value


def differences(before: Sequence[Answer], now: Sequence[Answer]) -> list[str]:
    """Say in a sentence each where two performances of a scenario differ."""
    if len(before) != len(now):
        return [f"{len(now)} calls, recorded were {len(before)}"]
    return [
        f"{one['call']}: recorded {_short(one)}, now {_short(other)}"
        for one, other in zip(before, now, strict=True)
        if one != other
    ]


def _short(answer: Answer) -> str:
    return json.dumps({key: value for key, value in answer.items() if key != "call"})


def _title(call: Call) -> str:
    return f"{call.service}.{call.operation}"


def _plain(value: Any) -> Any:
    """An answer as JSON has it: bodies read, times and bytes as texts."""
    if hasattr(value, "read"):
        value = value.read()
    match value:
        case bytes():
            return value.decode(errors="replace")
        case datetime():
            return "<time>"
        case dict():
            return {key: _plain(item) for key, item in value.items() if key != "ResponseMetadata"}
        case list():
            return [_plain(item) for item in value]
    return value


def _zipped(source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("handler.py", source)
    return content.getvalue()
