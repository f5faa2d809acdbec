"""Writes the page: one HTML file with style, scripts, pictures and data inside.

Keys, metadata and what was logged are hostile: in HTML they are escaped, in scripts they are data
and become text nodes, and a policy in the page (Content-Security-Policy) allows no script, style or
request but its own.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.evidence.fidelity import evidence_line
from harness.evidence.observations import Run
from harness.naming import as_typed, version
from harness.page import words
from harness.page.columns import columns
from harness.page.gallery import gallery
from harness.page.judged import judge_all
from harness.page.text import middle, time, utc, visible

_HERE = Path(__file__).parent
_SCRIPTS = ("core.js", "charts.js", "table.js", "start.js")
_CARDS = 6  # that are seen without a click
# uPlot as the package uplot-python ships it; importing that would want IPython.
_CHARTS = distribution("uplot-python")


@dataclass(frozen=True)
class State:
    """The verdict by word, icon and class, so that no one of them has to be enough."""

    name: str
    word: str
    icon: str


def state_of(report: Mapping[str, Any]) -> State:
    """Passed, failed, or ended early; the last is never green."""
    if report["ended_early"]:
        return State("ended", "ENDED EARLY", "◐")
    return State("passed", "PASSED", "✔") if report["passed"] else State("failed", "FAILED", "✖")


@dataclass(frozen=True)
class Page:
    """What a page is made of: `place` is the report's folder, `comparison` with a run before."""

    report: Mapping[str, Any]
    run: Run
    place: str
    comparison: Any = None
    facts: Mapping[str, str] = field(default_factory=dict)


def render(page: Page) -> Iterator[bytes]:
    """The file of a run's report, piece by piece: as a whole it takes some 250 bytes an image."""
    report, run = page.report, page.run
    images = judge_all(run)
    first, shared = words.first_failure(report, run, images)
    command = words.what_to_do(report, run, images, page.place)
    tapstack = as_typed("`tapstack`").strip("`")
    data = columns(run, images) | {
        "command": tapstack,
        "place": page.place,
        "limits": report.get("limits_ms", {}),
    }
    yield from _made(
        "page.html.j2",
        report=report,
        state=state_of(report),
        headline=words.headline(report),
        first=first,
        shared=shared,
        command=f"{tapstack} {command}" if command else "",
        funnel=words.funnel(report, run, images),
        why=words.why_so_long(report, run),
        gallery=gallery(report, run, images),
        checks=words.failed_first(report["checks"]),
        comparison=page.comparison,
        evidence=evidence_line(report["evidence"]),
        repeat=report["environment"]["command"].replace("tapstack", tapstack, 1),
        environment=_environment(report, page.place),
        data=_json_pieces(data),
    )


def render_gate(gate: Mapping[str, Any]) -> bytes:
    """The file of a gate; `gate` is the content of its report.json.

    Each step has `name`, `passed`, `said`, `details` (lines) and `link` (to a scenario's page).
    """
    failed = [step for step in gate["steps"] if step["passed"] is False]
    first = failed[0] if failed else None
    what = f"{first['name']}: {(first['details'] or [first['said']])[0]}" if first else ""
    made = _made(
        "gate.html.j2",
        ("core.js", "charts.js", "table.js", "start.js"),
        state=state_of(gate),
        headline=gate["verdict"],
        first=what,
        steps=gate["steps"],
        target=gate["target"],
        started=gate["started_at"],
        not_proven=gate["not_proven"],
        evidence=evidence_line(gate["evidence"]),
        repeat=as_typed("`tapstack gate`").strip("`"),
        version=version(),
    )
    return b"".join(made)


def _made(template: str, scripts: Sequence[str] = _SCRIPTS, **values: Any) -> Iterator[bytes]:
    style = "\n".join((_charts("uPlot.min.css"), _asset("page.css")))
    library = (_charts("uPlot.iife.js"),) if "charts.js" in scripts else ()
    script = "\n".join(('"use strict";', *library, *(_asset(name) for name in scripts)))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    made = _templates().get_template(template)
    pieces = made.generate(style=Markup(style), script=Markup(script), policy=policy, **values)
    return (piece.encode("utf-8", "replace") for piece in pieces)


@cache
def _templates() -> Environment:
    made = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    made.filters |= {
        "visible": visible,
        "middle": middle,
        "time": time,
        "utc": utc,
        "share": words.share,
        "source": _source,
        "batches": lambda cards: [each for each in (cards[:_CARDS], cards[_CARDS:]) if each],
    }
    return made


@cache
def _asset(name: str) -> str:
    return (_HERE / "assets" / name).read_text(encoding="utf-8").strip()


@cache
def _charts(name: str) -> str:
    """A file of uPlot, which is MIT-licensed; its notice stands at the head of the script."""
    file = Path(str(_CHARTS.locate_file(f"uplot/static/{name}")))
    return file.read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """As CSP wants it, of what stands between the tags ("CSP Level 3", hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json_pieces(data: Mapping[Any, Any]) -> Iterator[Markup]:
    """A JSON object, a value that is none itself at a time."""
    yield Markup("{")
    for place, (name, value) in enumerate(data.items()):
        yield Markup(",") * bool(place) + _json(str(name)) + Markup(":")
        if isinstance(value, Mapping):
            yield from _json_pieces(value)
        else:
            yield _json(value)
    yield Markup("}")


def _json(data: Any) -> Markup:
    """JSON that no HTML parser takes for a tag, and that is ASCII: no U+2028, no surrogates."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, default=str)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _source(text: str) -> Markup | str:
    """A link, where a check's source is an address of AWS's documentation."""
    if text.startswith("https://") and not any(char in text for char in " \"'<>"):
        return Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(text)
    return text


def _environment(report: Mapping[str, Any], place: str) -> list[tuple[str, str]]:
    known = report["environment"]
    facts = [
        ("Report", place),
        ("Began", f"{utc(report['started_at'])}, {report['elapsed_s']} s"),
        ("Target", f"{report['target']}, stack {report.get('stack', '?')}"),
        ("Region", str(report.get("region", "?"))),
        ("Permissions", "enforced" if report.get("permissions", True) else "not enforced"),
        ("Signatures", "verified" if report.get("signatures", True) else "not verified"),
        ("Functions", "isolated" if report.get("isolated", True) else "share the machine"),
        ("Machine", f"{known['system']}, {known['cpus']} cores, Python {known['python']}"),
        ("Versions", version()),
    ]
    if cost := report.get("cost"):
        facts.append(("Cost on AWS", words.cost(cost)))
    machine = report.get("machine")
    if machine:
        memory = ", ".join(f"{name} {mb:.0f} MB" for name, mb in machine["peak_mb"].items())
        spent = ", ".join(f"{name} {s:.1f} s" for name, s in machine["cpu_s"].items())
        facts += [("Memory, at most", memory), ("Processor time", spent)]
    return facts
