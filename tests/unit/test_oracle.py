"""Running LocalStack's tests: what is asked for, and what is told of the outcome."""

import sys
from pathlib import Path

from click.testing import CliRunner

from tests.oracle.__main__ import _compared, main


def test_a_slice_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before anything is started, with the names of those that there are."""
    done = CliRunner().invoke(main, ["nope", "--tests", str(tmp_path), "--python", sys.executable])
    assert done.exit_code == 2
    assert "There is no tests/aws/services/nope" in done.output
    assert "cloudwatch" in done.output


def test_what_failed_and_the_counts_are_told() -> None:
    """A failure with its reason and what plain LocalStack does; how many hold strictly."""
    record = {"outcome": "failed", "reason": "no\nmore", "allows": True, "strict": "passed"}
    passed = {"outcome": "passed", "reason": "", "allows": False, "strict": None}
    lines = list(_compared({"a": record, "b": passed}, {"a": passed, "b": passed}))
    assert lines[:2] == ["failed  a (plain LocalStack: passed)", "        no"]
    assert lines[2] == (
        "here: 2 tests, 1 passed, 1 failed, 0 skipped; with the differences that tests allow "
        "compared, too, 1 of 1 hold"
    )
