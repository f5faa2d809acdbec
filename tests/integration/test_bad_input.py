"""Bad input, as a person meets it: a plain sentence, exit code 2, no traceback, nothing started."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.targets import emulator
from tests.integration.conftest import Tapstack


def _assert_one_clear_problem(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """Exit code 2, nothing on standard output, and at most what happened and what to do."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert 1 <= len(lines) <= 2, done.stderr
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "no-such-scenario"], ["no-such-scenario", "daily-load"]),
        (["run", "daily-load", "--images", "0"], ["'0'", "images"]),
        (["run", "daily-load", "--images", "many"], ["'many'", "images"]),
        (["run", "contract", "--images", "5"], ["contract has no use for --images"]),
        (["run", "daily-load", "--for", "5m"], ["daily-load has no use for --for"]),
        (["run", "daily-load", "--day", "soon"], ["'soon'", "60s"]),
        (["run", "daily-load", "--seed", "x"], ["'x'", "seed"]),
        (["run", "daily-load", "--fail-if", "p90>2s"], ["'p90'", "p95"]),
        (["run", "daily-load", "--fail-if", "slow"], ["'slow'", "p95>2s"]),
        (["compare", "no-such-run", "another"], ["no-such-run", "folder"]),
        (["lint", "--format", "xml"], ["'xml'", "sarif"]),
        (["lint", "--format", "sarif", "--json"], ["choose one"]),
        (["run"], ["SCENARIO", "tapstack run --help"]),
        (["up", "--email", "nobody"], ["'nobody'", "ops@example.com"]),
        (["up", "--suffix", "Has_Capitals"], ["'Has_Capitals'", "suffix"]),
        (["up", "--port", "http"], ["'http'", "4566"]),
        (["up", "--region", "mars"], ["'mars'", "us-east-1"]),
        (["up", "--target", "moon"], ["'moon'", "embedded"]),
        (["up", "--parameter", "nothing"], ["'nothing'", "NAME=VALUE"]),
        (["build", "--parameter", "Architecture=sparc"], ["'sparc'", "arm64"]),
        (["up", "--template", "no/such.yml"], ["such.yml", "No such file"]),
        (["up", "--no-such-option"], ["--no-such-option", "tapstack up --help"]),
        (["no-such-command"], ["no-such-command", "tapstack --help"]),
        (["logs", "--lines", "-1"], ["'-1'", "lines"]),
        (["explain", "a.jpg"], ["no report", "tapstack run"]),
        (["explain", "a.jpg", "--report", "no/such"], ["no/such", "tapstack run"]),
        (["explain"], ["KEY", "tapstack explain --help"]),
        (["redrive"], ["not running", "tapstack up"]),
        (["deploy"], ["not running", "tapstack up"]),
        (["logs"], ["not running", "tapstack up"]),
        (["logs", "--emulator"], ["emulator.log", "tapstack up"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments_are_named(
    tapstack: Tapstack, state_dir: Path, arguments: list[str], said: list[str]
) -> None:
    """What was wrong and what to write instead are in the message; no emulator is started."""
    _assert_one_clear_problem(tapstack(*arguments), *said)
    assert not emulator.status(state_dir).running


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "-x-"),
        ("NOTIFICATION_EMAIL", "a@b"),
        ("TAPSTACK_PORT", "70000"),
        ("TARGET", "nowhere"),
        ("TAPSTACK_TEMPLATE", "missing.yml"),
    ],
)
def test_bad_environment_variables_are_named(tapstack: Tapstack, variable: str, value: str) -> None:
    """A variable counts like the option it stands for."""
    _assert_one_clear_problem(tapstack("up", **{variable: value}), value)


@pytest.mark.parametrize("command", ["up", "gate"])
def test_a_template_that_does_not_parse_is_named_with_the_place(
    tapstack: Tapstack, state_dir: Path, tmp_path: Path, command: str
) -> None:
    """The line and the column of the error are in the message; no emulator is started."""
    template = tmp_path / "broken.yml"
    template.write_text("Resources:\n  Bucket: {Type: AWS::S3::Bucket\n")
    done = tapstack(command, "--template", str(template))
    _assert_one_clear_problem(done, str(template), "line 3, column 1")
    assert not emulator.status(state_dir).running


