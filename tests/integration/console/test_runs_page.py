"""The console's page Runs: scenarios are started, watched, opened and compared."""

import threading
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import SOON_MS
from tests.integration.conftest import Tapstack
from tests.integration.console.conftest import Console


def test_a_scenario_is_started_watched_to_its_end_and_its_report_opened(
    page: Page, console: Console
) -> None:
    page.keyboard.press("5")
    if not finished_runs(console):
        no_run = "No run has been finished yet"
        expect(page.locator("main")).to_contain_text(no_run)
    expect(page.locator("#scenario option")).not_to_have_count(0)
    page.locator("#images").fill("20")
    page.locator("#day").fill("3s")
    page.locator("#start").click()
    expect(page.locator(".progress")).to_contain_text("of 20 images processed")
    expect(page.locator("#start")).to_be_disabled()
    expect(page.locator(".output")).to_contain_text("PASSED daily-load", timeout=3 * SOON_MS)
    expect(page.locator(".said.good")).to_have_text("daily-load: ✔ passed")
    expect(page.locator(".progress")).to_have_count(0)
    row = page.locator(".row.report", has_text="20 of 20 images as they should be").first
    expect(row).to_contain_text("✔ passed")
    row.focus()
    said: list[str] = []
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    report = opened.value
    report.on("pageerror", lambda error: said.append(str(error)))
    expect(report.locator(".verdict .word")).to_contain_text("PASSED")
    expect(report.locator("#images tbody tr[data-place]")).not_to_have_count(0)
    assert report.evaluate("origin") == "null"  # neither the token nor the console's API
    report.locator("#query").fill("outcome:wrong")
    expect(report.locator("#shown-count")).to_have_text("0 of 20")
    report.close()
    assert not said


def finished_runs(console: Console) -> list[Path]:
    return list(console.reports.glob("*-daily-load"))


def test_a_run_of_the_terminal_is_watched_to_its_end_and_compared(
    page: Page, console: Console, tapstack: Tapstack
) -> None:
    places = {
        "TAPSTACK_STATE": str(console.settings.state_dir),
        "TAPSTACK_REPORTS": str(console.reports),
    }
    daily_load = ("run", "daily-load", "--images", "20", "--day")
    if not finished_runs(console):
        tapstack(*daily_load, "3s", **places)
    page.keyboard.press("1")
    running = threading.Thread(target=tapstack, args=(*daily_load, "4s"), kwargs=places)
    running.start()
    try:
        shown = page.locator(".progress")
        expect(shown).to_contain_text("daily-load on tapstack-dev")
        expect(shown).to_contain_text("20 of 20 images processed", timeout=2 * SOON_MS)
        page.locator("nav a", has_text="Runs").click()
        expect(page.locator("#start")).to_be_disabled()
        page.keyboard.press("1")
        expect(shown).to_contain_text("has ended", timeout=2 * SOON_MS)
    finally:
        running.join()
    shown.locator("a").click()
    boxes = page.locator(".choice input")
    expect(boxes).to_have_count(2)
    for box in boxes.all():
        box.check()
    page.locator("#compare").click()
    compared = page.locator("#story")
    expect(compared).to_contain_text("day: 3.0 then, 4.0 now")
    expect(compared.locator("tbody tr", has_text="throughput")).to_contain_text("images/s")
    page.keyboard.press("Escape")


def test_what_cannot_be_started_is_said(page: Page) -> None:
    page.keyboard.press("5")
    expect(page.locator("#scenario option")).not_to_have_count(0)
    page.locator("#scenario").select_option("contract")
    expect(page.locator("#images")).to_be_disabled()
    page.locator("#scenario").select_option("daily-load")
    page.locator("#images").fill("no")
    page.locator("#start").click()
    expect(page.locator(".said.problem")).to_contain_text("'no' is not a number of images")
