"""The project speaks the field's English: the words of docs/glossary.md, and no dialect."""

import re
from pathlib import Path

import pytest

from harness.settings import ROOT

# Each with what is said instead, in comments, names, messages and pages alike.
INSTEAD = {
    "tells": "reports, shows, notifies",
    "told": "reported, notified, known",
    "whoever": "the caller, the owner, anybody who",
    "hears": "receives",
    "heard": "received",
    "promise": "guarantee",
    "promises": "guarantees",
    "promised": "guaranteed",
}
FOLDERS = ("harness", "scenarios", "emulator", "libraries", "lambda", "docs", "infra")
KINDS = {".py", ".md", ".yml", ".j2"}
FILES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(
        file
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in KINDS and ".venv" not in file.parts
    ),
]
# Also within a name, such as `_told_twice`; not behind a quote, as a key of the report's format.
WORD = re.compile(rf"(?<![A-Za-z\"])(?:{'|'.join(INSTEAD)})(?![A-Za-z])", re.IGNORECASE)
TEST_NAME = re.compile(r"::test_\w+")  # tests have names of their own


def dialect(text: str) -> list[str]:
    """The words of a text that are not the field's, each with what is said instead."""
    return [
        f"{found[0]}: {INSTEAD[found[0].lower()]}"
        for found in WORD.finditer(TEST_NAME.sub("", text))
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_has_no_word_of_a_dialect(file: Path) -> None:
    assert dialect(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Whoever hears of it", ["Whoever", "hears"]),
        ("def _told_twice(): ...", ["told"]),
        ('report["told"]; untold; a promise', ["promise"]),
        ("`tests/x.py::test_the_history_tells_what_happened`", []),
    ],
)
def test_a_word_is_found(text: str, words: list[str]) -> None:
    assert [each.partition(":")[0] for each in dialect(text)] == words
