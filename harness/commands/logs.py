"""The command logs: what the functions, or the emulator, logged."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from harness.commands.options import STACK, configured
from harness.commands.output import running_stack
from harness.evidence.logs import LogEvent, follow, log_events, log_groups, readable
from harness.problems import Problem
from harness.settings import Settings, positive_count, seconds
from harness.stack.deployed import Stack
from harness.targets.choosing import choose_target
from harness.targets.target import Target

_LINES = 50  # of the last, where nothing else limits them
_NAMED = 3  # keys, where several are meant


@click.command()
@click.argument("key", required=False)
@configured(*STACK)
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--since", metavar="TIME", help="5m: the last five minutes. 18:04: from then on, UTC."
)
@click.option("--function", metavar="NAME", help="That function alone, or part of its name.")
@click.option(
    "--lines", "-n", metavar="N", help="How many of the last.  [50; all with --since or KEY]"
)
@click.option("--emulator", is_flag=True, help="The emulator's own log instead.")
def logs(
    settings: Settings,
    key: str | None,
    *,
    following: bool,
    since: str | None,
    function: str | None,
    lines: str | None,
    emulator: bool,
) -> int:
    """Show what the functions logged.

    The last lines of every log group of the stack, oldest first, JSON made readable. With KEY, all
    lines of the requests that handled that upload: a key of either bucket, or enough of its end.

    \b
      tapstack logs --follow
      tapstack logs --since 5m --function image-processor
      tapstack logs user-172/photo.jpg
      tapstack logs --emulator -n 200
    """
    count = positive_count(lines, "lines") if lines is not None else None
    if following and key:
        raise Problem("--follow shows what comes, KEY what came.", "Use one of them.")
    if emulator and (key or since or function or following):
        raise Problem("--emulator shows the last lines of its log.", "Use -n alone with it.")
    since_ms = _since(since) if since else 0
    target = choose_target(settings)
    if emulator:
        for line in target.log_lines(count or _LINES):
            click.echo(line)
        return 0
    stack = running_stack(target, settings)
    groups = _groups(log_groups(target, stack.name), function)
    if key:
        events = _of_key(target, stack, groups, key, since_ms)
    else:
        events = log_events(target, groups, since_ms)
        count = count or (None if since else _LINES)
    events = events[-count:] if count else events
    for event in events:
        click.echo(readable(event))
    if following:
        shown = {event.id for event in events}
        start_ms = events[-1].time_ms if events else int(time.time() * 1000)
        for event in follow(target, groups, start_ms):
            if event.id not in shown:
                click.echo(readable(event))
    return 0


def _since(text: str) -> int:
    """The milliseconds since 1970 of "5m" (ago), "18:04", or a date and time; UTC if not said."""
    try:
        return int(1000 * (time.time() - seconds(text)))
    except Problem:
        pass
    today = f"{datetime.now(UTC):%Y-%m-%d}T"
    for form in (text, today + text):
        try:
            at = datetime.fromisoformat(form)
        except ValueError:
            continue
        return int(1000 * (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    raise Problem(f"{text!r} is not a time.", "Write it as 5m, 18:04 or 2026-01-31T18:04:00.")


def _groups(known: Sequence[str], function: str | None) -> list[str]:
    """The log groups, or those of the functions that are named."""
    if not function:
        return list(known)
    found = [group for group in known if function in group]
    if not found:
        names = ", ".join(group.removeprefix("/aws/lambda/") for group in known)
        raise Problem(f"There is no function {function!r}.", f"The stack has: {names}.")
    return found


def _of_key(
    target: Target, stack: Stack, groups: Sequence[str], wanted: str, since_ms: int
) -> list[LogEvent]:
    """The lines of all requests that handled the upload; Problem unless there is exactly one."""
    from harness.evidence.invocations import InvocationLog  # late, as is what comes with it

    source = stack.keys.source(wanted)
    found: dict[str, list[LogEvent]] = {}
    for group in groups:
        log = InvocationLog(target.client("logs"), group, 0, since_ms)
        log.read()
        for invocation in log.invocations.values():
            for key in {handled.key for handled in invocation.handled}:
                if key == source or key.endswith(f"/{source}"):
                    found.setdefault(key, []).extend(
                        LogEvent("", time_ms, group, text) for time_ms, text in invocation.lines
                    )
    if source in found:
        found = {source: found[source]}
    if not found:
        raise Problem(
            f"No function has logged that it began with {wanted!r}.",
            "Name a whole key; `tapstack explain KEY` says what S3 knows of it.",
        )
    if len(found) > 1:
        named = ", ".join(sorted(found)[:_NAMED])
        raise Problem(f"{wanted!r} ends {len(found)} keys: {named} …", "Name one of them.")
    (events,) = found.values()
    return sorted(events, key=lambda event: event.time_ms)
