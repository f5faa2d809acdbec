"""Runs as pages: judged, reported and rendered, for the tests of the page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.evidence import checks
from harness.evidence.check import Check, Rule
from harness.evidence.comparison import compare
from harness.evidence.ledger import Attempt, Delivery, Ledger, Notice
from harness.evidence.observations import Day, Parts, Run, Shown
from harness.evidence.report import build_report
from harness.page.render import Page, render
from tests.unit.runs import RUN, SEEN, START, entry, good_run, spoil_output

RULES = [value for value in vars(checks).values() if isinstance(value, Rule)]
FACTS = {"target": "embedded", "stack": "tapstack-dev", "region": "us-east-1", "seed": 1}
PLACE = "/reports/20270115T080000Z-daily-load"

# Each would do something if it were taken for more than text.
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=document.title='owned'>",
    "'\"><b>odd</b>.jpg",
    "\u202egpj.exe\u2066",
    "line\u2028break\x00\x1b[31m",
    "{{ 7*7 }}.jpg",
    "🌄 dawn " + "x" * 900 + ".jpg",
)


def judge(run: Run) -> list[Check]:
    """All rules there are."""
    return [rule(run) for rule in RULES]


def report_of(run: Run, judged: Sequence[Check] | None = None, **facts: Any) -> dict[str, Any]:
    """The content of its report.json."""
    return build_report("daily-load", run, judge(run) if judged is None else judged, FACTS | facts)


def page_of(run: Run, **facts: Any) -> str:
    """Its page."""
    return b"".join(render(Page(report_of(run, **facts), run, PLACE))).decode()


def compared(run: Run, before: Run) -> str:
    """Its page, compared with a run before."""
    report = report_of(run)
    found = compare(report_of(before), report, ("the-one-before", "this"))
    return b"".join(render(Page(report, run, PLACE, found))).decode()


def day(images: int, bad: Sequence[int] = (), keys: Sequence[str] = ()) -> Run:
    """A day with images at one a tenth of a second, these of them wrong, with these keys first."""
    entries = []
    for index in range(images):
        name = keys[index] if index < len(keys) else f"user-{index % 7}/photo-{index:05}.jpg"
        made = entry(index, f"uploads/{RUN}/{name}")
        due = START + index / 10
        begun = due + 0.05 + (index % 40) / 50
        attempt = Attempt(begun, "success", 200.0 + index % 90, 120, begun + 0.2)
        made.due, made.uploaded = due, due + 0.04
        made.deliveries = [Delivery(f"request-{index}", "0055AED6DCD90281E5", [attempt])]
        at = datetime.fromtimestamp(begun, UTC).isoformat(timespec="milliseconds")
        when = at.replace("+00:00", "Z")
        body = {**made.notices[0].body, "processedAt": when}
        made.notices = [replace(made.notices[0], at=begun + 0.25, body=body)]
        assert made.output
        spoil_output(made, metadata={**made.output.metadata, "processed-at": when})
        entries.append(made)
    for index in bad:
        spoil_output(entries[index], mean=40.0)
        entries[index].expected = replace(entries[index].expected, form="PNG")
    alarm = {"AlarmName": "tapstack-dev-errors", "NewStateValue": "ALARM"}
    seen = replace(
        SEEN,
        elapsed_s=images / 10 + 2,
        day=Day(images / 10, images / 10),
        cores_full=((START + images / 30, START + images / 20),),
        faults=((START + 1, "api GetObject SlowDown"),),
        parts=_parts(images),
    )
    shown = {index: Shown(_WEBP, _WEBP, _WEBP) for index in bad}
    ledger = Ledger(entries, [Notice(START + images / 20, alarm)])
    return Run(ledger, seen, shown=shown)


def _parts(images: int) -> Parts:
    at = tuple(START + second for second in range(max(2, images // 10)))
    names = ("harness", "emulator", "functions")
    return Parts(
        at,
        {name: tuple(200.0 + 3 * place for place in range(len(at))) for name in names},
        {name: tuple(0.3 * place for place in range(len(at))) for name in names},
    )


# One grey pixel, lossless.
_WEBP = bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700")


def ended_early() -> Run:
    """A run that Ctrl-C ended after two of its five images."""
    run = good_run(5, ended_early="it was interrupted", interrupted=True)
    for late in run.ledger.entries[2:]:
        late.uploaded = late.version = late.output = None
        late.notices, late.deliveries = [], []
    return run
