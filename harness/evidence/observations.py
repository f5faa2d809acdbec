"""Observations of a run, as data that can be saved and judged again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.evidence.invocations import Invocation, Logs
from harness.evidence.ledger import Ledger
from harness.stack.pipeline import AREAS

# "Types of metrics for Lambda functions": what Lambda measures each of them in.
UNITS = {
    "Invocations": "Count",
    "Errors": "Count",
    "Throttles": "Count",
    "Duration": "Milliseconds",
}


@dataclass(frozen=True)
class Metrics:
    """The image function's metrics over the run; durations in milliseconds.

    `odd_units` counts, by metric, values that are in another of UNITS: nobody else sees those.
    """

    invocations: float = 0
    errors: float = 0
    throttles: float = 0
    duration_sum: float = 0
    duration_samples: float = 0
    duration_maximum: float = 0
    odd_units: Mapping[str, float] = field(default_factory=dict)

    @property
    def duration_average(self) -> float:
        """Milliseconds per invocation; 0 without any."""
        return self.duration_sum / self.duration_samples if self.duration_samples else 0.0

    def since(self, before: "Metrics") -> "Metrics":
        """What came on top of `before`, which is of the same minutes."""
        return Metrics(
            self.invocations - before.invocations,
            self.errors - before.errors,
            self.throttles - before.throttles,
            self.duration_sum - before.duration_sum,
            self.duration_samples - before.duration_samples,
            self.duration_maximum,
            {
                name: count - before.odd_units.get(name, 0)
                for name, count in self.odd_units.items()
                if count > before.odd_units.get(name, 0)
            },
        )


@dataclass(frozen=True)
class Day:
    """The length of the day over which images were due, in seconds, and the one that was planned.

    If it was fitted to this machine, `measuring` is how many of the images, the first ones, were
    sent at once to measure it, and `per_s` how many it then processed a second, None if that could
    not be known.
    """

    length_s: float
    planned_s: float
    measuring: int = 0
    per_s: float | None = None

    @property
    def fitted(self) -> str:
        """The sentence about the fitting; empty if there was none."""
        if not self.measuring:
            return ""
        planned, length = f"{self.planned_s:.0f} s", f"{self.length_s:.0f} s"
        if self.per_s is None:
            return f"{planned} as planned: this machine could not be measured"
        able = f"this machine processes {self.per_s:.1f} images/s"
        if self.length_s == self.planned_s:
            return f"{planned} as planned: {able}"
        return (
            f"stretched from {planned} to {length}: {able}, so that latency is the pipeline's and "
            f"not the queue's (--day {self.planned_s:.0f}s keeps it at that)"
        )


@dataclass(frozen=True)
class Parts:
    """What the parts of a run took of this machine, by name, sampled at these times.

    `at` is in seconds since 1970; `mb` is resident memory at that time, in MB; `cpu_s` is processor
    time since the run began, in seconds.
    """

    at: tuple[float, ...]
    mb: Mapping[str, tuple[float, ...]]
    cpu_s: Mapping[str, tuple[float, ...]]

    @property
    def peak_mb(self) -> dict[str, float]:
        """The most memory of each part."""
        return {name: max(values, default=0.0) for name, values in self.mb.items()}

    @property
    def spent_s(self) -> dict[str, float]:
        """The processor time of each part."""
        return {name: values[-1] if values else 0.0 for name, values in self.cpu_s.items()}


@dataclass(frozen=True)
class Observations:
    """What was seen of a run. None where nothing could be seen; `missing` says why, by area.

    `areas` are those of an output that are judged.

    `extra` are objects in the processed bucket that are no image's output and in no other run's
    folder; `unplanned` are versions in the run's folder of the upload bucket that the ledger does
    not know, each as key and version. `alarms` are the names of alarms that are in ALARM now
    and were not before. `disk_full` says that a disk had no space left during the run. `cores_full`
    are the times, pairs of seconds since 1970, between which this
    machine's cores were full; None where the stack runs on another one. `parts` are memory and
    processor time of what took part, None where its processes cannot be seen; `faults` are those
    that came on purpose, each with its time in seconds since 1970. `ended_early` says why the run
    was cut short: by Ctrl-C (`interrupted`), because the target was `gone`, or as the machine's
    clock was set back. `calls` are the actions that the stack's roles used meanwhile, by name; None
    where nobody counts them.
    """

    upload_bucket: str
    processed_bucket: str
    started: float
    late_after_s: float
    day: Day | None = None
    disk_full: str = ""
    cores_full: tuple[tuple[float, float], ...] | None = None
    parts: Parts | None = None
    faults: tuple[tuple[float, str], ...] = ()
    elapsed_s: float = 0.0
    ended_early: str = ""
    interrupted: bool = False
    gone: bool = False
    shows: tuple[str, ...] = ()
    areas: tuple[str, ...] = AREAS
    extra: tuple[str, ...] | None = None
    unplanned: tuple[str, ...] | None = None
    metrics: Metrics | None = None
    alarms: tuple[str, ...] | None = None
    alarms_known: int = 0
    logs: Logs | None = None
    calls: Mapping[str, int] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write them as JSON."""
        file.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, file: Path) -> "Observations":
        """The observations that were saved in `file`."""
        record = json.loads(file.read_text())
        record.pop("foreign", None)  # which older reports have
        record["areas"] = tuple(record.get("areas", AREAS))
        for name in ("shows", "extra", "unplanned", "alarms"):
            record[name] = None if record.get(name) is None else tuple(record[name])
        record["day"] = Day(**record["day"]) if record.get("day") else None
        if record.get("cores_full") is not None:
            record["cores_full"] = tuple((since, until) for since, until in record["cores_full"])
        if record.get("parts"):
            record["parts"] = _parts(record["parts"])
        record["faults"] = tuple((at, what) for at, what in record.get("faults", ()))
        if record["metrics"]:
            record["metrics"] = Metrics(**record["metrics"])
        if record["logs"]:
            lists = {
                name: tuple(record["logs"].get(name, ())) for name in ("examples", "strangers")
            }
            record["logs"] = Logs(**{**record["logs"], **lists})
        return cls(**record)


def _parts(record: Mapping[str, Any]) -> Parts:
    by_name = [
        {name: tuple(values) for name, values in record[each].items()} for each in ("mb", "cpu_s")
    ]
    return Parts(tuple(record["at"]), *by_name)


@dataclass(frozen=True)
class Shown:
    """One image as small pictures (WebP), empty where there is none that can be shown.

    What was `sent`, what came out (`got`), and what should have (`wanted`).
    """

    sent: bytes = b""
    got: bytes = b""
    wanted: bytes = b""


@dataclass(frozen=True)
class Run:
    """A finished run, as it is judged; the function's `invocations` are its evidence.

    `shown` are small pictures of images that are not as they should be, by index of the entry: of
    as many as a report has room for.
    """

    ledger: Ledger
    seen: Observations
    invocations: Sequence[Invocation] = ()
    shown: Mapping[int, Shown] = field(default_factory=dict)
