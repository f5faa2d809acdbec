"""The page in a browser, opened from disk: what is seen, sorted, filtered, and printed."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from harness.evidence.ledger import Ledger
from harness.evidence.observations import Run
from harness.evidence.thresholds import latency_limits, read_threshold
from tests.unit.page.conftest import Opened
from tests.unit.page.reports import HOSTILE, compared, day, ended_early, page_of
from tests.unit.runs import SEEN, good_run

NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}
CHARTS = ("day", "stages", "percentiles", "distribution", "function", "parts", "lanes")
SERIOUS = {"serious", "critical"}


def bottom(page: Page, selector: str) -> float:
    """Where the lower end of an element is, in pixels from the top of the window."""
    box = page.locator(selector).first.bounding_box()
    assert box, selector
    return box["y"] + box["height"]


def texts(page: Page, column: int) -> list[str]:
    """The cells of a column that are in the page."""
    return page.locator(f"#images tbody tr[data-place] td:nth-child({column})").all_inner_texts()


@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["wide", "narrow"])
def test_verdict_failure_and_command_are_seen_at_once(
    opened: Opened, window: dict[str, Any]
) -> None:
    """Unscrolled, and nothing scrolls sideways."""
    page = opened(page_of(day(120, bad=[5, 17, 23])), **window)
    assert bottom(page, ".verdict code.command") < page.viewport_size["height"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") == page.evaluate("innerWidth")
    for chart in CHARTS:
        assert page.locator(f"#chart-{chart} canvas").count() == 1, chart
        assert page.locator(f"#chart-{chart} figcaption").inner_text(), chart


def test_hostile_keys_are_shown_and_do_nothing(opened: Opened) -> None:
    """In gallery, table, detail and story."""
    page = opened(page_of(day(12, bad=range(7), keys=HOSTILE)), **WIDE)
    for place in range(7):
        page.locator(f"tr[data-place='{place}']").click()
    expect(page).to_have_title(re.compile("FAILED daily-load"))
    assert page.locator("main b", has_text="odd").count() == 0
    assert "<script>document.title='owned'</script>" in page.locator(".card .key").all_inner_texts()
    assert "⟦202E⟧gpj.exe⟦2066⟧" in page.locator("#images .key").all_inner_texts()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_twenty_thousand_images_are_sorted_and_searched_at_once(opened: Opened) -> None:
    """Half a second each at most, with forty rows in the page; machines of CI are given more."""
    page = opened(page_of(day(20_000, bad=[5, 19_000])), **WIDE)
    for name in ("latency", "image"):
        took = page.evaluate(
            """(name) => {
                const head = [...document.querySelectorAll("#images th button")];
                const begun = performance.now();
                head.find((each) => each.textContent.startsWith(name)).click();
                return performance.now() - begun;
            }""",
            name,
        )
        assert took < 10_000, name
    assert page.locator("#images tbody tr[data-place]").count() <= 40
    assert page.locator("#images table").get_attribute("aria-rowcount") == "20001"
    begun = time.monotonic()
    page.locator("#query").fill("outcome:wrong")
    expect(page.locator("#shown-count")).to_have_text("2 of 20,000")
    assert time.monotonic() - begun < 30
    assert texts(page, 2) == ["user-2/photo-19000.jpg", "user-5/photo-00005.jpg"]


def test_scrolling_shows_the_rows_there(opened: Opened) -> None:
    """The last one at the end, by keyboard as well."""
    page = opened(page_of(day(3_000)), **WIDE)
    page.locator(".grid-scroll").evaluate("(it) => { it.scrollTop = it.scrollHeight; }")
    expect(page.locator("tr[data-place='2999']")).to_be_visible()
    page.locator("#images th button").first.focus()
    page.locator("tr[data-place='2999']").click()
    page.keyboard.press("Home")
    expect(page.locator("tr[data-place='0']")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr[data-place='1']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".row-detail code.command")).to_contain_text("explain user-1/photo-00001")


def test_sorting_goes_both_ways_and_says_so(opened: Opened) -> None:
    """`aria-sort` is for who does not see the arrow."""
    page = opened(page_of(day(30)), **WIDE)
    head = page.locator("#images th", has_text="latency")
    head.locator("button").click()
    first = texts(page, 9)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert texts(page, 9)[0] == first[-1]
    assert head.get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("outcome:wrong", 2),
        ("is:bad form:png", 2),
        ("photo-0001", 10),
        ("at:1s-2s", 11),
        ("latency>1s", 4),
        ("latency>1s outcome:wrong", 0),
        ("sent>1MB", 0),
    ],
)
def test_a_query_is_in_the_address(opened: Opened, query: str, shown: int) -> None:
    """So that it can be handed on; the gallery follows it."""
    page = opened(page_of(day(60, bad=[5, 17])), **WIDE)
    page.locator("#query").fill(query)
    expect(page.locator("#shown-count")).to_have_text(f"{shown} of 60")
    address = page.url
    again = opened(page_of(day(60, bad=[5, 17])), fragment=address[address.index("#") :], **WIDE)
    assert again.locator("#query").input_value() == query
    assert len(texts(again, 1)) == shown


def test_what_is_no_query_is_said(opened: Opened) -> None:
    """And the table stays as it was."""
    page = opened(page_of(day(10)), **WIDE)
    page.locator("#query").fill("weight>3")
    expect(page.locator("#query-error")).to_contain_text("There is no weight")
    assert len(texts(page, 1)) == 10


def test_dragging_over_a_chart_keeps_what_was_due_then(opened: Opened) -> None:
    """In the table and in the gallery."""
    page = opened(page_of(day(200, bad=[5, 190])), **WIDE)
    plot = page.locator("#chart-day .u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.6, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.99, middle, steps=4)
    page.mouse.up()
    expect(page.locator("#query")).to_have_value(re.compile(r"^at:[\d.]+s-[\d.]+s$"))
    expect(page.locator(".card:visible")).to_have_count(1)
    shown = texts(page, 2)
    assert 0 < len(shown) < 120
    assert shown[-1].endswith("photo-00199.jpg")
    page.locator("#filter-state button").click()
    expect(page.locator("#shown-count")).to_have_text("200")


def test_arrow_keys_move_the_cursor_of_a_chart(opened: Opened) -> None:
    """What the mouse shows, the keyboard does."""
    page = opened(page_of(day(60)), **WIDE)
    page.locator("#chart-day .plot").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#chart-day .legend")).to_contain_text(re.compile(r"due [\d.]+/s"))


def test_numbers_of_a_chart_are_a_table(opened: Opened) -> None:
    """For who does not see it: as many were notified as there are images."""
    page = opened(page_of(day(60)), **WIDE)
    page.locator("#chart-day summary").click()
    rows = page.locator("#chart-day table tbody tr").all_inner_texts()
    notified = [float(row.split("\t")[2].removesuffix("/s")) for row in rows]
    step = [float(row.split(" s")[0]) for row in rows]
    assert sum(notified) * (step[1] - step[0]) == pytest.approx(60, rel=0.02)


def test_a_spreadsheet_gets_every_row_and_no_formula(opened: Opened) -> None:
    """A key that begins with "=" would be run ("CSV Injection", OWASP)."""
    run = day(30, bad=[0])
    run.ledger.entries[0].key = "=cmd|' /C calc'!A0"
    page = opened(page_of(Run(Ledger(run.ledger.entries), run.seen)), **WIDE)
    with page.expect_download() as download:
        page.locator("#csv").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 31
    assert lines[1].startswith("'=cmd")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["failed", "passed", "ended early", "compared"])
def test_nobody_is_shut_out(opened: Opened, scheme: str, kind: str) -> None:
    """No serious finding of axe-core."""
    pages = {
        "failed": lambda: page_of(day(40, bad=[5, 17])),
        "passed": lambda: page_of(good_run()),
        "ended early": lambda: page_of(ended_early()),
        "compared": lambda: compared(day(40, bad=[1]), day(40)),
    }
    page = opened(pages[kind](), color_scheme=scheme, bypass_csp=True, **WIDE)
    for summary in page.locator("summary").all():
        if summary.is_visible():
            summary.click()
    found = Axe().run(page).response["violations"]
    serious = [
        (each["id"], [node["html"][:200] for node in each["nodes"]][:3])
        for each in found
        if each["impact"] in SERIOUS
    ]
    assert serious == [], json.dumps(serious, indent=2)


def test_without_scripts_verdict_stages_gallery_and_checks_are_there(opened: Opened) -> None:
    """Jenkins shows reports so."""
    page = opened(page_of(day(40, bad=[5])), java_script_enabled=False, **WIDE)
    expect(page.locator(".verdict")).to_contain_text("FAILED")
    expect(page.locator(".funnel li")).to_have_count(5)
    assert page.locator(".card img").count() == 3
    expect(page.locator(".checks")).to_have_count(2)
    expect(page.locator("noscript")).to_be_visible()
    assert page.locator("button:visible").count() == 0


def test_the_colours_of_a_person_stay(opened: Opened) -> None:
    """The system's at first; the switch is remembered as far as the browser allows."""
    page = opened(page_of(good_run()), color_scheme="dark", **WIDE)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_paper_is_light_and_holds_two_hundred_rows(opened: Opened) -> None:
    """And says of how many."""
    page = opened(page_of(day(900, bad=[3])), color_scheme="dark", **WIDE)
    page.emulate_media(media="print")
    expect(page.locator("#print-note")).to_have_text("The first 200 of 900 images.")
    assert page.locator("#images tbody tr[data-place]").count() == 200
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    last = page.locator("#images tbody tr").last.bounding_box()
    after = page.locator("#h-open").bounding_box()
    assert last
    assert after
    assert last["y"] + last["height"] <= after["y"]
    assert "latency" in page.locator("#images thead").inner_text()


