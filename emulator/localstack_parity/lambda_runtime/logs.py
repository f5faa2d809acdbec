"""Writes what functions log to CloudWatch Logs, as Lambda does: with the function's role, batched.

Takes the place of LocalStack's LogHandler.
"""

import contextlib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakSet

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.logs import LogItem
from localstack.utils.aws.client_types import ServicePrincipal
from localstack.utils.bootstrap import is_api_enabled
from localstack.utils.strings import short_uid

from localstack_parity.batching import Batcher
from localstack_parity.internal_calls import call_with_key

LOG = logging.getLogger(__name__)

# Limits of PutLogEvents (CloudWatch Logs API Reference, PutLogEvents).
MAX_EVENTS = 10_000
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26


_writers: "WeakSet[LogWriter]" = WeakSet()
_listing = threading.Lock()  # a set that grows while it is listed raises an error


def flush() -> None:
    """Write what all functions have logged: to be called while the Logs service still runs."""
    for writer in _all():
        writer.stop()


def write_now() -> None:
    """Write what all functions have logged so far."""
    for writer in _all():
        writer.flush()


def _all() -> list["LogWriter"]:
    with _listing:
        return list(_writers)


class LogLine(NamedTuple):
    """One log event: its stream, milliseconds since the epoch, and the message."""

    group: str
    stream: str
    timestamp: int
    message: str


def log_group_name(function_version: FunctionVersion) -> str:
    """LoggingConfig.LogGroup, or ``/aws/lambda/<function>`` where none is set.

    Source: Lambda Developer Guide, "Configuring CloudWatch log groups".
    """
    configured = (function_version.config.logging_config or {}).get("LogGroup")
    return configured or f"/aws/lambda/{function_version.id.function_name}"


def events_of(result: InvocationResult) -> list[tuple[int, str]]:
    """The log events of a result; for a plain result, its lines at the present time."""
    events = getattr(result, "log_events", None)
    if events is None:
        now = int(time.time() * 1000)
        events = [(now, line + "\n") for line in (result.logs or "").split("\n")]
    return [(timestamp, message) for timestamp, message in events if message.strip()]


class LogWriter:
    """The log handler of one function version: the same methods as LocalStack's LogHandler."""

    def __init__(self, function_version: FunctionVersion) -> None:
        self.function_version = function_version
        self._key = ""
        self._client: Any = None
        self._batcher: Batcher[LogLine] = Batcher("lambda-logs", self._write)
        with _listing:
            _writers.add(self)

    def start_subscriber(self) -> None:
        """Nothing to start: the batcher begins with the first line."""

    def add_logs(self, item: LogItem) -> None:
        """Take the text of one invocation, as LocalStack's own callers hand it over."""
        now = int(time.time() * 1000)
        lines = [line + "\n" for line in item.logs.split("\n") if line]
        self.add_events(item.log_group, item.log_stream, [(now, line) for line in lines])

    def add_events(self, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        """Take log events of one stream."""
        if is_api_enabled("logs"):
            self._batcher.add(*(LogLine(group, stream, when, text) for when, text in events))

    def flush(self) -> None:
        """Write what was logged so far."""
        self._batcher.flush()

    def stop(self) -> None:
        """Write what is left."""
        self._batcher.close()

    def _write(self, lines: list[LogLine]) -> None:
        streams: defaultdict[tuple[str, str], list[LogLine]] = defaultdict(list)
        for line in lines:
            streams[line.group, line.stream].append(line)
        for (group, stream), stream_lines in streams.items():
            stream_lines.sort(key=lambda line: line.timestamp)
            for part in _within_limits(stream_lines):
                try:
                    self._put(group, stream, part)
                except Exception as e:
                    # As on AWS: a function whose role may not write logs runs without them.
                    LOG.warning("Logs of %s are lost: %s", self.function_version.qualified_arn, e)

    def _put(self, group: str, stream: str, lines: list[LogLine]) -> None:
        events = [{"timestamp": line.timestamp, "message": line.message} for line in lines]
        request = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
        region, key = self.function_version.id.region, self._key_of_role()
        put = partial(call_with_key, "logs", "PutLogEvents", request, region=region, key=key)
        try:
            put()
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._create_stream(group, stream)
            put()

    def _create_stream(self, group: str, stream: str) -> None:
        logs = self._client
        try:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except logs.exceptions.ResourceNotFoundException:
            # Another version of the function may have been faster.
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName=stream)

    def _key_of_role(self) -> str:
        """Return the access key of a session of the function's role, which begins when needed."""
        if not self._key:
            region = self.function_version.id.region
            sts = connect_to(region_name=region).sts.request_metadata(
                service_principal=ServicePrincipal.lambda_
            )
            session = sts.assume_role(
                RoleArn=self.function_version.config.role,
                RoleSessionName=f"session-{short_uid()}",
            )["Credentials"]
            self._client = connect_to(
                region_name=region,
                aws_access_key_id=session["AccessKeyId"],
                aws_secret_access_key=session["SecretAccessKey"],
                aws_session_token=session["SessionToken"],
            ).logs
            self._key = session["AccessKeyId"]
        return self._key


def _within_limits(lines: list[LogLine]) -> Iterator[list[LogLine]]:
    """Split lines so that each part fits into one PutLogEvents call."""
    part: list[LogLine] = []
    size = 0
    for line in lines:
        line_size = len(line.message.encode()) + EVENT_OVERHEAD_BYTES
        if part and (len(part) == MAX_EVENTS or size + line_size > MAX_BATCH_BYTES):
            yield part
            part, size = [], 0
        part.append(line)
        size += line_size
    if part:
        yield part
