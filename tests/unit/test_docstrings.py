"""Module docstrings name a concept; they do not name callers, nor recite what goes in and out."""

import ast
import re
from pathlib import Path

import pytest

from harness.settings import ROOT

MODULES = sorted(
    file
    for folder in ("harness", "scenarios", "emulator", "libraries", "lambda")
    for file in (ROOT / folder).rglob("*.py")
)
# Nobody keeps these true: the next caller does not know of the sentence.
CALLERS = re.compile(r"\b(?:Called|Used|Installed|Loaded) by [\w/`]+\.py|[\w/]+\.py calls it")
RITUALS = re.compile(r"(?m)(?:^|\. )(?:In|Out): |\bcomes? in[;,]")


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_is_described_by_what_it_is(file: Path) -> None:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    assert not CALLERS.search(text)
    assert not RITUALS.search(text)
