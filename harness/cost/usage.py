"""What a run used of AWS's services, as far as its report shows it.

Times were measured on this machine, where a function has a core of its own while it runs. On AWS it
has a share of one in proportion to its memory, a whole one at 1,769 MB (Lambda Developer Guide,
"Configure Lambda function memory"). Modelled so, the processor time of an invocation is stretched
by that share, and what it waited for stays as it was.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.evidence.invocations import Invocation
from harness.evidence.observations import Run
from harness.stack.template import Template

FULL_VCPU_MB = 1769
# "PutLogEvents": each event is billed with 26 bytes for its time and place.
_EVENT_BYTES = 26
_QUIET = {"TRACE", "DEBUG", "INFO"}  # what a log level of WARN leaves out
_PUTS = ("s3:PutObject",)
_GETS = ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging")


@dataclass(frozen=True)
class Function:
    """All invocations of the function: `busy_s` is processor time, `waited_s` the rest, in seconds.

    `least_mb` is the most memory that one of them took.
    """

    invocations: int
    memory_mb: int
    busy_s: float
    waited_s: float
    least_mb: float = 0.0

    @property
    def measured_gb_s(self) -> float:
        """GB-seconds as this machine took them."""
        return self.memory_mb / 1024 * (self.busy_s + self.waited_s)

    def gb_s(self, memory_mb: int | None = None) -> float:
        """GB-seconds on AWS by the model, with that much memory or as much as there is."""
        memory = memory_mb or self.memory_mb
        if not self.invocations:
            return 0.0
        share = min(1.0, memory / FULL_VCPU_MB)
        return memory / 1024 * (self.busy_s / share + self.waited_s)


@dataclass(frozen=True)
class Usage:
    """A run's use of AWS. Bytes are bytes; None is what the report does not show.

    `metrics`, `alarms`, `dashboards` and `mail_subscriptions` are numbers of things, whatever is
    sent; `kept_days` is how long the log is.
    """

    images: int
    function: Function
    puts: int | None
    gets: int | None
    published: int
    stored_bytes: int
    log_bytes: int
    quiet_log_bytes: int
    kept_days: int
    metrics: int
    alarms: int
    dashboards: int
    mail_subscriptions: int


def usage_of(run: Run, template: Template) -> Usage:
    """What the run used, in the stack of `template`."""
    sent = [entry for entry in run.ledger.entries if entry.uploaded]
    calls = run.seen.calls
    uploads = len(sent)
    notices = sum(len(entry.notices) for entry in run.ledger.entries) + len(run.ledger.strays)
    log = _log_of(run.invocations)
    return Usage(
        images=uploads,
        function=_function(run, log),
        puts=None if calls is None else uploads + sum(calls.get(name, 0) for name in _PUTS),
        gets=None if calls is None else sum(calls.get(name, 0) for name in _GETS),
        published=notices,
        stored_bytes=sum(each.bytes + (each.output.bytes if each.output else 0) for each in sent),
        log_bytes=log.bytes,
        quiet_log_bytes=log.quiet_bytes,
        kept_days=run.seen.logs.retention_days if run.seen.logs else 0,
        metrics=len(log.metrics),
        alarms=_count(template, "AWS::CloudWatch::Alarm"),
        dashboards=_count(template, "AWS::CloudWatch::Dashboard"),
        mail_subscriptions=_count(template, "AWS::SNS::Subscription", Protocol="email"),
    )


@dataclass
class _Log:
    """What the lines of a log add up to; `quiet_bytes` are those a log level of WARN leaves out."""

    bytes: int = 0
    quiet_bytes: int = 0
    metrics: set[tuple[str, ...]] = field(default_factory=set)
    reports: int = 0
    billed_ms: float = 0.0
    memory_mb: float = 0.0
    least_mb: float = 0.0


def _log_of(invocations: Iterable[Invocation]) -> _Log:
    """Read every line once, and keep none: they are on disk, and most of what a run has seen."""
    log = _Log()
    for _, text in (line for each in invocations for line in each.lines):
        document, billed = _parsed(text), len(text.encode()) + _EVENT_BYTES
        log.bytes += billed
        log.quiet_bytes += billed if str(document.get("level", "")) in _QUIET else 0
        log.metrics.update(_metrics(document))
        if document.get("type") == "platform.report":
            report = document["record"]["metrics"]
            log.reports += 1
            log.billed_ms += report["billedDurationMs"]
            log.memory_mb = max(log.memory_mb, report["memorySizeMB"])
            log.least_mb = max(log.least_mb, report["maxMemoryUsedMB"])
    return log


def _function(run: Run, log: _Log) -> Function:
    """The invocations by their REPORT lines; how busy they were, by the machine's own record."""
    billed_s = log.billed_ms / 1000
    parts = run.seen.parts
    busy_s = min(billed_s, parts.spent_s.get("functions", 0.0)) if parts else billed_s
    return Function(
        invocations=log.reports,
        memory_mb=int(log.memory_mb),
        busy_s=busy_s,
        waited_s=billed_s - busy_s,
        least_mb=log.least_mb,
    )


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The metrics that an EMF line has: namespace, name, and the dimensions' values."""
    for directive in (document.get("_aws") or {}).get("CloudWatchMetrics", []):
        for names in directive.get("Dimensions", [[]]):
            values = [f"{name}={document.get(name)}" for name in sorted(names)]
            for metric in directive.get("Metrics", []):
                yield (str(directive.get("Namespace")), str(metric.get("Name")), *values)


def _parsed(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _count(template: Template, kind: str, **properties: str) -> int:
    resources: Iterable[Mapping[str, Any]] = template["Resources"].values()
    return sum(
        resource["Type"] == kind
        and properties.items() <= (resource.get("Properties") or {}).items()
        for resource in resources
    )
