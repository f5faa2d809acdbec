"""LocalStack's Logs provider, with filters that filter and metrics from log events."""

import base64
import binascii
import heapq
import time
from collections.abc import Iterable, Iterator
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.api.logs import (
    DescribeLogGroupsRequest,
    InvalidParameterException,
    ResourceNotFoundException,
)
from localstack.services.logs.models import get_moto_logs_backend, logs_stores
from localstack.services.moto import call_moto
from localstack.utils.aws.arns import log_group_arn
from moto.core.exceptions import JsonRESTError

from localstack_parity.cloudwatch import emf
from localstack_parity.cloudwatch.measurements import record
from localstack_parity.logs import metric_filters, streams
from localstack_parity.logs.conditions import PatternError
from localstack_parity.logs.event_store import Event
from localstack_parity.logs.existence import Existence, changing
from localstack_parity.logs.patterns import Pattern, compile_pattern
from localstack_parity.logs.streams import StoredStream

MAX_EVENTS = 10_000
MAX_PAGE_BYTES = 1_048_576
MAX_GROUPS = 50
DAY_MS = 24 * 3600 * 1000
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557),
    *(2922, 3288, 3653),
)


class ParityLogsProvider(Existence):
    """CloudWatch Logs whose filter patterns hold, and whose events become metrics."""

    def __init__(self) -> None:
        super().__init__()
        streams.install()

    def create_log_group(
        self, context: RequestContext, log_group_name: str, **request: Any
    ) -> None:
        """Create a group; LocalStack would lose later tags of one that is created without any."""
        super().create_log_group(context, log_group_name, **request)
        account, region = context.account_id, context.region
        arn = log_group_arn(log_group_name, account_id=account, region_name=region)
        logs_stores[account][region].TAGS.setdefault(arn, {})

    def put_log_events(
        self,
        context: RequestContext,
        log_group_name: str,
        log_stream_name: str,
        log_events: list[dict[str, Any]],
        **request: Any,
    ) -> Any:
        """Store events; make the metrics that they embed, and those of the group's filters."""
        account, region = context.account_id, context.region
        backend = get_moto_logs_backend(account, region)
        _group(backend, log_group_name)
        try:
            token, rejected = backend.put_log_events(log_group_name, log_stream_name, log_events)
        except JsonRESTError as e:
            raise CommonServiceException(e.error_type, e.message) from None
        accepted = _accepted(log_events)
        for event in accepted:
            record(*emf.measurements(account, region, event["timestamp"], event["message"]))
        with changing:
            filters = list(backend.filters.metric_filters)
        for metric_filter in filters:
            if metric_filter["logGroupName"] == log_group_name:
                record(*metric_filters.measurements(metric_filter, accepted, account, region))
        more = {"rejectedLogEventsInfo": rejected} if rejected else {}
        return {"nextSequenceToken": token, **more}

    def filter_log_events(
        self,
        context: RequestContext,
        log_group_name: str | None = None,
        log_group_identifier: str | None = None,
        log_stream_names: list[str] | None = None,
        log_stream_name_prefix: str | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        filter_pattern: str | None = None,
        next_token: str | None = None,
        limit: int | None = None,
        **request: Any,
    ) -> Any:
        """Events that match, by time: up to 10,000 or a megabyte of them for one page."""
        if log_stream_names and log_stream_name_prefix:
            raise InvalidParameterException(
                "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."
            )
        size = MAX_EVENTS if limit is None else limit
        if not 1 <= size <= MAX_EVENTS:
            raise InvalidParameterException(f"limit must be between 1 and {MAX_EVENTS}.")
        backend = get_moto_logs_backend(context.account_id, context.region)
        # An identifier is a name or an ARN.
        group = _group(backend, log_group_name or (log_group_identifier or "").split(":")[-1])
        matches = _pattern(filter_pattern or "")
        wanted = [
            stream
            for name, stream in list(group.streams.items())
            if (not log_stream_names or name in log_stream_names)
            and name.startswith(log_stream_name_prefix or "")
        ]
        after = max(_last_shown(next_token), (start_time or 0, -1))
        found = _in_order(wanted, after, end_time)
        shown: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        bytes_left = MAX_PAGE_BYTES
        for event, stream in found:
            if not matches(event.message):
                continue
            bytes_left -= len(event.message.encode())
            if len(shown) == size or (shown and bytes_left < 0):
                token = f"{after[0]}/{after[1]}".encode()
                more["nextToken"] = base64.urlsafe_b64encode(token).decode()
                break
            after = event.timestamp, event.id
            shown.append(
                {
                    "logStreamName": stream.log_stream_name,
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": event.ingested,
                    "eventId": f"{event.id:056d}",
                }
            )
        return {"events": shown, "searchedLogStreams": [], **more}

    def put_metric_filter(
        self,
        context: RequestContext,
        log_group_name: str,
        filter_name: str,
        filter_pattern: str,
        metric_transformations: list[dict[str, Any]],
        **request: Any,
    ) -> None:
        """Create or replace a metric filter of a log group."""
        backend = get_moto_logs_backend(context.account_id, context.region)
        _group(backend, log_group_name)
        if problem := metric_filters.problem(filter_pattern, metric_transformations):
            raise InvalidParameterException(problem)
        for transformation in metric_transformations:
            if (default := transformation.get("defaultValue")) is not None:
                transformation["defaultValue"] = float(default)
        with changing:
            existing = [
                each
                for each in backend.filters.metric_filters
                if (each["filterName"], each["logGroupName"]) == (filter_name, log_group_name)
            ]
            call_moto(context)
            for each in existing:
                backend.filters.metric_filters.remove(each)
            backend.filters.metric_filters[-1] |= {
                "metricTransformations": metric_transformations,
                "creationTime": int(time.time() * 1000),
                "applyOnTransformedLogs": False,
            }

    def test_metric_filter(
        self,
        context: RequestContext,
        filter_pattern: str,
        log_event_messages: list[str],
        **request: Any,
    ) -> Any:
        """Which of these messages a pattern matches, and the fields it finds in them."""
        matches = _pattern(filter_pattern)
        return {
            "matches": [
                {
                    "eventNumber": number,
                    "eventMessage": message,
                    "extractedValues": dict(found.fields),
                }
                for number, message in enumerate(log_event_messages, 1)
                if (found := matches(message))
            ]
        }

    def put_retention_policy(
        self, context: RequestContext, log_group_name: str, retention_in_days: int, **request: Any
    ) -> None:
        """Set after how many days events expire: one of the numbers that there are."""
        if retention_in_days not in RETENTION_DAYS:
            raise InvalidParameterException(
                f"1 validation error detected: Value '{retention_in_days}' at 'retentionInDays'"
                " failed to satisfy constraint: Member must satisfy enum value set:"
                f" [{', '.join(map(str, RETENTION_DAYS))}]"
            )
        call_moto(context)

    @handler("DescribeLogGroups", expand=False)
    def describe_log_groups(
        self, context: RequestContext, request: DescribeLogGroupsRequest
    ) -> Any:
        """Groups by name, page by page; without copying all their events first."""
        prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
        if prefix and pattern:
            raise InvalidParameterException(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            )
        backend = get_moto_logs_backend(context.account_id, context.region)
        after = request.get("nextToken") or ""
        groups = dict(backend.groups)  # as they are now: others come and go meanwhile
        names = sorted(
            name
            for name in groups
            if name.startswith(prefix or "") and (pattern or "") in name and name > after
        )
        shown = names[: request.get("limit") or MAX_GROUPS]
        more = {"nextToken": shown[-1]} if len(shown) < len(names) else {}
        found = [_described(backend, name, groups[name]) for name in shown]
        if pattern:  # recorded: logs/test_logs_groups.py, test_describe_log_groups_with_pattern
            for group in found:
                del group["storedBytes"], group["deletionProtectionEnabled"]
        return {"logGroups": found, **more}


