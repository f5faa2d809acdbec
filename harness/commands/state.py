"""The commands state …: what the emulator holds as a whole, kept in a file or dropped."""

from dataclasses import asdict

import click

from harness.commands.options import as_json, configured
from harness.commands.output import agreed, left_alone, print_json, require_running
from harness.naming import as_typed, size
from harness.settings import Settings
from harness.targets import emulator_state
from harness.targets.choosing import choose_target
from harness.targets.emulator_state import Saved
from harness.targets.target import Target


@click.group()
def state() -> None:
    """Save, load or drop all that the emulator holds.

    That is: stacks, functions, objects, queues with their messages, topics, subscriptions, alarms,
    metrics, logs, roles, users, mails, events that wait for a retry. Faults on purpose are not
    kept. A file can only be loaded where it was saved, by the same versions.
    """


@state.command()
@click.argument("name")
@configured("target", "state")
def save(settings: Settings, name: str) -> int:
    """Save everything under NAME.

    What was saved under it before is replaced. Requests wait meanwhile. What is under way gets ten
    seconds to end; if it goes on after that, nothing is saved.

    \b
      tapstack state save deployed
    """
    saved = emulator_state.save(_running(settings), name)
    click.echo(f"{saved.name}: {_content(saved)}, {size(saved.size)}")
    return 0


@state.command()
@click.argument("name")
@configured("target", "state")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def load(settings: Settings, name: str, *, yes: bool) -> int:
    """Hold what was saved under NAME, and nothing else.

    Without a terminal nothing is replaced unless --yes says so, and it ends with 2.

    \b
      tapstack state load deployed --yes
    """
    target = _running(settings)
    emulator_state.require_saved(target, name)
    question = f"Replace all that {target.endpoint} holds, of every environment?"
    if not agreed(question, yes=yes):
        return left_alone("Nothing was replaced.", f"`tapstack state load {name} --yes` does it.")
    click.echo(f"{name}: {_content(emulator_state.load(target, name))} loaded")
    return 0


@state.command(name="list")
@configured("target", "state")
@as_json
def list_saved(settings: Settings, *, as_json: bool) -> int:
    """Show what was saved, and when. Of the embedded target also while nothing runs."""
    target = choose_target(settings)
    if not emulator_state.keeps_files_here(target):
        require_running(target)
    found = emulator_state.saved(target)
    if as_json:
        print_json([asdict(each) for each in found])
        return 0
    for each in found:
        click.echo(
            f"{each.name:<24} {each.at:%Y-%m-%d %H:%M} {size(each.size):>9}  {_content(each)}"
        )
    if not found:
        click.echo(as_typed("Nothing was saved. `tapstack state save NAME` does it."))
    return 0


@state.command()
@configured("target", "state")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def reset(settings: Settings, *, yes: bool) -> int:
    """Drop everything that the emulator holds.

    That is what can be saved, and faults on purpose. What is under way gets ten seconds to end;
    functions that run on are ended then. Without a terminal nothing is dropped unless --yes says
    so, and it ends with 2.

    \b
      tapstack state reset --yes
    """
    target = _running(settings)
    if not agreed(f"Drop all that {target.endpoint} holds, of every environment?", yes=yes):
        return left_alone("Nothing was dropped.", "`tapstack state reset --yes` does it.")
    emulator_state.reset(target)
    click.echo(as_typed("The emulator is empty. `tapstack up` deploys."))
    return 0


def _running(settings: Settings) -> Target:
    target = choose_target(settings)
    require_running(target)
    return target


def _content(saved: Saved) -> str:
    stacks = ", ".join(saved.stacks) or "no stack"
    return f"{stacks} and {saved.objects} objects"
