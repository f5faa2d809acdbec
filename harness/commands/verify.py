"""The command verify: the deployed stack against its template. Exit code 1 is a difference."""

import click

from harness.commands.options import STACK, as_json, configured
from harness.commands.output import on_terminal, print_json, running_stack
from harness.settings import Settings
from harness.targets.choosing import choose_target


@click.command()
@configured(*STACK)
@as_json
def verify(settings: Settings, *, as_json: bool) -> int:
    """Prove that the deployed stack is what its template says.

    Reads every resource back through its service's API and compares it, property by property, with
    the template whose parameters have the stack's values; outputs and exports too. What was ignored
    or altered is listed, and what could not be verified.

    \b
      tapstack verify
      tapstack verify --json | jq .failed
    """
    from harness.stack.verify import verify as read_back

    target = choose_target(settings)
    verification = read_back(target, settings, running_stack(target, settings).name)
    if as_json:
        print_json(verification.report())
    else:
        for line in verification.lines():
            click.echo(on_terminal("", line))
    return 0 if verification.passed else 1
