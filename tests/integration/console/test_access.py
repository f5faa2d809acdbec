"""Who can use the console: no stranger, and everybody with a keyboard alone or a screen reader."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.integration.console.conftest import Console


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


def test_nothing_beside_the_stack_is_shown(console: Console) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{console.origin}/api/objects?bucket=of-others", timeout=30)
    assert refused.value.code == 409


@pytest.mark.parametrize("path", ["..%2f..%2fetc/passwd", "latest/report.html", "x/report.html"])
def test_only_reports_are_served(console: Console, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{console.origin}/reports/{path}", timeout=30)
    assert refused.value.code == 404


# Of each page what is there once it has been filled.
FILLED = {
    "pipeline": ".row",
    "dashboard": ".card img",
    "inbox": ".row.mail",
    "failures": ".said:not(:empty)",
    "runs": "#scenario option",
    "resources": ".bar button",
}


@pytest.fixture(scope="module")
def looks(browser: Browser, console: Console, uploads_of_others: None) -> Iterator[dict[str, Page]]:
    """The console in light and in dark, for axe-core, which the page's own policy keeps out."""
    windows = {
        scheme: browser.new_page(color_scheme=scheme, bypass_csp=True)
        for scheme in ("light", "dark")
    }
    for window in windows.values():
        window.goto(console.link)
    yield windows
    for window in windows.values():
        window.close()


@pytest.mark.parametrize("name", FILLED)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(looks: dict[str, Page], scheme: str, name: str) -> None:
    """On any page, with an upload and a mail opened; nor does anything scroll sideways at 320."""
    window = looks[scheme]
    window.set_viewport_size({"width": 1280, "height": 720})
    window.evaluate("name => { location.hash = name; }", name)
    expect(window.locator(FILLED[name]).first).to_be_attached()
    if name in ("pipeline", "inbox"):
        window.locator(".row").first.click()
        expect(window.locator("#story")).to_be_visible()
    found = [
        (each["id"], each["impact"], [node["html"] for node in each["nodes"]])
        for each in Axe().run(window).response["violations"]
        if each["impact"] in ("serious", "critical") or each["id"] == "page-has-heading-one"
    ]
    assert found == []
    window.set_viewport_size({"width": 320, "height": 700})
    assert window.evaluate("document.documentElement.scrollWidth") <= 320


def test_every_page_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    """What can be clicked can be reached by Tab, and the focus is seen."""
    for number in range(1, len(FILLED) + 1):
        page.keyboard.press("Escape")  # out of a field, where a number is one
        page.keyboard.press(str(number))
        expect(page.locator("nav a[aria-current]")).to_contain_text(str(number))
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const it = document.activeElement;
                return [it.tagName, getComputedStyle(it).outlineStyle];
            }"""
        )
        assert focus[0] not in ("BODY", "MAIN")
        assert focus[1] == "solid" or focus[0] in ("INPUT", "SELECT")
    beyond = page.evaluate(
        """() => [...document.querySelectorAll("[onclick], .row, button, a, summary")]
            .filter((it) => it.offsetParent && it.tabIndex < 0).map((it) => it.outerHTML)"""
    )
    assert beyond == []
