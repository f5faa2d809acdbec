"""Pages for the tests of the report, opened from disk in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a file."""
    with chromium() as started:
        yield started


class Opened:
    """Opens pages from disk; `said` is all that they said on the console or asked the network."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self._pages: list[Page] = []
        self.said: list[str] = []

    def __call__(self, html: str, *, fragment: str = "", **context: object) -> Page:
        """The page of this text in a window of its own; `context` is Playwright's."""
        file = self._folder / "report.html"
        file.write_bytes(html.encode("utf-8", "replace"))
        page = self._browser.new_page(**context)  # type: ignore[arg-type]
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        page.goto(f"{file.as_uri()}{fragment}")
        self._pages.append(page)
        return page

    def _note(self, url: str) -> None:
        if not url.startswith(("file:", "data:")):
            self.said.append(url)

    def close(self) -> None:
        """Close all windows."""
        for page in self._pages:
            page.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens pages; none may have asked for anything or complained."""
    opened = Opened(browser, tmp_path)
    yield opened
    opened.close()
    assert opened.said == []
