"""What `--help` shows: whole lines on a narrow terminal, and commands as they were typed."""

import re
import subprocess
import sys

import pytest

from harness.cli import COMMANDS, main

PAGES = [[], *([name] for name in sorted(COMMANDS))]
PAGES += [["state", name] for name in ("save", "load", "list", "reset")]


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_fits_into_eighty_columns(
    page: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is longer, and no command is described by half a sentence."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*page, "--help"]) == 0
    _, *lines = capsys.readouterr().out.splitlines()  # the first ends with [ARGS]...
    assert [line for line in lines if len(line) > 80 or line.endswith("...")] == []


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_an_example_can_be_typed_as_it_stands(
    page: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a checkout also behind `&&` and in `$(…)`."""
    monkeypatch.setenv("TAPSTACK_COMMAND", "./tapstack")
    assert main([*page, "--help"]) == 0
    assert re.findall(r".*(?<![./\w-])tapstack [a-z-]+", capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--help"], "  ./tapstack up  "),
        (["explain", "--help"], "  ./tapstack explain uploads/"),
        (["state", "save", "--help"], "  ./tapstack state save deployed"),
        (["explain"], "Missing argument 'KEY'. See `./tapstack explain --help`."),
        (["nothing"], "See `./tapstack --help`."),
    ],
)
def test_a_command_is_named_as_it_was_typed(arguments: list[str], said: str) -> None:
    """In a checkout there is no `tapstack` on the PATH."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        env={"TAPSTACK_COMMAND": "./tapstack", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stdout + done.stderr
    assert " tapstack " not in done.stdout.replace("2>&1", "")
