"""Thresholds: figures of a run that a person does not accept, each of which becomes a check.

"p95>2s" says when a run fails.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.evidence.check import Check
from harness.problems import Problem

# What a unit is in the unit that reports have: milliseconds, MB, and shares in percent.
_UNITS = {
    "time": {"": 1.0, "ms": 1.0, "s": 1000.0, "m": 60_000.0},
    "memory": {"": 1.0, "mb": 1.0, "gb": 1000.0},
    "rate": {"": 1.0, "/s": 1.0},
    "count": {"": 1.0},
    "percent": {"": 1.0, "%": 1.0},
}
_FORM = re.compile(r"\s*([a-z0-9_-]+)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(%|/s|[a-z]*)\s*", re.I)
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Figure:
    """A figure of a report: what kind of number it is, in words, and how to get it."""

    kind: str
    words: str
    of: Callable[[Mapping[str, Any]], float | None]


def _latency(name: str) -> Figure:
    words = f"{name} of the latency, from due to notified"
    return Figure("time", words, lambda report: report["latency_ms"][name])


def _of_function(name: str, kind: str, words: str) -> Figure:
    return Figure(kind, words, lambda report: (report["function"] or {}).get(name))


def _of_machine(of: Callable[[Mapping[str, Any]], float | None]) -> Callable[..., float | None]:
    return lambda report: of(report["machine"]) if report["machine"] else None


def _counted(name: str) -> Figure:
    return Figure("count", f"images that are {name}", lambda report: report["images"][name])


FIGURES: Mapping[str, Figure] = {
    **{name: _latency(name) for name in ("p50", "p95", "p99", "max")},
    "throughput": Figure("rate", "images notified a second", lambda r: r["throughput_per_s"]),
    "elapsed": Figure("time", "length of the run", lambda r: 1000 * r["elapsed_s"]),
    "duration": _of_function("duration_average", "time", "average duration of the function"),
    "duration-max": _of_function("duration_maximum", "time", "longest duration of the function"),
    "errors": _of_function("errors", "count", "invocations that failed"),
    "throttles": _of_function("throttles", "count", "invocations that were throttled"),
    **{name: _counted(name) for name in ("lost", "wrong", "late", "duplicated", "rejected")},
    "bad": Figure(
        "percent",
        "share of images that are not as they should be",
        lambda report: (
            100 * sum(map(len, report["listed"].values())) / report["images"]["planned"]
            if report["images"]["planned"]
            else None
        ),
    ),
    "cpu": Figure(
        "time", "processor time an image", _of_machine(lambda machine: machine["cpu_ms_per_image"])
    ),
    "memory": Figure(
        "memory",
        "memory of all parts at their most",
        _of_machine(lambda machine: sum(machine["peak_mb"].values())),
    ),
}


@dataclass(frozen=True)
class Threshold:
    """When a run fails: `text` as it was written, `limit` in the unit that reports have."""

    text: str
    figure: Figure
    comparison: str
    limit: float

    def check(self, report: Mapping[str, Any]) -> Check:
        """Whether a run, whose report's content is given, stays on the good side of it."""
        value = self.figure.of(report)
        title = f"Threshold {self.text} is not crossed"
        source = "TapStack: --fail-if of this run"
        id_ = f"fail-if-{re.sub('[^a-z0-9]+', '-', self.text.lower()).strip('-')}"
        if value is None:
            return Check(id_, title, None, f"{self.figure.words}: it was not seen", source)
        exceeded = _COMPARED[self.comparison](value, self.limit)
        detail = f"{self.figure.words}: {_said(value, self.figure.kind)}"
        return Check(id_, title, not exceeded, detail, source)


def latency_limits(thresholds: Iterable[Threshold]) -> dict[str, float]:
    """The limits of percentiles of the latency, in milliseconds, by the percentile."""
    return {
        name: each.limit
        for each in thresholds
        for name in ("p50", "p95", "p99")
        if each.figure is FIGURES[name]
    }


def read_threshold(text: str) -> Threshold:
    """The threshold that "p95>2s", "throughput<10" or "bad>1%" says; Problem for anything else."""
    form = _FORM.fullmatch(text)
    if not form:
        raise Problem(f"{text!r} is not a threshold.", "Write it as 'p95>2s' or 'throughput<10'.")
    name, comparison, number, unit = form[1].lower(), form[2], form[3], form[4].lower()
    figure = FIGURES.get(name)
    if figure is None:
        raise Problem(
            f"There is no figure {name!r} in {text!r}.", f"Use one of: {', '.join(FIGURES)}."
        )
    units = _UNITS[figure.kind]
    if unit not in units:
        known = " or ".join(each for each in units if each) or "a number alone"
        raise Problem(f"{unit!r} is not a unit of {name} in {text!r}.", f"Use {known}.")
    if figure.kind == "time" and not unit:
        raise Problem(f"{text!r} has no unit.", f"Write {name}{comparison}{number}s or …ms.")
    return Threshold(" ".join(text.split()), figure, comparison, float(number) * units[unit])


def _said(value: float, kind: str) -> str:
    if kind == "time":
        return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms"
    return {
        "memory": f"{value:.0f} MB",
        "rate": f"{value:.2f}/s",
        "percent": f"{value:.2f} %",
    }.get(kind, f"{value:g}")
