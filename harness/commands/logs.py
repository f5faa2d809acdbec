"""The command logs: what the functions, or the emulator, logged."""

import time

import click

from harness.commands.options import configured
from harness.commands.output import running_stack
from harness.evidence.logs import follow, log_events, log_groups, readable
from harness.settings import Settings, positive_count
from harness.targets.choosing import choose_target


@click.command()
@configured("suffix", "target", "state")
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--lines", "-n", default="50", metavar="N", help="How many of the last.  [50]")
@click.option("--emulator", is_flag=True, help="The emulator's own log instead.")
def logs(settings: Settings, *, following: bool, lines: str, emulator: bool) -> int:
    """Show what the functions logged.

    The last lines of every log group of the stack, oldest first, JSON made readable.

    \b
      tapstack logs --follow
      tapstack logs --emulator -n 200
    """
    count = positive_count(lines, "lines")
    target = choose_target(settings)
    if emulator:
        for line in target.log_lines(count):
            click.echo(line)
        return 0
    stack = running_stack(target, settings)
    groups = log_groups(target, stack.name)
    events = log_events(target, groups)[-count:]
    for event in events:
        click.echo(readable(event))
    if following:
        shown = {event.id for event in events}
        since = events[-1].time_ms if events else int(time.time() * 1000)
        for event in follow(target, groups, since):
            if event.id not in shown:
                click.echo(readable(event))
    return 0