@pytest.mark.parametrize("images", [0, 1])
def test_hardly_any_image_is_no_reason_for_an_empty_chart(opened: Opened, images: int) -> None:
    """One is a dot; none says why."""
    run = day(1) if images else Run(Ledger([]), SEEN)
    page = opened(page_of(run), **WIDE)
    assert page.locator(".chart").count() == (len(CHARTS) if images else 0)
    if images:
        assert len(texts(page, 1)) == 1
        assert page.locator("#chart-day canvas").count() == 1


def test_a_run_that_ended_early_is_not_green(opened: Opened) -> None:
    """Its colour is none of those of passed and failed, and it has stripes."""
    page = opened(page_of(ended_early()), **WIDE)
    shown = page.locator(".verdict")
    assert "repeating-linear-gradient" in shown.evaluate(
        "(it) => getComputedStyle(it).backgroundImage"
    )
    expect(shown).to_contain_text("◐ ENDED EARLY")


def test_a_threshold_of_latency_is_a_line_in_its_chart(opened: Opened) -> None:
    """With its number in the legend and in the table, beside the percentile that it limits."""
    limits = latency_limits(read_threshold(text) for text in ("p95>2s", "p99>4000ms", "lost>0"))
    page = opened(page_of(day(120), limits_ms=limits), **WIDE)
    chart = page.locator("#chart-percentiles")
    expect(chart).to_contain_text("limit of p95")
    expect(chart).to_contain_text("limit of p99")
    expect(chart).not_to_contain_text("limit of p50")
