"""Alarm watch: one alarm is OK before a run, raised by it, notified, and OK again."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.alarms import (
    BREACH_FORGOTTEN_S,
    BREACH_SEEN_S,
    Alarm,
    actions_of,
    alarm_on,
    comes_to,
    compression,
    state_of,
    topics_of,
)
from harness.evidence.check import Check
from harness.evidence.ledger import Notice
from harness.faults.injection import can_disturb
from harness.polling import DeadlineExceeded, wait_until
from harness.run.notifications import subscribed
from harness.run.scenario import Context

_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
_EVALUATED_ONCE_S = 1  # what a new alarm, which has no state yet, needs to be OK
_NOTIFIED_WITHIN_S = 20.0
_COUNTED_WITHIN_S = 120.0  # metrics of the embedded format come by way of the logs
_MINUTE = 60


@dataclass
class AlarmMonitor:
    """What is seen of an alarm, None where the template has none on the metric."""

    context: Context
    alarm: Alarm | None
    notices: list[Notice] = field(default_factory=list)

    def raised(self) -> Check:
        """Whether it is raised by now, and notified."""
        return self._check(
            "ALARM", BREACH_SEEN_S, "alarm-raised", "The alarm is raised and notified"
        )

    def ended(self) -> Check:
        """Whether it ends by itself, and that is notified."""
        title = "The alarm ends by itself, which is notified"
        return self._check("OK", BREACH_FORGOTTEN_S, "alarm-ended", title)

    def _check(self, state: str, after_s: int, id_: str, title: str) -> Check:
        source = f"{_CLOUDWATCH}Notify_Users_Alarm_Changes.html"
        if "alarms" not in self.context.target.shows:
            reason = f"the target {self.context.target.name} does not show alarms"
            return Check(id_, title, None, reason, source)
        if self.alarm is None:
            return Check(id_, title, False, "the stack has no such alarm", source)
        name = self.alarm["AlarmName"]
        came_to = comes_to(self.context.target, name, state, after_s)
        if came_to != state:
            return Check(id_, title, False, f"{name} is {came_to}, not {state}", source)
        topics = len(actions_of(self.alarm, state))
        patience_s = min(_NOTIFIED_WITHIN_S, self.context.options.patience_s)
        notified = _eventually(
            lambda: self._notified(state), patience_s, lambda seen: len(seen) >= topics
        )
        evidence = (
            f"{len(notified)} messages on {topics} topics" if notified else "nobody was notified"
        )
        passed = len(notified) == topics > 0
        return Check(id_, title, passed, f"{name} came to {state}; {evidence}", source)

    def _notified(self, state: str) -> list[Notice]:
        """Since it was raised: a new alarm first notifies that it is OK."""
        name = self.alarm["AlarmName"] if self.alarm else ""
        own = [notice for notice in self.notices if notice.body.get("AlarmName") == name]
        notified = [notice.status for notice in own]
        since = notified.index("alarm ALARM") if "alarm ALARM" in notified else 0
        return [notice for notice in own[since:] if notice.status == f"alarm {state}"]


@contextmanager
def watched(context: Context, metric: str) -> Iterator[AlarmMonitor]:
    """Follow the stack's alarm on `metric`; what an earlier run raised is over when it begins."""
    target, stack = context.target, context.stack
    if can_disturb(target):
        context.compressed(compression(BREACH_FORGOTTEN_S))
    alarm = alarm_on(target, stack, metric) if "alarms" in target.shows else None
    monitor = AlarmMonitor(context, alarm)
    if alarm and (state := state_of(target, alarm["AlarmName"])) != "OK":
        after_s = BREACH_FORGOTTEN_S if state == "ALARM" else _EVALUATED_ONCE_S
        comes_to(target, alarm["AlarmName"], "OK", after_s)
    with ExitStack() as listening:
        for topic in topics_of([alarm] if alarm else []):
            name = f"{stack.name}-alarm-{time.time_ns() // 10**6}"
            listening.enter_context(subscribed(target, topic, name))(monitor.notices.append)
        yield monitor


class Counter:
    """A metric of the function's own, counted from now on.

    Its namespace and its dimension `service` are those of the function's environment, as Powertools
    reads it.
    """

    def __init__(self, context: Context, metric: str) -> None:
        function = context.stack.function
        configured = context.target.client("lambda").get_function_configuration(
            FunctionName=function
        )
        variables = configured["Environment"]["Variables"]
        dimensions = {
            "service": variables["POWERTOOLS_SERVICE_NAME"],
            "function_name": function,
        }
        self._cloudwatch = context.target.client("cloudwatch")
        self._shown = "metrics" in context.target.shows
        self._patience_s = min(_COUNTED_WITHIN_S, context.options.patience_s)
        self._since = time.time() // _MINUTE * _MINUTE
        self._what = {
            "Namespace": variables["POWERTOOLS_METRICS_NAMESPACE"],
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        }
        self._before = self._sum() if self._shown else 0.0

    def count(self, at_least: float) -> float | None:
        """How often it was counted; waits until that is `at_least`. None where it is not shown."""
        if not self._shown:
            return None
        return _eventually(
            lambda: self._sum() - self._before, self._patience_s, lambda found: found >= at_least
        )

    def _sum(self) -> float:
        found = self._cloudwatch.get_metric_statistics(
            **self._what,
            StartTime=datetime.fromtimestamp(self._since, UTC),
            EndTime=datetime.fromtimestamp(time.time() // _MINUTE * _MINUTE + _MINUTE, UTC),
            Period=_MINUTE,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))


def _eventually[T](
    look: Callable[[], T], deadline_s: float, until: Callable[[T], object] = bool
) -> T:
    """What `look` sees once it is good, or at the deadline."""
    try:
        return wait_until(look, deadline_s=deadline_s, describe="it", until=until)
    except DeadlineExceeded:
        return look()
