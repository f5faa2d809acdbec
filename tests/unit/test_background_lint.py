"""Lint in a process of its own: what it finds comes back, and what stands in its way."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.background_lint import linting
from harness.lint import lint
from harness.problems import Problem
from harness.settings import Settings

TOPIC = """
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: [not, a, text]
"""


def settings_of(folder: Path, template: str) -> Settings:
    file = folder / "template.yml"
    file.write_text(template)
    return replace(Settings(), template=file, state_dir=folder / "state")


def test_findings_and_words_come_back(tmp_path: Path) -> None:
    """Both are those that lint has in this process, once they are asked for."""
    settings = settings_of(tmp_path, TOPIC)
    said: list[str] = []
    with linting(settings, "x86_64", said.append) as found:
        findings = found()
    here: list[str] = []
    assert findings == lint(settings, "x86_64", {}, on_progress=here.append) != []
    assert said == here != []


def test_what_cannot_be_linted_is_the_problem_that_it_is_elsewhere(tmp_path: Path) -> None:
    with (
        linting(settings_of(tmp_path, "Resources: ["), "x86_64", print) as found,
        pytest.raises(Problem, match=r"template\.yml"),
    ):
        found()


def test_nothing_goes_on_where_nobody_asks(tmp_path: Path) -> None:
    """As when the deployment beside it is interrupted."""
    with linting(settings_of(tmp_path, TOPIC), "x86_64", print):
        assert [each.name for each in multiprocessing.active_children()] == ["lint"]
    assert multiprocessing.active_children() == []