def _described(backend: Any, name: str, group: Any) -> dict[str, Any]:
    """A log group as DescribeLogGroups shows it."""
    filters = [each for each in backend.filters.metric_filters if each["logGroupName"] == name]
    optional = {"retentionInDays": group.retention_in_days, "kmsKeyId": group.kms_key_id}
    return {
        "logGroupName": name,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": False,
        "creationTime": group.creation_time,
        "metricFilterCount": len(filters),
        "storedBytes": sum(stream.stored_bytes for stream in list(group.streams.values())),
        **{key: value for key, value in optional.items() if value},
    }


def _group(backend: Any, name: str) -> Any:
    group = backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException("The specified log group does not exist.")
    return group


def _accepted(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events that are neither too old nor too new.

    Source: CloudWatch Logs API Reference, PutLogEvents: not "more than 2 hours in the future", not
    "older than 14 days".
    """
    now = time.time() * 1000
    return [
        event for event in events if now - 14 * DAY_MS <= event["timestamp"] <= now + DAY_MS / 12
    ]


def _pattern(text: str) -> Pattern:
    try:
        return compile_pattern(text)
    except PatternError as e:
        raise InvalidParameterException(str(e)) from None


def _in_order(
    found: Iterable[StoredStream], after: tuple[int, int], end: int | None
) -> Iterator[tuple[Event, StoredStream]]:
    """The events of streams by time and id, each with its stream, read as they are asked for."""

    def of_one(stream: StoredStream) -> Iterator[tuple[Event, StoredStream]]:
        return ((event, stream) for event in stream.store.after(after, end))

    return heapq.merge(*map(of_one, found), key=lambda each: each[0][:2])


def _last_shown(token: str | None) -> tuple[int, int]:
    """Time and id of the last event of the page before; before all of them without a token."""
    if not token:
        return 0, -1
    try:
        timestamp, event_id = base64.urlsafe_b64decode(token).decode().split("/")
        return int(timestamp), int(event_id)
    except (binascii.Error, ValueError):
        raise InvalidParameterException("The specified nextToken is invalid.") from None
