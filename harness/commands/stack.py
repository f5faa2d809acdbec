"""The commands that bring the stack up and down: up, down, destroy, build and deploy."""

import click

from harness.commands.options import ALL, STACK, as_json, configured, pairs, parameters
from harness.commands.output import (
    agreed,
    left_alone,
    print_json,
    require_running,
    show_isolation,
    show_progress,
    show_stack,
    stack_facts,
)
from harness.naming import as_typed, size
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deploy import bring_up, deploy
from harness.stack.destroy import destroy as destroy_environment
from harness.stack.destroy import environment
from harness.stack.package import PLATFORMS, build, zipped
from harness.targets import emulator_state
from harness.targets.choosing import choose_target, target_to_start, targets_to_stop

_replace = click.option(
    "--replace", is_flag=True, help="Though most of what is deployed is deleted by it."
)


@click.command()
@configured(*ALL)
@parameters
@_replace
@click.option("--state-from", metavar="NAME", help="Begin with a saved state, if nothing runs yet.")
def up(
    settings: Settings, parameters: tuple[str, ...], *, replace: bool, state_from: str | None
) -> int:
    """Start the target and deploy the stack.

    What runs already stays, what is deployed already is updated. Several environments fit into one
    emulator; an emulator of its own needs a state folder of its own.

    \b
      tapstack up
      tapstack up --suffix pr-42
      tapstack up --suffix pr-42 --port 4570 --state /tmp/pr-42
    """
    target = target_to_start(settings, show_progress)
    stack = bring_up(
        target,
        settings,
        pairs(parameters),
        replace=replace,
        state_from=state_from,
        on_progress=show_progress,
    )
    show_stack(target, stack)
    show_isolation(target)
    return 0


@click.command()
@configured("state", "target")
@click.option("--saved", is_flag=True, help="Remove saved states, too.")
def down(settings: Settings, *, saved: bool) -> int:
    """Stop everything; what was deployed is gone.

    The emulator's state is part of its process: nothing but saved states is kept between two runs,
    one of which is made here if it was started with PERSISTENCE=1. `--saved` removes them, too.
    """
    targets = targets_to_stop(settings)
    stopped = [target.stop() for target in targets]
    removed = [name for target in targets if saved for name in emulator_state.remove_all(target)]
    if removed:
        click.echo(f"Removed what was saved: {', '.join(removed)}.")
    if any(stopped):
        kept = [name for target in targets for name in emulator_state.kept(target)]
        but = f" but saved states ({', '.join(kept)})" if kept else ""
        click.echo(
            as_typed(f"Stopped. The emulator keeps nothing{but}: `tapstack up` deploys anew.")
        )
        if "persisted" in kept:
            click.echo(as_typed("With PERSISTENCE=1 `tapstack up` goes on from persisted."))
        elif kept:
            click.echo(as_typed("`tapstack up --state-from NAME` begins with a saved state."))
    else:
        click.echo("Nothing was running.")
    return 0


@click.command()
@configured(*STACK, "region")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def destroy(settings: Settings, *, yes: bool) -> int:
    """Remove an environment with all that its buckets hold.

    The stack, every version of every object, and what earlier stacks have left under the names
    that the template gives. It is shown and asked; without a terminal nothing is changed unless
    --yes says so, and it ends with 2. Ends with 1 if some of it stays.

    \b
      tapstack destroy --suffix pr-42
      tapstack destroy --suffix pr-42 --yes
    """
    target = choose_target(settings)
    require_running(target)
    if not yes:
        there = environment(target, settings)
        if there.status:
            click.echo(f"{settings.stack_name}, {there.status}")
        for name in there.buckets:
            click.echo(f"  with all that {name} holds")
        for found in there.orphans:
            click.echo(f"{found}, which belongs to no stack")
        if not there:
            click.echo("There is nothing of it.")
            return 0
        if not agreed("Remove all of it?", yes=yes):
            return left_alone("Nothing was removed.", "`tapstack destroy --yes` removes it.")
    stayed = destroy_environment(target, settings, show_progress)
    for line in stayed:
        show_progress(f"not removed: {line}")
    return 1 if stayed else 0


@click.command(name="build")
@configured("template", "target", "state")
@parameters
def build_command(settings: Settings, parameters: tuple[str, ...]) -> int:
    """Build the functions' packages.

    Sources and pinned wheels for the target's architecture, or for that of the parameter
    Architecture; what is up to date is left alone. The folders under build/ are what
    `aws cloudformation package` uploads.

    \b
      tapstack build --parameter Architecture=arm64
    """
    wanted = pairs(parameters).get("Architecture") or choose_target(settings).architecture
    if wanted not in PLATFORMS:
        raise Problem(f"{wanted!r} is not an architecture.", f"Choose {' or '.join(PLATFORMS)}.")
    for package in build(settings, wanted):
        made = zipped(package.folder, settings)
        click.echo(
            f"{package.name:<24} {'built' if package.fresh else 'up to date':<10} "
            f"{size(package.unzipped_bytes):>9}  {made}"
        )
    return 0


@click.command(name="deploy")
@configured(*ALL)
@parameters
@_replace
@as_json
def deploy_command(
    settings: Settings, parameters: tuple[str, ...], *, replace: bool, as_json: bool
) -> int:
    """Deploy the stack to the running target.

    Builds and uploads the packages, executes a change set, prints its events as they come, checks
    that all of the template is there, and prints the outputs.

    \b
      tapstack deploy --parameter ReservedConcurrency=5
    """
    target = choose_target(settings)
    require_running(target)
    stack = deploy(target, settings, pairs(parameters), replace=replace, on_progress=show_progress)
    if as_json:
        print_json(stack_facts(stack))
    else:
        show_stack(target, stack)
    return 0
