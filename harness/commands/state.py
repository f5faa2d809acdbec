"""The commands state …: what the emulator holds as a whole."""

import click

from harness.commands.options import configured
from harness.commands.output import agreed, require_running
from harness.naming import as_typed
from harness.settings import Settings
from harness.targets import emulator_state
from harness.targets.choosing import choose_target


@click.group()
def state() -> None:
    """Drop what the emulator holds, without a restart."""


@state.command()
@configured("target", "state")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def reset(settings: Settings, *, yes: bool) -> int:
    """Drop everything: stacks, objects, functions, queues, mails, logs, metrics, users, faults.

    What is under way gets ten seconds to end; functions that run on are ended then. Without a
    terminal nothing is dropped unless --yes says so.

    \b
      tapstack state reset --yes
    """
    target = choose_target(settings)
    require_running(target)
    if not agreed(f"Drop all that {target.endpoint} holds, of every environment?", yes=yes):
        click.echo(as_typed("Nothing was dropped. `tapstack state reset --yes` does it."))
        return 0
    emulator_state.reset(target)
    click.echo(as_typed("The emulator is empty. `tapstack up` deploys."))
    return 0
