"""emulator/FIDELITY.md keeps its word: what it calls enforced or simulated has a test."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from harness.evidence.fidelity import (
    ENFORCED,
    NOT_CHECKED,
    SIMULATED,
    Behaviour,
    behaviours,
    not_proven,
)
from harness.problems import Problem
from harness.settings import ROOT

ROWS = behaviours()
AUDITED = 56  # differences that the audit of LocalStack found
SHOWN = 7  # lines after a run that people still read


@cache
def _tests_of(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return (ROOT / file).is_file() and name in _tests_of(ROOT / file)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_row_is_complete(row: Behaviour) -> None:
    """It has one of three states, says how, and its tests exist; without one nothing is claimed."""
    assert row.behaviour.endswith(".")
    assert row.here
    assert row.status in {ENFORCED, SIMULATED, NOT_CHECKED}
    assert [test for test in row.tests if not _exists(test)] == []
    assert row.tests or row.status == NOT_CHECKED
    assert not (row.prominent and row.status == ENFORCED), "bold is for what is not proven"


def test_modules_that_are_named_exist() -> None:
    """Whoever follows the table into the code finds it."""
    package = ROOT / "emulator" / "localstack_parity"
    named = {name for row in ROWS for name in re.findall(r"[\w/]+/\w+\.py", row.here)}
    missing = [
        name for name in named if not (package / name).exists() and not (ROOT / name).exists()
    ]
    assert missing == []


def test_every_row_of_the_audit_is_there() -> None:
    """The numbers of the audit and those that follow are whole, and each stands once."""
    numbers = [row.number for row in ROWS]
    assert [number for number, count in Counter(numbers).items() if count > 1] == []
    whole = {int(re.sub(r"[a-z]$", "", number)) for number in numbers}
    assert whole == set(range(1, max(whole) + 1))
    assert max(whole) >= AUDITED


def test_no_behaviour_stands_twice() -> None:
    """Unless it is about other runs."""
    assert max(Counter((row.only, row.behaviour) for row in ROWS).values()) == 1


@pytest.mark.parametrize("target", ["embedded", "compose", "endpoint"])
def test_a_local_pass_leaves_something_open(target: str) -> None:
    """Nothing that is enforced is among it, and what people are shown stays short."""
    left_open = not_proven(target)
    assert {row.status for row in left_open} == {SIMULATED, NOT_CHECKED}
    assert {row.only for row in left_open} <= {"", f"the target {target}"}
    assert 0 < sum(row.prominent for row in left_open) <= SHOWN


def test_a_pass_without_permissions_says_so() -> None:
    """TAPSTACK_IAM=off is for comparing; a verdict made with it is no verdict on policies."""
    added = set(not_proven("embedded", permissions=False)) - set(not_proven("embedded"))
    assert [row.behaviour for row in added] == ["Policies decide who may do what."]


def test_a_pass_without_signatures_says_so() -> None:
    """TAPSTACK_SIGNATURES=off believes everybody."""
    added = set(not_proven("embedded", signatures=False)) - set(not_proven("embedded"))
    assert [row.number for row in added] == ["129"]


def test_a_pass_without_isolation_says_so() -> None:
    """Where functions see the machine and each other, their isolation is not proven."""
    added = set(not_proven("embedded", isolated=False)) - set(not_proven("embedded"))
    assert [(row.number, row.prominent) for row in added] == [("116", True)]


def test_a_pass_on_aws_leaves_nothing_open() -> None:
    """There nothing is emulated."""
    assert not_proven("aws") == []


def test_without_the_list_no_report_is_made(tmp_path: Path) -> None:
    """Otherwise it would say that nothing is left unproven."""
    with pytest.raises(Problem, match="does not prove is missing"):
        behaviours(tmp_path / "FIDELITY.md")
