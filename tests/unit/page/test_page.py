"""The page without a browser: what it says, how large it is, and that keys stay text."""

import base64
import hashlib
import re
import tracemalloc
from html import unescape
from pathlib import Path

import pytest

from harness.evidence.fidelity import evidence_line
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Run
from harness.page import words
from harness.page.judged import judge_all
from harness.page.render import Page, render
from tests.unit.page.reports import (
    HOSTILE,
    PLACE,
    compared,
    day,
    ended_early,
    page_of,
    report_of,
)
from tests.unit.runs import SEEN, good_run

_ASSETS = Path(words.__file__).parent / "assets"


def text_of(page: str) -> str:
    """What is read without scripts."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_first_lines_say_what_failed_what_the_images_share_and_what_to_type() -> None:
    """Without scripts, in the order in which a person asks."""
    text = text_of(page_of(day(60, bad=[5, 17, 23])))
    verdict = text[: text.index("planned")]
    assert "FAILED" in verdict
    assert "3 of 60 images are not as they should be" in verdict
    assert "Outputs show the right picture, upright" in verdict
    assert "all of them PNG" in verdict
    assert "tapstack explain user-5/photo-00005.jpg --report /reports/2027" in verdict


def test_the_losses_of_the_stages_are_the_images_that_are_listed() -> None:
    """What is as it should be and what is listed are all that was uploaded."""
    run = day(60, bad=[5, 17])
    lost = run.ledger.entries[30]
    lost.notices, lost.output = [], None
    report = report_of(run)
    stages = {name: count for name, count, _ in words.funnel(report, run, judge_all(run))}
    listed = sum(len(each) for each in report["listed"].values())
    assert stages["planned"] - stages["as they should be"] == listed == 3
    assert stages["notified"] == 59


def test_only_a_run_that_passed_waited_for_the_machine() -> None:
    """What fails is retried after minutes: a longer day would not help it."""
    run = good_run()
    report = {**report_of(run), "day": {}, "due_per_s": 1e6}
    assert "most of it is queueing" in words.why_so_long(report, run)
    assert "queueing" not in words.why_so_long({**report, "passed": False}, run)


def test_a_run_that_ended_early_is_neither_passed_nor_failed() -> None:
    """Even where every check so far has passed."""
    page = page_of(ended_early())
    assert "ENDED EARLY" in text_of(page)
    assert "it was interrupted" in text_of(page)
    assert 'class="verdict ended"' in page
    assert "2 of 5 images were proven before it ended" in text_of(page)
    assert "3 were not sent or not finished" in text_of(page)


def test_a_page_says_how_it_is_known_what_aws_does() -> None:
    """How many rows in which way, and of each that is open by which recording or page."""
    run = good_run()
    text = text_of(page_of(run))
    assert f"Evidence: {evidence_line(report_of(run)['evidence'])}." in text
    assert "Documented: S3 User Guide, Metrics and dimensions" in text


def test_a_page_says_what_changed_since_the_run_before() -> None:
    """Figures, and the checks with another verdict."""
    text = text_of(compared(day(60, bad=[5]), day(60)))
    section = text[text.index("Compared with the run before") : text.index("Not proven by")]
    assert "the-one-before" in section
    assert "Outputs show the right picture, upright: passed, now failed" in section


@pytest.mark.parametrize("key", HOSTILE)
def test_keys_are_text_and_nothing_else(key: str) -> None:
    """In the page's tags, in its data, and in what is said of them."""
    page = page_of(day(3, bad=[0], keys=[key]))
    assert page.count("<script") == page.count("</script>") == 2
    assert not re.search(r"<(img|b)\b[^>]*(onerror|>odd)", page)
    assert not re.search("[\x00\x1b\u2028\u202e\u2066]", page)
    assert "49.jpg" not in page


def test_the_policy_allows_what_is_in_the_page_and_nothing_else() -> None:
    """Content-Security-Policy by hash: "CSP Level 3", 'Using a hash in a source expression'."""
    page = page_of(good_run())
    policy = unescape(re.search(r'Security-Policy" content="([^"]*)"', page)[1])  # type: ignore[index]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]  # type: ignore[index]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"\s(style|on[a-z]+)=", page.split("<script>")[0])


def test_no_script_of_the_page_makes_html_of_text() -> None:
    """Keys and logs become text nodes."""
    for script in _ASSETS.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
        ), script.name


def test_the_chart_library_stands_in_the_page_with_its_licence() -> None:
    """It is that of the locked package, whole: the page opens without network."""
    page = page_of(day(3))
    assert "Copyright (c) 2021, Leon Sorokin" in page
    assert "(MIT Licensed)" in page
    assert "var uPlot = (function" in page


@pytest.mark.parametrize(("images", "most_bytes"), [(2_000, 1_500_000), (20_000, 6_000_000)])
def test_a_page_stays_small(images: int, most_bytes: int) -> None:
    """With a hundred images that are not as they should be."""
    assert len(page_of(day(images, bad=range(100))).encode()) <= most_bytes


def test_a_scenario_without_images_has_a_page_as_well() -> None:
    """It has checks alone."""
    page = page_of(Run(Ledger([]), SEEN))
    assert "Images, stage by stage" not in page
    assert "Checks" in text_of(page)


def test_a_page_is_written_without_being_whole_in_memory() -> None:
    """A page of 20,000 images has 3 MB, which would be there five times over."""
    few, many = (day(images) for images in (100, 2100))
    page_of(few)  # what is read once
    assert _most_bytes(many) - _most_bytes(few) < 900 * 2000


def _most_bytes(run: Run) -> int:
    """The most memory that its page takes while it is written."""
    page = Page(report_of(run, []), run, PLACE)
    tracemalloc.start()
    try:
        for _ in render(page):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
