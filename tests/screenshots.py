"""The pictures in the documentation: `make screenshots` takes them anew.

An emulator of its own, a scenario that is started on the console's page, and each page as it then
looks; and the report of a day whose function forgets what is upright, light and dark. Look at what
changed before you commit it.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from harness.run.scenario import RunOptions
from harness.settings import ROOT
from tests.browser import SOON_MS, chromium
from tests.integration.place import Place, emulator_for
from tests.mutants.suite import MUTANTS

DOCS = ROOT / "docs"
SIZE: ViewportSize = {"width": 1280, "height": 720}
COLOURS = 256  # a third of the bytes of all of them
_HALF = re.compile(r"\b2\d s: of 150 images")  # of the day has passed


def take(page: Page, name: str) -> None:
    """The page as it looks now, as docs/NAME.png."""
    with Image.open(io.BytesIO(page.screenshot())) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.FLOYDSTEINBERG)
        few.save(DOCS / f"{name}.png", optimize=True)


def opened(browser: Browser, link: str, scheme: str) -> Page:
    """The console in a window of its own."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(link)
    expect(page.locator("#state")).to_contain_text("live")
    return page


def run_and_take(page: Page, dark: Page) -> None:
    """Start a day on the page, and take its pages on the way."""
    page.keyboard.press("5")
    expect(page.locator("#scenario option")).not_to_have_count(0)
    page.locator("#scenario").select_option("contract")
    page.locator("#start").click()
    expect(page.locator(".row.report")).to_have_count(1, timeout=2 * SOON_MS)
    page.locator("#scenario").select_option("daily-load")
    page.locator("#images").fill("150")
    page.locator("#day").fill("40s")
    expect(page.locator("#start")).to_be_enabled()
    page.locator("#start").click()
    expect(page.locator(".output")).to_contain_text(_HALF)
    take(page, "console-runs")
    page.keyboard.press("1")
    page.locator(".row.processed").first.click()
    pictures = page.locator("#story img")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        picture.evaluate("each => each.decode()")
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    take(page, "console-pipeline")
    dark.keyboard.press("1")
    expect(dark.locator(".progress progress")).to_have_count(0, timeout=3 * SOON_MS)
    dark.keyboard.press("2")
    dark.get_by_role("button", name="15 min").click()
    expect(dark.locator(".card img").first).to_be_visible()
    dark.wait_for_timeout(70_000)  # the alarms have been evaluated, and metrics are a minute old
    dark.mouse.move(0, 0)
    take(dark, "console-dashboard")


def take_report(browser: Browser, place: Place) -> None:
    """A failed day's report: its first screen, and its charts in the dark."""
    (mutant,) = [each for each in MUTANTS if each.id == "orientation-is-ignored"]
    options = RunOptions(images=300, day_s=60)
    os.chdir(place.folder)  # the page names folders from here on
    os.environ["TAPSTACK_COMMAND"] = "./tapstack"
    folder = place.run("daily-load", "broken", options, mutant.edits).folder
    address = (folder / "report.html").as_uri()
    light = browser.new_page(viewport=SIZE, color_scheme="light")
    light.goto(address)
    light.wait_for_timeout(1000)
    take(light, "report")
    dark = browser.new_page(viewport=SIZE, color_scheme="dark")
    dark.goto(address)
    dark.get_by_role("heading", name="The run over time").evaluate("each => each.scrollIntoView()")
    dark.wait_for_timeout(1000)
    take(dark, "report-charts")


def main() -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as folder, emulator_for(Path(folder)) as place:
        place.deployed("dev")
        console = subprocess.Popen(
            [*(sys.executable, "-P", "-m", "harness", "console", "--listen", "0")],
            cwd=folder,
            env={
                **os.environ,
                **{"TAPSTACK_STATE": str(place.settings.state_dir), "TARGET": "embedded"},
                **{"TAPSTACK_REPORTS": f"{folder}/reports", "TAPSTACK_COMMAND": "./tapstack"},
                **{"TAPSTACK_PORT": "0", "ENVIRONMENT": "dev"},
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert console.stdout
            link = console.stdout.readline().strip()
            with chromium() as browser:
                run_and_take(opened(browser, link, "light"), opened(browser, link, "dark"))
                take_report(browser, place)
        finally:
            console.terminate()
            console.wait(timeout=90)


if __name__ == "__main__":
    main()
