"""The gate's own page: its steps, what failed first, and the way to each scenario's page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from harness.gate import Gate, Step, save_gate
from harness.settings import Settings
from tests.unit.page.conftest import Opened
from tests.unit.page.reports import HOSTILE, day, report_of
from tests.unit.runs import START, good_run

DAY = Path("/reports/20270115T080000Z-daily-load")
STEPS = [
    Step("lint", False, "1 finding", (f"infra/TapStack.yml:1:1 E1 {HOSTILE[0]}",)),
    Step("verify", True),
    Step("daily-load", True, "", ("60 of 60 images as they should be",), DAY),
    Step("burst", None, "needs faults"),
]


def gate(steps: list[Step], *runs: dict[str, Any]) -> Gate:
    failed = [step.name for step in steps if step.passed is False]
    verdict = f"gate: FAILED – {', '.join(failed)}" if failed else "gate: passed"
    return Gate("embedded", START, steps, verdict, not failed, [(run, DAY) for run in runs])


def test_a_gate_leaves_a_folder_beside_those_of_its_scenarios(tmp_path: Path) -> None:
    """`latest` stays with the last run, which `explain` reads."""
    settings = replace(Settings(), reports_dir=tmp_path)
    said = save_gate(settings, gate(STEPS, report_of(good_run())))
    folder = tmp_path / "20270115T080000Z-gate"
    assert said == f"report: {folder / 'report.html'}"
    assert not (tmp_path / "latest").exists()
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["passed"] is False
    assert [step["name"] for step in report["steps"]] == [step.name for step in STEPS]
    assert report["steps"][2]["link"] == "../20270115T080000Z-daily-load/report.html"
    assert report["evidence"]["recorded"] > 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "known from recordings made on AWS" in page
    assert page.count("<script") == 2


@pytest.mark.parametrize("steps", [STEPS, STEPS[1:3]], ids=["failed", "passed"])
def test_the_gate_in_a_browser(opened: Opened, tmp_path: Path, steps: list[Step]) -> None:
    """Verdict and first failure at once, every step with its mark, nothing serious for axe-core."""
    settings = replace(Settings(), reports_dir=tmp_path)
    said = save_gate(settings, gate(steps, report_of(day(10))))
    page = opened(Path(said.removeprefix("report: ")).read_text(encoding="utf-8"), bypass_csp=True)
    expect(page.locator(".verdict")).to_contain_text("FAILED" if steps is STEPS else "PASSED")
    expect(page.locator(".checks > li")).to_have_count(len(steps))
    if steps is STEPS:
        expect(page.locator(".verdict")).to_contain_text("lint: infra/TapStack.yml:1:1 E1 <script>")
    expect(page.locator("a", has_text="daily-load")).to_have_attribute(
        "href", "../20270115T080000Z-daily-load/report.html"
    )
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


def test_a_gate_that_ctrl_c_ended_is_never_green(opened: Opened, tmp_path: Path) -> None:
    """Its page has the steps until then, and the page of the scenario that was ended."""
    why = "it was interrupted in daily-load"
    steps = [Step("lint", True), Step("daily-load", None, "interrupted", (why,), DAY)]
    ended = Gate("embedded", START, steps, f"gate: NOT PASSED – {why}", False, [], why)
    save_gate(replace(Settings(), reports_dir=tmp_path), ended)
    page = opened((tmp_path / "20270115T080000Z-gate" / "report.html").read_text("utf-8"))
    expect(page.locator(".verdict.ended .word")).to_contain_text("ENDED EARLY")
    expect(page.locator(".checks > li")).to_have_count(2)
    expect(page.locator(".checks a")).to_have_attribute("href", f"../{DAY.name}/report.html")
