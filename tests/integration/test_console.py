"""`tapstack console` in a real browser: what a person sees and does there."""

import io
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from harness.settings import Settings, read_settings
from harness.stack.deploy import Stack, bring_up
from harness.targets.embedded import EmbeddedTarget
from tests.browser import chromium

SOON_MS = 60_000  # a busy machine


@dataclass(frozen=True)
class Console:
    """A console that runs, and the stack that it shows."""

    link: str
    target: EmbeddedTarget
    stack: Stack
    settings: Settings

    @property
    def origin(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return urlsplit(self.link).fragment.removeprefix("token=")


@pytest.fixture(scope="module")
def console(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console as a person starts it, beside a stack in an emulator of its own."""
    state = tmp_path_factory.mktemp("state")
    settings = read_settings({"state_dir": state, "target": "embedded"}, {"TAPSTACK_PORT": "0"})
    target = EmbeddedTarget(settings)
    stack = bring_up(target, settings)
    command = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", "console", "--listen", "0"],
        cwd=project_root,
        env={**os.environ, "TAPSTACK_STATE": str(state), "TARGET": "embedded"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert command.stdout
        yield Console(command.stdout.readline().strip(), target, stack, settings)
    finally:
        command.terminate()
        command.wait(timeout=30)
        target.stop()


@pytest.fixture(scope="module")
def page(console: Console) -> Iterator[Page]:
    """The page, opened by its link; it may write nothing to the browser's console."""
    said: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(console.link)
        expect(page.locator("#state")).to_contain_text("live", timeout=SOON_MS)
        yield page
    assert not said


def picture(width: int = 1600, height: int = 1200, form: str = "JPEG") -> bytes:
    """A picture's bytes."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, form)
    return file.getvalue()


def test_the_token_leaves_the_address_bar(page: Page, console: Console) -> None:
    assert "token" not in page.url
    assert console.token


def test_a_photo_is_dropped_and_seen(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "a & <b>odd</b>.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    story = page.locator("#story")
    expect(story).to_contain_text("1600 × 1200", timeout=SOON_MS)
    expect(story).to_contain_text("1024 × 768")
    expect(story).to_contain_text("published")
    expect(story.locator(".log")).to_contain_text("Processed", timeout=SOON_MS)
    expect(page.locator(".row.processed", has_text="a & <b>odd<-b>.jpg")).to_have_count(1)
    for image in story.locator("img").all():
        assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") == 640


def test_uploads_of_others_appear(page: Page, console: Console) -> None:
    s3, bucket = console.target.client("s3"), console.stack.outputs["UploadBucketName"]
    s3.put_object(Bucket=bucket, Key="uploads/from-elsewhere.png", Body=picture(form="PNG"))
    s3.put_object(Bucket=bucket, Key="uploads/broken.png", Body=b"no picture")
    s3.put_object(Bucket=bucket, Key="uploads/notes.txt", Body=b"no picture either")
    wait = {"timeout": SOON_MS}
    expect(page.locator(".row.processed", has_text="from-elsewhere.png")).to_have_count(1, **wait)
    expect(page.locator(".row.rejected", has_text="broken.png")).to_have_count(1, **wait)
    expect(page.locator(".row.ignored", has_text="notes.txt")).to_have_count(1, **wait)


def test_what_is_no_picture_is_not_shown(page: Page) -> None:
    page.locator(".row", has_text="broken.png").click()
    expect(page.locator("#story .frame")).to_contain_text("no picture", timeout=SOON_MS)
    expect(page.locator("#story .problem")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(page.locator("#story")).to_be_hidden()


def test_a_file_that_the_function_does_not_get_is_refused_with_the_reason(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "photo.JPG", "mimeType": "image/jpeg", "buffer": picture(8, 8)}
    )
    expect(page.locator(".said.problem")).to_contain_text("capitals count")


def test_the_keyboard_is_enough(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("from-elsewhere")
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#story")).to_contain_text("from-elsewhere.png")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("input[type=search]").fill("")


def test_nothing_scrolls_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        page.set_viewport_size({"width": 1280, "height": 720})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Host": "evil.example"}),
        ("GET", {"Origin": "http://evil.example"}),
        ("GET", {"Sec-Fetch-Site": "cross-site"}),
        ("PUT", {}),
        ("PUT", {"X-TapStack-Token": "guess"}),
    ],
)
def test_strangers_are_refused(console: Console, method: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(
        f"{console.origin}/api/photo?name=x.jpg", b"" if method == "PUT" else None, method=method
    )
    for name, value in headers.items():
        request.add_header(name, value)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403
    assert "frame-ancestors 'none'" in refused.value.headers["Content-Security-Policy"]


def test_it_says_since_when_the_target_is_gone_and_finds_it_again(
    page: Page, console: Console
) -> None:
    console.target.stop()
    expect(page.locator("#gone")).to_contain_text("Gone since", timeout=SOON_MS)
    bring_up(console.target, console.settings)
    expect(page.locator("#gone")).to_be_hidden(timeout=SOON_MS)
