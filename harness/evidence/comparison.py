"""Two runs side by side: what became faster, slower, larger, and which checks changed.

The page of a report shows them for the run before of the same scenario, `tapstack compare` for any
two.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.problems import Problem

_SAME = 0.05  # of the value before: two runs of the same thing differ by as much


@dataclass(frozen=True)
class Row:
    """One figure: before, after and by how much it changed, in words.

    `kind` is better, worse, or same where the change is small or says nothing.
    """

    name: str
    before: str
    after: str
    change: str
    kind: str


@dataclass(frozen=True)
class Comparison:
    """Two runs: their folders, when the one before began, and what differs.

    `differences` are of what was asked for, so that figures may differ for that reason alone;
    `checks` are those with another verdict than before.
    """

    before: str
    after: str
    started: str
    rows: list[Row]
    differences: list[str]
    checks: list[str]


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str]
) -> Comparison:
    """What changed from one report to the other; `names` are those of their folders."""
    return Comparison(
        *names,
        before["started_at"],
        list(_rows(before, after)),
        list(_differences(before, after)),
        list(_checks(before, after)),
    )


def run_before(reports_dir: Path, scenario: str) -> tuple[str, dict[str, Any]] | None:
    """Folder name and content of the newest readable report of a scenario; None without any."""
    # A name with a dot is a report that is being written: that of the run itself, for one.
    folders = [
        each
        for each in reports_dir.glob(f"*-{scenario}*")
        if each.is_dir() and not each.name.startswith(".")
    ]
    for folder in sorted(folders, key=lambda each: each.name, reverse=True):
        try:
            report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(report, dict) and report.get("scenario") == scenario:
            return folder.name, report
    return None


def read_report(reports_dir: Path, name: str) -> dict[str, Any]:
    """The content of the report in the folder `name`, a path or a name below `reports_dir`."""
    here, below = Path(name), reports_dir / name
    folder = here if here.exists() else below
    file = folder if folder.is_file() else folder / "report.json"
    try:
        report: dict[str, Any] = json.loads(file.read_text("utf-8"))
        compare(report, report, ("", ""))  # has all that is compared
    except (FileNotFoundError, NotADirectoryError):
        raise Problem(
            f"There is no report in {name}.",
            f"Name a report's folder, such as one below {reports_dir}.",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(
            f"{file} cannot be compared: {type(error).__name__}: {error}.",
            "Run the scenario again: this version of TapStack may not have written it.",
        ) from error
    return report


@dataclass(frozen=True)
class _Figure:
    name: str
    of: Callable[[Mapping[str, Any]], float | None]
    unit: str
    less_is_better: bool = True


def _latency(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda report: report["latency_ms"][name]


def _machine(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda report: (report.get("machine") or {}).get(name)


def _peak(report: Mapping[str, Any]) -> float | None:
    peak: Mapping[str, float] = (report.get("machine") or {}).get("peak_mb") or {}
    return sum(peak.values()) if peak else None


def _wrong(report: Mapping[str, Any]) -> float:
    return sum(len(listed) for listed in report["listed"].values())


_FIGURES = (
    _Figure("not as they should be", _wrong, "images"),
    _Figure("throughput", lambda report: report["throughput_per_s"], "images/s", False),
    *(_Figure(f"latency {name}", _latency(name), "ms") for name in ("p50", "p95", "p99", "max")),
    _Figure("function", lambda r: (r.get("function") or {}).get("duration_average"), "ms"),
    _Figure("processor time an image", _machine("cpu_ms_per_image"), "ms"),
    _Figure("memory of all parts", _peak, "MB"),
    _Figure("elapsed", lambda report: report["elapsed_s"], "s"),
)


def _rows(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Row]:
    for figure in _FIGURES:
        old, new = figure.of(before), figure.of(after)
        if old is None and new is None:
            continue
        change, kind = _change(old, new, less_is_better=figure.less_is_better)
        yield Row(figure.name, _value(old, figure.unit), _value(new, figure.unit), change, kind)


def _change(old: float | None, new: float | None, *, less_is_better: bool) -> tuple[str, str]:
    if old is None or new is None:
        return "–", "same"
    if old == new:
        return "=", "same"
    better = (new < old) == less_is_better
    if not old:
        return f"{new - old:+g}", "better" if better else "worse"
    share = new / old - 1
    kind = "same" if abs(share) < _SAME else "better" if better else "worse"
    return f"{share:+.0%}", kind


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "ms" and abs(value) >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:,.4g} {unit}" if value < 10_000 else f"{value:,.0f} {unit}"


_ASKED: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "scenario": lambda report: report["scenario"],
    "images": lambda report: report["images"]["planned"],
    "day": lambda report: report.get("day_s"),
    "seed": lambda report: report.get("seed"),
    "target": lambda report: report["target"],
    "cores": lambda report: report["environment"]["cpus"],
}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What was asked for differently."""
    for name, of in _ASKED.items():
        old, new = of(before), of(after)
        if old != new:
            yield f"{name}: {old} then, {new} now"
    if before["ended_early"] or after["ended_early"]:
        yield "a run that ended early is compared"


def _checks(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    said = {True: "passed", False: "failed", None: "was not checked"}
    verdicts = {check["id"]: check["passed"] for check in before["checks"]}
    for check in after["checks"]:
        if check["id"] not in verdicts:
            yield f"{check['title']}: new, {said[check['passed']]}"
        elif (old := verdicts.pop(check["id"])) is not check["passed"]:
            yield f"{check['title']}: {said[old]}, now {said[check['passed']]}"
    yield from (f"{id_}: is no longer checked" for id_ in verdicts)
