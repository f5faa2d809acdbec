"""The command status: what runs and what is deployed."""

import click

from harness.commands.options import STACK, as_json, configured
from harness.commands.output import (
    print_json,
    show_isolation,
    show_stack,
    stack_facts,
)
from harness.naming import as_typed, size
from harness.settings import Settings
from harness.stack.deploy import find_stack
from harness.targets.choosing import choose_target
from harness.targets.isolation import why_not_isolated

NOTHING_RUNS = 3  # as `systemctl status` says it (LSB: "program is not running")


@click.command()
@configured(*STACK)
@as_json
def status(settings: Settings, *, as_json: bool) -> int:
    """Show what runs and what is deployed. Ends with 3 if nothing runs.

    \b
      tapstack status
      tapstack status --json | jq -r .stack.outputs.UploadBucketName
    """
    target = choose_target(settings)
    facts = target.status()
    running = target.running()
    stack = find_stack(target, settings) if running else None
    if as_json:
        print_json(
            {
                "target": {
                    "name": target.name,
                    **facts,
                    **({"isolated": not why_not_isolated(target)} if running else {}),
                },
                "stack": stack_facts(stack) if stack else None,
            }
        )
        return 0 if running else NOTHING_RUNS
    click.echo(f"{target.name}: {'running' if running else 'not running'}")
    for name, value in facts.items():
        if name == "memory_bytes" and isinstance(value, int):
            name, value = "memory", f"{size(value)}, functions included"
        if value is not None:
            click.echo(f"  {name:<14} {value}")
    if stack:
        show_stack(target, stack)
    else:
        both = "starts it and deploys" if not running else "deploys it"
        click.echo(as_typed(f"{settings.stack_name}: not deployed. `tapstack up` {both}."))
    if running:
        show_isolation(target)
    return 0 if running else NOTHING_RUNS
