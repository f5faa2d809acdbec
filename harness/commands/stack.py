"""Commands that bring the stack up and down.

Options come in; the target is started or stopped, functions are built, the template is deployed.
cli.py puts them into the group.
"""

import click

from harness.commands.answers import print_json, require_running, show_stack, stack_facts, tell
from harness.commands.options import ALL, as_json, configured, pairs, parameters
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deploy import bring_up, deploy
from harness.stack.package import PLATFORMS, archive, artifact_folder, build
from harness.targets.choosing import choose_target, target_to_start, targets_to_stop


@click.command()
@configured(*ALL)
@parameters
def up(settings: Settings, parameters: tuple[str, ...]) -> int:
    """Start the target and deploy the stack.

    What runs already stays, what is deployed already is updated.

    \b
      tapstack up
      tapstack up --suffix pr-42 --port 4570
    """
    target = target_to_start(settings, tell)
    stack = bring_up(target, settings, pairs(parameters), tell=tell)
    show_stack(target, stack)
    return 0


@click.command()
@configured("state", "target")
def down(settings: Settings) -> int:
    """Stop everything; what was deployed is gone.

    The emulator's state is part of its process: nothing is kept between two runs.
    """
    stopped = [target.stop() for target in targets_to_stop(settings)]
    if any(stopped):
        click.echo("Stopped. The emulator keeps nothing: `tapstack up` deploys anew.")
    else:
        click.echo("Nothing was running.")
    return 0


@click.command(name="build")
@configured("target", "state")
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
        zipped = archive(package.folder, artifact_folder(settings))
        click.echo(
            f"{package.name:<24} {'built' if package.fresh else 'up to date':<10} "
            f"{package.unzipped_bytes / 1e6:6.1f} MB  {zipped}"
        )
    return 0


@click.command(name="deploy")
@configured(*ALL)
@parameters
@as_json
def deploy_command(settings: Settings, parameters: tuple[str, ...], *, as_json: bool) -> int:
    """Deploy the stack to the running target.

    Builds and uploads the packages, executes a change set, tells its events as they come, checks
    that all of the template is there, and prints the outputs.

    \b
      tapstack deploy --parameter ReservedConcurrency=5
    """
    target = choose_target(settings)
    require_running(target)
    stack = deploy(target, settings, pairs(parameters), tell=tell)
    if as_json:
        print_json(stack_facts(stack))
    else:
        show_stack(target, stack)
    return 0
