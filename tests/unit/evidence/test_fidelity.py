"""emulator/FIDELITY.md keeps its word: what it calls enforced or simulated has a test."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from harness.evidence.fidelity import (
    DOCUMENTED,
    ENFORCED,
    FIDELITY,
    INFERRED,
    NOT_CHECKED,
    RECORDED,
    SIMULATED,
    Behaviour,
    behaviours,
    concerning,
    evidence_line,
    evidence_of,
    not_proven,
)
from harness.problems import Problem
from harness.settings import ROOT

ROWS = behaviours()
AUDITED = 56  # differences that the audit of LocalStack found
SHOWN = 7  # lines after a run that people still read

# A recording is a test of LocalStack, below its tests/aws/services: file, class, name.
_RECORDING = r"\w+(?:/\w+)*/test_\w+\.py::(?:Test\w+::)?test_\w+"
_RECORDINGS = rf"{_RECORDING}(?:, {_RECORDING})*"
_PAGE = r"[A-Z][\w: ]+(?:Guide|Reference|Performance|AWS Lambda|re:Post), [^;]+(?:; [^;]+)*"
_IN_PART = rf"(?:; )?in part recorded: {_RECORDINGS}"
EVIDENCE = {
    RECORDED: _RECORDINGS,
    DOCUMENTED: rf"{_PAGE}?(?:{_IN_PART})?",
    INFERRED: rf"(?:{_IN_PART})?",
}


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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_row_says_how_it_is_known_what_aws_does(row: Behaviour) -> None:
    """By a recording, which is named; by a page of AWS, which is named; or by neither."""
    assert re.fullmatch(EVIDENCE[row.known], row.evidence), row.evidence


def test_a_claim_without_its_source_has_none_of_the_forms() -> None:
    """Otherwise the test above could not fail."""
    for kind, evidence in [
        (RECORDED, ""),
        (RECORDED, "somewhere"),
        (RECORDED, "sns/test_sns.py"),
        (DOCUMENTED, ""),
        (DOCUMENTED, "S3 User Guide"),
        (DOCUMENTED, "in part recorded: sns/test_sns.py::test_a"),
        (INFERRED, "S3 User Guide, Event message structure"),
    ]:
        assert not re.fullmatch(EVIDENCE[kind], evidence), (kind, evidence)


def test_the_head_counts_the_rows_of_each_kind() -> None:
    """Whoever reads the list sees at once how much of it was ever seen on AWS."""
    text = " ".join(FIDELITY.read_text(encoding="utf-8").split("## ", 1)[0].split())
    counts = evidence_of(ROWS)
    said = (
        f"Of {counts['behaviours']} rows {counts[RECORDED]} are recorded, "
        f"{counts[DOCUMENTED]} documented and {counts[INFERRED]} inferred; "
        f"of {counts['recorded_in_part']} of the last two a part is recorded."
    )
    assert said in text


def test_modules_that_are_named_exist() -> None:
    """Whoever follows the table into the code finds it."""
    folders = (ROOT, ROOT / "emulator" / "localstack_parity", *(ROOT / "libraries").iterdir())
    named = {name for row in ROWS for name in re.findall(r"[\w/]+/\w+\.py", row.here)}
    assert [name for name in named if not any((one / name).exists() for one in folders)] == []


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
    left_open = not_proven(concerning(target))
    assert {row.status for row in left_open} == {SIMULATED, NOT_CHECKED}
    assert {row.only for row in left_open} <= {"", f"the target {target}"}
    assert 0 < sum(row.prominent for row in left_open) <= SHOWN


def test_a_pass_without_permissions_says_so() -> None:
    """TAPSTACK_IAM=off is for comparing; a verdict made with it is no verdict on policies."""
    added = set(concerning("embedded", permissions=False)) - set(concerning("embedded"))
    assert [row.behaviour for row in added] == ["Policies decide who may do what."]


def test_a_pass_without_signatures_says_so() -> None:
    """TAPSTACK_SIGNATURES=off believes everybody."""
    added = set(concerning("embedded", signatures=False)) - set(concerning("embedded"))
    assert [row.number for row in added] == ["129"]


def test_a_pass_without_isolation_says_so() -> None:
    """Where functions see the machine and each other, their isolation is not proven."""
    added = set(concerning("embedded", isolated=False)) - set(concerning("embedded"))
    assert [(row.number, row.prominent) for row in added] == [("116", True)]


def test_a_pass_on_aws_leaves_nothing_open() -> None:
    """There nothing is emulated."""
    assert not_proven(concerning("aws")) == []
    assert evidence_line(evidence_of(concerning("aws"))) == ""


def test_without_the_list_no_report_is_made(tmp_path: Path) -> None:
    """Otherwise it would say that nothing is left unproven."""
    with pytest.raises(Problem, match="does not prove is missing"):
        behaviours(tmp_path / "FIDELITY.md")