@pytest.mark.parametrize("place", ["/proc/tapstack", "{file}/state"])
def test_a_state_folder_that_cannot_be_written_is_named(
    tapstack: Tapstack, tmp_path: Path, place: str
) -> None:
    """Folders that even an administrator cannot make are like those without rights."""
    file = tmp_path / "file"
    file.write_text("")
    folder = place.format(file=file)
    _assert_one_clear_problem(tapstack("up", TAPSTACK_STATE=folder), folder)


def test_an_unknown_parameter_is_named(tapstack: Tapstack, tmp_path: Path) -> None:
    """CloudFormation rejects parameters that a template does not have; LocalStack takes them."""
    template = tmp_path / "topic.yml"
    template.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    done = tapstack("up", "--template", str(template), "--parameter", "Nope=1")
    assert done.returncode == 2
    assert "'Nope'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_ends_a_command_quietly(
    project_root: Path, tmp_path: Path
) -> None:
    """As with any other command, SIGPIPE is the exit code: nothing has passed, nothing failed."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "harness", "scenarios"],
        cwd=project_root,
        env={**os.environ, "TAPSTACK_STATE": str(tmp_path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=240,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_output_that_cannot_be_written_is_said(project_root: Path, tmp_path: Path) -> None:
    """One sentence, and not Python's own words at its end."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "harness", "scenarios"],
            cwd=project_root,
            env={**os.environ, "TAPSTACK_STATE": str(tmp_path), "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "Standard output cannot be written: No space left on device.\n"


def test_the_exit_code_of_status_says_whether_anything_runs(tapstack: Tapstack) -> None:
    """A script need not read what it says."""
    assert tapstack("status").returncode == 3


def test_the_version_names_all_that_a_bug_report_needs(tapstack: Tapstack) -> None:
    """The project's own with its commit, LocalStack's and Python's."""
    done = tapstack("--version")
    assert done.returncode == 0
    assert re.fullmatch(
        r"tapstack [\d.]+( \(\w+(-dirty)?\))?, LocalStack 4.14.0, .+\n", done.stdout
    )


@pytest.mark.parametrize("command", [["run", "daily-load"], ["gate"], ["bench"]])
def test_a_reports_folder_that_cannot_be_written_is_refused_before_anything_starts(
    tapstack: Tapstack, state_dir: Path, command: list[str]
) -> None:
    """A verdict that cannot be kept is not worth waiting for."""
    done = tapstack(*command, TAPSTACK_REPORTS="/proc/tapstack")
    _assert_one_clear_problem(done, "/proc/tapstack", "TAPSTACK_REPORTS")
    assert not emulator.status(state_dir).running


def test_a_state_folder_with_a_long_path_is_refused_before_anything_starts(
    tapstack: Tapstack, tmp_path: Path
) -> None:
    """Databases below it could not be opened, which no message would say."""
    folder = tmp_path / ("x" * 100) / ("y" * 100)
    _assert_one_clear_problem(tapstack("up", TAPSTACK_STATE=str(folder)), "bytes long", "shorter")


@pytest.mark.parametrize(
    ("limit", "option"), [("v", "1500000"), ("f", "10000"), ("n", "100")], ids=lambda value: value
)
def test_a_limit_of_the_shell_is_named_instead_of_the_template(
    project_root: Path, state_dir: Path, limit: str, option: str
) -> None:
    """The option of `ulimit`, what it is and what it must be, before anything starts."""
    done = subprocess.run(
        ["sh", "-c", f'ulimit -{limit} {option}; exec "$0" -P -m harness up', sys.executable],
        cwd=project_root,
        env={**os.environ, "TAPSTACK_STATE": str(state_dir), "TAPSTACK_PORT": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    _assert_one_clear_problem(done, f"`ulimit -{limit}`")
