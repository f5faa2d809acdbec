"""`tapstack console` in a real browser, beside a stack: one of each for this folder's tests."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from harness.settings import Settings, read_settings
from harness.stack.deploy import bring_up
from harness.stack.deployed import Stack
from harness.targets.embedded import EmbeddedTarget
from tests.browser import chromium


@dataclass(frozen=True)
class Console:
    """A console that runs, and the stack that it shows."""

    link: str
    target: EmbeddedTarget
    stack: Stack
    settings: Settings
    reports: Path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return urlsplit(self.link).fragment.removeprefix("token=")


@pytest.fixture(scope="package")
def console(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console as a person starts it, beside a stack in an emulator of its own."""
    state = tmp_path_factory.mktemp("state")
    reports = tmp_path_factory.mktemp("reports")
    settings = read_settings({"state_dir": state, "target": "embedded"}, {"TAPSTACK_PORT": "0"})
    target = EmbeddedTarget(settings)
    stack = bring_up(target, settings)
    command = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", "console", "--listen", "0"],
        cwd=project_root,
        env={
            **os.environ,
            **{"TAPSTACK_STATE": str(state), "TAPSTACK_REPORTS": str(reports)},
            **{"TARGET": "embedded", "TAPSTACK_PORT": "0"},
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert command.stdout
        yield Console(command.stdout.readline().strip(), target, stack, settings, reports)
    finally:
        command.terminate()
        command.wait(timeout=30)
        target.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser: Browser, console: Console) -> Iterator[Page]:
    """The page, opened by its link; it may write nothing to the browser's console."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(console.link)
    expect(page.locator("#state")).to_contain_text("live")
    yield page
    page.close()
    assert not said


@pytest.fixture(scope="package")
def uploads_of_others(console: Console) -> None:
    """One upload that is processed, one that is rejected, and one that the function never gets."""
    s3, bucket = console.target.client("s3"), console.stack.outputs["UploadBucketName"]
    s3.put_object(Bucket=bucket, Key="uploads/from-elsewhere.png", Body=picture(form="PNG"))
    s3.put_object(Bucket=bucket, Key="uploads/broken.png", Body=b"no picture")
    s3.put_object(Bucket=bucket, Key="uploads/notes.txt", Body=b"no picture either")


def picture(width: int = 1600, height: int = 1200, form: str = "JPEG") -> bytes:
    """A picture's bytes."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, form)
    return file.getvalue()
