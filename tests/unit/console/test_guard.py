"""Who may use the console: its own page, and nobody else."""

import pytest

from harness.console.guard import refusal

PORT, TOKEN = 4580, "of-this-console"
OWN = {"host": "127.0.0.1:4580"}


@pytest.mark.parametrize("host", ["127.0.0.1:4580", "localhost:4580"])
def test_reads_need_no_token(host: str) -> None:
    assert refusal("GET", {"host": host}, PORT, TOKEN) is None


def test_the_page_itself_may_change_something() -> None:
    headers = {
        **OWN,
        "origin": "http://127.0.0.1:4580",
        "sec-fetch-site": "same-origin",
        "x-tapstack-token": TOKEN,
    }
    assert refusal("POST", headers, PORT, TOKEN) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:4580", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:4580."],
)
def test_other_names_are_refused(host: str) -> None:
    """DNS rebinding: the page's name leads here, and the browser takes us for its own."""
    assert "name" in (refusal("GET", {"host": host}, PORT, TOKEN) or "")


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:4580", ""])
def test_other_origins_are_refused_even_with_the_token(origin: str) -> None:
    headers = {**OWN, "origin": origin, "x-tapstack-token": TOKEN}
    assert "may not use" in (refusal("POST", headers, PORT, TOKEN) or "")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_embeds_is_refused(site: str) -> None:
    assert "another site" in (refusal("GET", {**OWN, "sec-fetch-site": site}, PORT, TOKEN) or "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("given", [{}, {"x-tapstack-token": "guess"}, {"x-tapstack-token": "é"}])
def test_changes_need_the_token(method: str, given: dict[str, str]) -> None:
    assert "token" in (refusal(method, {**OWN, **given}, PORT, TOKEN) or "")
