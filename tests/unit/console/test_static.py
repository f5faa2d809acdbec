"""The console's page shows what a target says as text: none of it is ever parsed as markup."""

import re
from pathlib import Path

import pytest

from harness.console.routes import STATIC

PARSING = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
    r"|\beval\(|new Function|setAttribute\(\s*[\"']style|srcdoc"
)
FILES = sorted(STATIC.glob("*.*"))


def test_there_is_a_page() -> None:
    assert {"console.html", "console.js", "console.css"} <= {file.name for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_parsed_as_markup(file: Path) -> None:
    assert not PARSING.findall(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_comes_from_another_host(file: Path) -> None:
    assert not re.findall(r"(?:src|href|url)\W+(?:https?:)?//", file.read_text(encoding="utf-8"))
