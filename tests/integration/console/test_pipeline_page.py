"""The console's page Pipeline: uploads as they come, a file to drop, and each one's story."""

import pytest
from playwright.sync_api import Page, expect

from harness.stack.deploy import bring_up
from tests.integration.console.conftest import Console, picture


def test_the_token_leaves_the_address_bar(page: Page, console: Console) -> None:
    assert "token" not in page.url
    assert console.token


def test_a_photo_is_dropped_and_seen(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "a & <b>odd</b>.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    story = page.locator("#story")
    expect(story).to_contain_text("1600 × 1200")
    expect(story).to_contain_text("1024 × 768")
    expect(story).to_contain_text("published")
    expect(story.locator(".log")).to_contain_text("Processed")
    expect(page.locator(".row.processed", has_text="a & <b>odd<-b>.jpg")).to_have_count(1)
    for image in story.locator("img").all():
        assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") == 640


@pytest.mark.usefixtures("uploads_of_others")
def test_uploads_of_others_appear(page: Page) -> None:
    expect(page.locator(".row.processed", has_text="from-elsewhere.png")).to_have_count(1)
    expect(page.locator(".row.rejected", has_text="broken.png")).to_have_count(1)
    expect(page.locator(".row.ignored", has_text="notes.txt")).to_have_count(1)


@pytest.mark.usefixtures("uploads_of_others")
def test_a_key_is_whole_on_a_narrow_window(page: Page) -> None:
    """Those of a run begin alike for longer than a phone is wide."""
    row = page.locator(".row", has_text="from-elsewhere.png")
    expect(row).to_have_count(1)
    page.set_viewport_size({"width": 320, "height": 700})
    fits = "each => each.scrollWidth <= each.clientWidth"
    page.locator(".row .key").first.evaluate("each => each.textContent = 'run/'.repeat(12)")
    assert page.locator(".row .key").first.evaluate(fits)


@pytest.mark.usefixtures("uploads_of_others")
def test_what_is_no_picture_is_not_shown(page: Page) -> None:
    page.locator(".row", has_text="broken.png").click()
    expect(page.locator("#story .frame")).to_contain_text("no picture")
    expect(page.locator("#story .problem")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(page.locator("#story")).to_be_hidden()


def test_a_file_that_the_function_does_not_get_is_refused_with_the_reason(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "photo.JPG", "mimeType": "image/jpeg", "buffer": picture(8, 8)}
    )
    expect(page.locator(".said.problem")).to_contain_text("capitals count")


@pytest.mark.usefixtures("uploads_of_others")
def test_the_keyboard_is_enough(page: Page) -> None:
    for name in ("from-elsewhere", "broken"):
        expect(page.locator(".row", has_text=name)).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("from-elsewhere")
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".row")).not_to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#story h2")).to_contain_text("uploads/")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")


def test_it_says_since_when_the_target_is_gone_and_finds_it_again(
    page: Page, console: Console
) -> None:
    console.target.stop()
    expect(page.locator("#gone")).to_contain_text("Gone since")
    bring_up(console.target, console.settings)
    expect(page.locator("#gone")).to_be_hidden()
