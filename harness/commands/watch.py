"""The command watch: every saved change is deployed."""

import click

from harness.commands.options import ALL, configured, pairs, parameters
from harness.commands.output import require_running
from harness.naming import as_typed
from harness.settings import Settings
from harness.targets.choosing import choose_target


@click.command()
@configured(*ALL)
@parameters
def watch(settings: Settings, parameters: tuple[str, ...]) -> int:
    """Deploy what is saved, as it is saved, until Ctrl-C.

    A change of a function's source is its new code, without a change set; a change of the template
    is a change set of the stack. Each is one line, with the time it took and what lint says of it.
    What does not compile, or is refused, is not deployed.

    \b
      tapstack watch
      tapstack watch --parameter ReservedConcurrency=5
    """
    from harness.watch import Place
    from harness.watch import watch as deploy_changes

    target = choose_target(settings)
    require_running(target)
    place = Place(target, settings, pairs(parameters))
    deploy_changes(place, lambda line: click.echo(as_typed(line)))
    return 0
