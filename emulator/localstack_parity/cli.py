"""The command localstack-parity: the emulator on its own, started, looked at and stopped."""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from localstack_parity import emulator_process as emulator
from localstack_parity.emulator_process import Refused
from localstack_parity.state.files import Unusable

NOT_RUNNING = 3


def _default_state() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "localstack-parity"


_state = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=_default_state,
    show_default="$XDG_STATE_HOME/localstack-parity, or below ~/.local/state",
    help="The folder of this emulator: its record, its log and all that it writes.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="localstack-parity")
def main() -> None:
    """Run LocalStack 4.14.0, made to behave as AWS does, on 127.0.0.1."""


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=4566, show_default=True)
@click.option("--detach", is_flag=True, help="Return when it answers; `stop` ends it.")
@_state
def start(port: int, state: Path, *, detach: bool) -> None:
    """Start the emulator, until Ctrl-C or, with --detach, until `stop`.

    Nothing is kept from one start to the next, unless PERSISTENCE=1 is set. Your AWS_* variables do
    not reach it.
    """
    with _sentences():
        if running := emulator.find(state):
            raise Refused(
                f"The emulator of {state} runs already: {running.endpoint}. Stop it with "
                "`localstack-parity stop`, or name another folder with --state and another --port."
            )
        _check_port(port)
        emulator.prepare(state)
        if detach:
            click.echo(f"{emulator.start(state, port).endpoint}  log {emulator.log_path(state)}")
        else:
            click.echo(f"http://127.0.0.1:{port}  Ctrl-C stops it", err=True)
            emulator.become(state, port)


@main.command()
@_state
def status(state: Path) -> None:
    """Say whether the emulator runs, and where; the exit code is 3 if it does not."""
    with _sentences():
        running = emulator.find(state)
    if not running:
        click.echo("not running")
        sys.exit(NOT_RUNNING)
    answers = "answers" if emulator.answers(running.port) else "does not answer"
    click.echo(f"{running.endpoint}  {answers}, process {running.process.pid}")


@main.command()
@_state
def stop(state: Path) -> None:
    """Stop the emulator and its functions, and remove what it wrote."""
    with _sentences():
        click.echo("stopped" if emulator.stop(state) else "not running")


@main.group(name="state")
def states() -> None:
    """Save all that the emulator holds into a file, load it, or drop it."""


@states.command()
@click.argument("name")
@_state
def save(name: str, state: Path) -> None:
    """Save everything under NAME, in the place of what was saved under it."""
    from localstack_parity.state import client

    with _sentences():
        saved = client.ask(_running(state).endpoint, client.path_of(name), "POST")
    click.echo(f"{saved['name']}  {saved['size']} bytes")


@states.command()
@click.argument("name")
@_state
def load(name: str, state: Path) -> None:
    """Hold what was saved under NAME, and nothing else."""
    from localstack_parity.state import client

    with _sentences():
        client.ask(_running(state).endpoint, f"{client.path_of(name)}/load", "POST")
    click.echo(f"{name} is loaded")


@states.command(name="list")
@_state
def list_saved(state: Path) -> None:
    """Show what was saved: name, bytes, when, and the stacks in it."""
    from localstack_parity.state import files

    with _sentences():
        for one in files.listed(state / "states"):
            about = one.about
            click.echo(f"{one.name}  {one.size}  {about['saved']}  {' '.join(about['stacks'])}")


@states.command()
@_state
def reset(state: Path) -> None:
    """Drop all that the emulator holds, without a restart."""
    from localstack_parity.state import client

    with _sentences():
        client.ask(_running(state).endpoint, client.RESET, "POST")
    click.echo("empty")


def _running(state: Path) -> emulator.Running:
    if running := emulator.find(state):
        return running
    raise Refused(f"No emulator of {state} runs: `localstack-parity start` starts it.")


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Show what a person can act on as a sentence, with exit code 2, and no traceback."""
    try:
        yield
    except (Refused, Unusable, OSError) as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(
                f"Port {port} of 127.0.0.1 cannot be used ({error.strerror}): "
                "choose another with --port."
            ) from error
