"""The command scenarios: the list of what `tapstack run` knows."""

import click

from harness.commands.options import as_json, configured
from harness.commands.output import on_terminal, print_json
from harness.settings import Settings


@click.command(name="scenarios")
@configured("template")
@as_json
def scenarios_command(settings: Settings, *, as_json: bool) -> int:
    """List the scenarios that `tapstack run` knows.

    TapStack's own, and those in scenarios/ of the project that the template belongs to.

    One line each: whether the gate runs it, its name, what it is about, and what a target needs for
    it. Nothing has to run.
    """
    from harness.run.catalogue import scenarios

    known = scenarios(settings)
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "title": each.title,
                    "gate": bool(each.gate),
                    "needs": sorted(each.needs),
                }
                for each in known
            ]
        )
        return 0
    for each in known:
        needs = f" (needs {', '.join(sorted(each.needs))})" if each.needs else ""
        label = f"{'gate' if each.gate else '':<6}{each.name:<24}"
        click.echo(on_terminal(label, f"{each.title}{needs}"))
    return 0
