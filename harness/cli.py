"""The command line: arguments in, exit codes out; the work is done by the modules it calls.

`python -m harness` and ./tapstack come here. The commands themselves are in harness/commands/.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import click

from harness import interruption
from harness.error_report import problem_of
from harness.naming import as_typed, command, version
from harness.problems import Problem
from harness.settings import Settings

# The module of each below harness/commands/, and its name there. Only the one that is run is
# loaded: some need numpy and Pillow, which take longer than most commands.
COMMANDS = {
    **{name: f"stack:{name}" for name in ("up", "down", "destroy")},
    **{name: f"stack:{name}_command" for name in ("build", "deploy")},
    **{
        name: f"{name}:{name}"
        for name in (
            *("watch", "run", "gate", "lint", "verify", "bench", "invoke", "status", "env", "logs"),
            *("mail", "iam", "explain", "redrive", "console", "cost", "empty", "state", "init"),
        )
    },
    **{name: f"{name}:{name}_command" for name in ("scenarios", "compare")},
}

READER_GONE = 128 + signal.SIGPIPE  # as with any command that a closed pipe ends

EPILOG = """\b
Exit codes:
  0    passed, done
  1    a check failed, or the stack could not be deployed as the template says
  2    usage or environment: bad input, nothing runs, no network, no space …
  3    `status`: nothing runs
  130  interrupted with Ctrl-C; 143 by SIGTERM, and so on: 128 and the signal
  141  the reader of the output closed it, as `head` does: no verdict
\b
Environment:
  ENVIRONMENT, NOTIFICATION_EMAIL, TARGET, TAPSTACK_PORT, TAPSTACK_REGION,
  TAPSTACK_TEMPLATE, TAPSTACK_STACK_NAME and TAPSTACK_STATE stand for the
  options; TAPSTACK_REPORTS is where reports go; TAPSTACK_DEBUG=1 shows
  tracebacks. Your own AWS_* variables and ~/.aws are never used for a local
  target.
\b
Targets:
  embedded   the emulator as a process of this machine
  compose    the same emulator in Docker: BASE_IMAGE is what its image is
             built on, TAPSTACK_NODE="20 22" has it run functions in Node.js,
             TAPSTACK_IMAGE is one to use instead; TAPSTACK_MEMORY,
             TAPSTACK_CPUS
  endpoint   whatever answers at ENDPOINT_URL, on this machine or, with
             ENDPOINT_PRIVATE=1, at a name or an address of a private network
  auto       the one that runs; else compose if Docker answers and the image
             can be had, and embedded if not
"""


class _ReaderGone(Exception):
    """Who reads the output has seen enough. Not an OSError, of which click makes exit code 1."""


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(version())
        context.exit()


def commands() -> Mapping[str, click.Command]:
    """Every command by its name."""
    return {name: _load(name) for name in sorted(COMMANDS)}


def _load(name: str) -> click.Command:
    module, _, attribute = COMMANDS[name].partition(":")
    found: click.Command = getattr(import_module(f"harness.commands.{module}"), attribute)
    for each in (found, *getattr(found, "commands", {}).values()):
        each.help = as_typed(each.help or "")  # it has examples
    return found


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _load(cmd_name) if cmd_name in COMMANDS else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGone from error


@click.group(
    cls=_Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show TapStack's version and commit, LocalStack's and Python's.",
)
def cli() -> None:
    """Run the image pipeline on this machine, drive it, and prove that it works.

    \b
      tapstack up                  start the emulator and deploy the stack
      tapstack run daily-load      2,000 images through it, each one judged
      tapstack down                stop everything
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code. Whatever happens, no traceback is shown."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    interruption.listen()
    code = _run(given)
    return _flushed(interruption.exit_code() if code == interruption.CTRL_C else code)


def _run(given: list[str]) -> int:
    cli.help, name = as_typed(cli.help or ""), command("").strip()
    try:
        return int(cli.main(given, prog_name=name, standalone_mode=False) or 0)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return interruption.CTRL_C
    except click.ClickException as error:
        place = error.ctx if isinstance(error, click.UsageError) else None
        asked = place.command_path if place else name
        click.echo(f"{error.format_message()} See `{asked} --help`.", err=True)
        return Problem.exit_code
    except _ReaderGone:
        return READER_GONE
    except Exception as error:
        if os.environ.get("TAPSTACK_DEBUG") == "1":
            raise
        if isinstance(error, OSError) and error.filename is None and not _writes(sys.stdout):
            return Problem.exit_code  # which is said once, at the end
        problem = problem_of(error, _state_dir())
        click.echo(as_typed(str(problem)), err=True)
        return problem.exit_code


def _writes(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        return False
    return True


def _flushed(code: int) -> int:
    """`code`, once standard output has taken all of it; else that of what became of it.

    Python would try again at its own end, and fail there without a plain word.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return READER_GONE
        click.echo(f"Standard output cannot be written: {error.strerror}.", err=True)
        return Problem.exit_code
    return code


def _state_dir() -> Path:
    return Path(os.environ.get("TAPSTACK_STATE") or Settings.state_dir)
