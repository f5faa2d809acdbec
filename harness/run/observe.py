"""Observations of a run besides its notifications: objects, metrics, alarms and logs.

Nothing is judged here.
"""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.iam import read_usage
from harness.evidence.invocations import Invocation, InvocationLog, Logs
from harness.evidence.ledger import (
    RECEIPT_PREFIX,
    Entry,
    Ledger,
    receipt_key,
    run_of,
)
from harness.evidence.observations import UNITS, Metrics, Observations
from harness.polling import DeadlineExceeded, wait_until
from harness.problems import Problem
from harness.run.objects import BucketListing
from harness.stack.deployed import Stack
from harness.targets.target import Target

METRICS_DEADLINE_S = 120.0
LOGS_DEADLINE_S = 30.0
_ROUNDS = 5  # of looking at metrics and log in turn, while either is ahead
_MINUTE = 60


class Observer:
    """Looks at one stack. Made before the run: what was there already is not counted as its own.

    `invocations` are those that the function's log showed in the last look. `gone` is set by who
    learns that the target has forgotten everything: then metrics are not waited for.
    """

    def __init__(
        self, target: Target, stack: Stack, started: float, gone: threading.Event | None = None
    ) -> None:
        self._gone = gone or threading.Event()
        self.invocations: list[Invocation] = []
        self._target, self._stack, self._started = target, stack, started
        self._minute = math.floor(started / _MINUTE) * _MINUTE
        self._metrics_before = self._metrics(started) if "metrics" in target.shows else Metrics()
        self._alarms_before = self._alarms_on() if "alarms" in target.shows else []
        self._calls_before = self._calls()

    def observe(self, seen: Observations, ledger: Ledger) -> Observations:
        """`seen` with all that the target shows now; areas that fail are missing with a reason."""
        looks: Mapping[str, Callable[[Observations, Ledger], Observations]] = {
            "objects": self._see_objects,
            "logs": self._see_logs,
            "metrics": self._see_metrics,
            "alarms": self._see_alarms,
        }
        for area, look in looks.items():
            if area not in self._target.shows:
                reason = f"the target {self._target.name} does not show {area}"
            else:
                try:
                    seen = look(seen, ledger)
                    continue
                except (BotoCoreError, ClientError) as error:
                    reason = f"{type(error).__name__}: {error}"
                except KeyError as error:  # other emulators leave out what AWS always says
                    reason = f"the answer of {self._target.name} lacks {error}"
            seen = replace(seen, missing={**seen.missing, area: reason})
        return replace(seen, calls=self._calls_since())

    def _see_objects(self, seen: Observations, ledger: Ledger) -> Observations:
        """What versions there are of each upload and each output, and what is nobody's."""
        stack, ours = self._stack, {run_of(entry.key) for entry in ledger.entries}
        shared, outputs = stack.processed_bucket == stack.upload_bucket, stack.keys.outputs
        made = self._listing(stack.processed_bucket).but_of_other_runs(
            outputs if shared else "", outputs, ours
        )
        for entry in ledger.entries:
            found = made.get(entry.output_key, [])
            entry.versions = len(found)
            entry.current = next((each.id for each in found if each.current), "")
        nobodys = set(made) - {entry.output_key for entry in ledger.entries}
        extra = {key for key in nobodys if run_of(key) in ours | {""}}
        return replace(
            seen,
            extra=(*sorted(extra), *sorted(self._foreign_receipts(ledger))),
            unplanned=tuple(self._place(ledger, ours)),
        )

    def _foreign_receipts(self, ledger: Ledger) -> set[str]:
        """Objects among the receipts that are not of any version of any upload."""
        uploads = self._listing(self._stack.upload_bucket)
        found = set(uploads.below(RECEIPT_PREFIX))
        found -= {receipt_key(entry.key, entry.version or "") for entry in ledger.entries}
        if found:  # those of other runs and of other people's uploads are as they must be
            for key, versions in uploads.below().items():
                found -= {receipt_key(key, version.id) for version in versions}
        return found

    def _place(self, ledger: Ledger, runs: set[str]) -> Iterator[str]:
        """Tell entries their place among the versions of their key; give versions without entry."""
        entries = {(entry.key, entry.version): entry for entry in ledger.entries if entry.version}
        for run in filter(None, runs):
            uploads = self._listing(self._stack.upload_bucket)
            for key, found in uploads.below(f"{self._stack.keys.uploads}{run}/").items():
                for place, version in enumerate(reversed(found), 1):
                    if entry := entries.get((key, version.id)):
                        entry.place = place
                    else:
                        yield f"{key} {version.id}"

    def _listing(self, bucket: str) -> BucketListing:
        """What a bucket has got since the start."""
        return BucketListing(self._target.client("s3"), bucket, self._started)

    def _see_metrics(self, seen: Observations, ledger: Ledger) -> Observations:
        """Wait for an invocation for every image notified and every end in the log: both late.

        Then the log is read once more, for invocations that ended in between; and if it is ahead of
        the metrics then, they are waited for again, so that both are of the same moment.
        """
        logs, wanted = seen.logs, sum(any(_requests(entry)) for entry in ledger.entries)
        for _ in range(_ROUNDS):
            wanted = max(wanted, logs.ended if logs else 0)
            metrics = self._wait_for_metrics(seen, wanted)
            if not (logs and logs.attempts):
                break
            counted = metrics.invocations
            logs = self._read_log(seen, ledger, partial(_has_attempts, counted))
            if not wanted <= counted < logs.ended:
                break
        return replace(seen, logs=logs, metrics=metrics)

    def _wait_for_metrics(self, seen: Observations, wanted: int) -> Metrics:
        """What came of the run once that many invocations are counted, or some time later."""

        def look() -> Metrics:
            return self._metrics(seen.started + seen.elapsed_s).since(self._metrics_before)

        try:
            return wait_until(
                look,
                deadline_s=0 if seen.ended_early else METRICS_DEADLINE_S,
                interval_s=2,
                describe="the metrics of all invocations",
                until=lambda metrics: metrics.invocations >= wanted or self._gone.is_set(),
            )
        except DeadlineExceeded:
            return look()

    def _metrics(self, end: float) -> Metrics:
        """The function's metrics from the minute of the start to the minute after `end`.

        GetMetricData aligns datapoints to whole minutes and keeps 60-second ones for 15 days.
        """
        asked = {
            "invocations": ("Invocations", "Sum"),
            "errors": ("Errors", "Sum"),
            "throttles": ("Throttles", "Sum"),
            "duration_sum": ("Duration", "Sum"),
            "duration_samples": ("Duration", "SampleCount"),
            "duration_maximum": ("Duration", "Maximum"),
        }
        queries = [self._query(id_, *each, UNITS[each[0]]) for id_, each in asked.items()]
        for name, unit in UNITS.items():
            queries.append(self._query(f"right{name}", name, "SampleCount", unit))
            queries.append(self._query(f"all{name}", name, "SampleCount"))
        pages = self._target.client("cloudwatch").get_paginator("get_metric_data")
        values: dict[str, list[float]] = defaultdict(list)
        for page in pages.paginate(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(self._minute, UTC),
            EndTime=datetime.fromtimestamp((end // _MINUTE + 2) * _MINUTE, UTC),
        ):
            for result in page["MetricDataResults"]:
                values[result["Id"]] += result["Values"]
        odd = {name: sum(values[f"all{name}"]) - sum(values[f"right{name}"]) for name in UNITS}
        return Metrics(
            **{id_: sum(values[id_]) for id_ in asked if id_ != "duration_maximum"},
            duration_maximum=max(values["duration_maximum"], default=0),
            odd_units={name: count for name, count in odd.items() if count},
        )

    def _query(self, id_: str, name: str, statistic: str, unit: str = "") -> dict[str, Any]:
        """A query of GetMetricData for one of the function's metrics, minute by minute."""
        dimension = {"Name": "FunctionName", "Value": self._stack.function}
        metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": [dimension]}
        wanted = {"Metric": metric, "Period": _MINUTE, "Stat": statistic}
        return {"Id": id_, "MetricStat": {**wanted, "Unit": unit} if unit else wanted}

    def _see_alarms(self, seen: Observations, ledger: Ledger) -> Observations:
        known = self._alarm_names()
        raised = sorted(set(self._alarms_on()) - set(self._alarms_before))
        return replace(seen, alarms=tuple(raised), alarms_known=len(known))

    def _alarm_names(self) -> list[str]:
        return [r["PhysicalResourceId"] for r in self._resources("AWS::CloudWatch::Alarm")]

    def _resources(self, type_: str) -> Iterator[dict[str, Any]]:
        pages = self._target.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self._stack.name):
            yield from (r for r in page["StackResourceSummaries"] if r["ResourceType"] == type_)

    def _calls(self) -> Counter[str] | None:
        """What the stack's roles have used so far, by action; None where nobody counts it."""
        try:
            used = read_usage(self._target)
            names = {role["PhysicalResourceId"] for role in self._resources("AWS::IAM::Role")}
        except (Problem, BotoCoreError, ClientError):
            return None
        counts: Counter[str] = Counter()
        for arn, role in used.items():
            if arn.rsplit("/", 1)[-1] in names:
                counts.update(role["used"])
        return counts

    def _calls_since(self) -> dict[str, int] | None:
        now = self._calls()
        if now is None or self._calls_before is None:
            return None
        return dict(now - self._calls_before)

    def _alarms_on(self) -> list[str]:
        """The stack's alarms that are in ALARM."""
        names = self._alarm_names()
        if not names:
            return []
        pages = self._target.client("cloudwatch").get_paginator("describe_alarms")
        return [
            alarm["AlarmName"]
            for page in pages.paginate(AlarmNames=names)
            for alarm in page["MetricAlarms"]
            if alarm["StateValue"] == "ALARM"
        ]

    def _see_logs(self, seen: Observations, ledger: Ledger) -> Observations:
        """Wait until the log has the end of every request in a notification, as it comes late."""
        name = self._stack.log_group
        client = self._target.client("logs")
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        group: dict[str, Any] = next((g for g in groups if g["logGroupName"] == name), {})
        days = group.get("retentionInDays", 0)
        self._log = InvocationLog(client, name, days, int(self._started * 1000))
        notified = {request for entry in ledger.entries for request in _requests(entry)}
        return replace(seen, logs=self._read_log(seen, ledger, lambda log: log.ended(notified)))

    def _read_log(
        self, seen: Observations, ledger: Ledger, until: Callable[[InvocationLog], bool]
    ) -> Logs:
        """Read it until that holds, or for some time; the ledger gets its deliveries."""

        def look() -> bool:
            self._log.read()
            return until(self._log)

        with suppress(DeadlineExceeded):
            wait_until(
                look,
                deadline_s=0 if seen.ended_early else LOGS_DEADLINE_S,
                interval_s=1,
                describe="the log of all invocations",
            )
        self.invocations = list(self._log.invocations.values())
        return self._log.summary(ledger)


def _has_attempts(count: float, log: InvocationLog) -> bool:
    return log.attempts >= count


def _requests(entry: Entry) -> Iterator[str]:
    """The requests that notified of an upload; a failure is notified by another request."""
    for notice in entry.notices:
        if notice.status != "failed" and notice.request_id:
            yield notice.request_id
