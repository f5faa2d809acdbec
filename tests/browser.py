"""A real browser for the tests of pages: Debian's Chromium, driven by Playwright.

Playwright promises to work with its own builds only, which no package manager has; so both versions
are what Debian and the lock say. Without Chromium the tests are skipped, or fail if
TAPSTACK_REQUIRE_BROWSER=1 says that there must be one (`.ci/browser` installs it).

What a page is expected to show it may show within SOON_MS: a busy machine takes its time.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

SOON_MS = 60_000
expect.set_options(timeout=SOON_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, which ends with the block."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("TAPSTACK_REQUIRE_BROWSER") == "1":
            raise FileNotFoundError("There is no chromium: `.ci/browser` installs it.")
        pytest.skip("needs chromium, which `.ci/browser` installs")
    with sync_playwright() as playwright:
        # Root, as in containers of CI, has no sandbox; the pages are our own.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
