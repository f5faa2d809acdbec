import errno
import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness.error_report import problem_of
from harness.problems import Problem


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_a_problem_stays_what_it_is(tmp_path: Path) -> None:
    """What was said clearly already is not said again."""
    problem = Problem("It rained.", "Take an umbrella.")
    assert problem_of(problem, tmp_path) is problem


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_trouble_with_the_disk_is_the_environments(tmp_path: Path, number: int) -> None:
    """The path and the system's own words, and no file with a traceback."""
    problem = problem_of(OSError(number, os.strerror(number), "/some/file"), tmp_path)
    assert problem.happened == f"/some/file: {os.strerror(number)}."
    assert not list(tmp_path.iterdir())


def test_another_state_folder_helps_only_what_is_in_it(tmp_path: Path) -> None:
    """What is built, for example, stands beside the template wherever the state is."""
    for file, helps in ((tmp_path / "locks", True), (tmp_path.parent / "build", False)):
        problem = problem_of(OSError(errno.EROFS, "Read-only file system", str(file)), tmp_path)
        assert ("TAPSTACK_STATE" in problem.remedy) == helps


def test_a_target_that_went_away_is_said_so(tmp_path: Path) -> None:
    """A connection that fails points at `tapstack status`."""
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")
    problem = problem_of(error, tmp_path)
    assert "http://127.0.0.1:4566" in problem.happened
    assert "tapstack status" in problem.remedy


def test_a_defect_leaves_its_traceback_in_a_file(tmp_path: Path) -> None:
    """One sentence for the person, the whole story for whoever repairs it."""
    problem = problem_of(_raised(ValueError("two\nlines")), tmp_path)
    (file,) = (tmp_path / "errors").iterdir()
    assert "ValueError: two lines" in problem.happened
    assert str(file) in problem.remedy
    assert "Traceback" in file.read_text()


def test_a_refused_request_is_reported_with_its_reason(tmp_path: Path) -> None:
    """The operation and AWS's message are in the sentence."""
    answer = {"Error": {"Code": "NoSuchBucket", "Message": "no such bucket"}}
    problem = problem_of(_raised(ClientError(answer, "GetObject")), tmp_path)
    assert "GetObject" in problem.happened
    assert "no such bucket" in problem.happened


def test_without_a_state_folder_the_traceback_goes_to_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state folder that cannot be made does not hide what went wrong."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    problem_of(_raised(ValueError("x")), tmp_path / "file" / "state")
    assert list((tmp_path / "temporary").iterdir())
