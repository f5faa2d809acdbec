"""Running LocalStack's tests: what is asked for, and what is said of the outcome."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests.oracle.__main__ import main, require_whole
from tests.oracle.oracle_plugin import read_streams
from tests.oracle.outcomes import by_frequency, compared
from tests.oracle.slices import SERVICES, exceptions, paths_of
from tests.oracle.table import table


def _record(**changes: Any) -> dict[str, Any]:
    """A test that passed and allows no difference, but for `changes`."""
    usual = {"outcome": "passed", "reason": "", "allows": False, "strict": None}
    return {**usual, "differences": [], "overtaken": False, **changes}


def test_a_slice_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before anything is started, with the names of those that there are."""
    done = CliRunner().invoke(main, ["nope", "--tests", str(tmp_path), "--python", sys.executable])
    assert done.exit_code == 2
    assert "There is no tests/aws/services/nope" in done.output
    assert "cloudwatch" in done.output


def test_a_slice_may_be_one_test(tmp_path: Path) -> None:
    """Or a pattern of files, without those of another slice."""
    folder = tmp_path / SERVICES / "s3"
    folder.mkdir(parents=True)
    for name in ("s3", "s3_api", "s3_cors", "s3_notifications_sqs"):
        (folder / f"test_{name}.py").touch()
    assert paths_of("s3/test_s3.py::TestS3", tmp_path) == [f"{SERVICES}/s3/test_s3.py::TestS3"]
    assert [Path(path).stem for path in paths_of("s3", tmp_path)] == [
        "test_s3",
        "test_s3_api",
        "test_s3_cors",
    ]


def test_what_failed_and_the_counts_are_said() -> None:
    """A failure with its reason and what plain LocalStack does; how many, and how many strictly."""
    failed = _record(outcome="failed", reason="no\nmore", allows=True, strict="passed")
    passed, left_out = _record(overtaken=True), _record(outcome="left out", reason="no DynamoDB")
    lines = list(compared({"a": failed, "b": passed, "c": left_out}, {"a": passed, "b": passed}))
    assert lines[:2] == ["failed  a (plain LocalStack: passed)", "        no"]
    assert lines[2] == (
        "here: 3 tests, 1 passed (50.0% of those that ran), 1 failed, 0 skipped by LocalStack, "
        "1 left out, 0 where a later page of AWS's counts; in 1 what AWS has documented since is "
        "not compared; with the differences that tests allow compared, too, 1 of 1 hold, "
        "and of the others 0 cannot anywhere"
    )


def test_differences_are_counted_by_place() -> None:
    """Whatever the index, with one of them in full."""
    first = _record(differences=["described['Stacks'][0]['Tags']: 'not present' → []"])
    second = _record(
        differences=["again['Stacks'][2]['Tags']: 'not present' → []", "x['Y']: 1 → 2"]
    )
    assert list(by_frequency({f"{SERVICES}/a": first, f"{SERVICES}/b": second})) == [
        "   2 tests: ['Stacks'][…]['Tags'], such as described['Stacks'][0]['Tags']: 'not present' "
        "→ [] in a",
        "   1 tests: ['Y'], such as x['Y']: 1 → 2 in b",
    ]


def _kept(folder: Path, name: str, records: dict[str, dict[str, Any]]) -> None:
    """Records as a run keeps them, of commit 1a2b3c4."""
    folder.mkdir(parents=True)
    lines = [json.dumps({"test": test, **record}) for test, record in records.items()]
    (folder / "records.jsonl").write_text("\n".join(lines))
    (folder / "run.json").write_text(json.dumps({"commit": name}))


def test_what_was_kept_is_a_table(tmp_path: Path) -> None:
    """A row for each slice with its commit, and their sum; nothing of plain that it did not run.

    A test that exceptions.yml names by now does not count as failed, whatever it did then.
    """
    failed, passed = _record(outcome="failed", allows=True), _record(allows=True, strict="passed")
    later = f"{SERVICES}/{next(iter(exceptions('superseded')))}"
    not_run = {"c": _record(outcome="left out"), later: _record(outcome="failed")}
    _kept(tmp_path / "s3" / "here", "1a2b3c4", {"a": failed, "b": passed, **not_run})
    _kept(tmp_path / "s3" / "plain", "", {"a": passed, "b": failed, "c": failed})
    _kept(tmp_path / "sns" / "here", "5d6e7f8", {"e": passed})
    _kept(tmp_path / "sqs" / "plain", "", {"f": passed})
    _kept(tmp_path / "logs" / "here", "5d6e7f8", {"g": passed, "h": failed})
    _kept(tmp_path / "logs" / "plain", "", {"h": failed})
    assert list(table(tmp_path))[2:] == [
        "| `s3` | 4 | 1 | 1 | 0 | 2 | 1 | 1 | 1 | 1 of 2 | 0 | 1a2b3c4 |",
        "| `sns` | 1 | 0 | 0 | 0 | 1 | – | 1 | 0 | 1 of 1 | 0 | 5d6e7f8 |",
        "| `logs` | 2 | 0 | 0 | 0 | 2 | – | 1 | 0 | 1 of 2 | 0 | 5d6e7f8 |",
        "| together | 7 | 1 | 1 | 0 | 5 | – | 3 | 1 | 3 of 5 | 0 |  |",
    ]


@pytest.mark.parametrize("code", [-9, 2, 3])
def test_a_part_of_a_slice_is_not_kept(tmp_path: Path, code: int) -> None:
    """Neither counted nor left for the table when pytest was killed, interrupted or broke."""
    records = tmp_path / "records.jsonl"
    records.touch()
    require_whole(pytest.ExitCode.TESTS_FAILED, records)
    assert records.exists()
    with pytest.raises(click.ClickException, match=f"ended with {code} before all tests had run"):
        require_whole(code, records)
    assert not records.exists()


def test_streams_are_read_and_texts_stay() -> None:
    """A text with JSON in it is parsed by the comparison, and not a second time before that."""
    text = '{"Message": "{}"}'
    answers = {"got": {"Body": io.BytesIO(text.encode())}, "all": [{"Body": text}, 1]}
    read_streams(answers)
    assert answers == {"got": {"Body": text}, "all": [{"Body": text}, 1]}


@pytest.mark.parametrize("kind", ["left_out", "superseded", "cannot_hold", "overtaken"])
def test_each_exception_has_a_reason(kind: str) -> None:
    """And is named once."""
    assert all(why and name for name, why in exceptions(kind).items())


def test_a_later_page_has_a_date() -> None:
    """An entry that says that AWS answers otherwise by now has the page and its date."""
    undated = [
        why for why in exceptions("superseded").values() if not re.search(r"\b20\d\d\b", why)
    ]
    assert undated == []
