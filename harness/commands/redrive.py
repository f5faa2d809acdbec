"""The command redrive: failed invocations are sent to the function again."""

from dataclasses import asdict
from typing import Any

import click

from harness.commands.options import STACK, as_json, configured
from harness.commands.output import print_json, running_stack
from harness.naming import as_typed, counted
from harness.redrive import LIMIT, Failure, Item, Redrive
from harness.redrive import redrive as send_again
from harness.settings import Settings
from harness.targets.choosing import choose_target

_DONE = {
    "send": "would be sent again",
    "sent": "sent again",
    "repeat": "not sent twice",
    "left": "left alone",
    "refused": "NOT SENT",
}


@click.command()
@configured(*STACK, "region")
@click.option("--execute", is_flag=True, help="Send them again; without it nothing is changed.")
@as_json
def redrive(settings: Settings, *, execute: bool, as_json: bool) -> int:
    """Send what is in the failure queue to the function again.

    Without --execute it only shows what is there and what would be done. With it, each failed
    event goes to the function once more, and leaves the queue once Lambda has accepted it: fix the
    cause first. What another request has processed meanwhile is not processed twice.

    \b
      tapstack redrive
      tapstack redrive --execute
      tapstack redrive --json | jq -r '.items[].failure.images[].key'
    """
    target = choose_target(settings)
    stack = running_stack(target, settings)
    done = send_again(
        target, stack, execute=execute, report=lambda item: None if as_json else _on_progress(item)
    )
    if as_json:
        print_json(_document(done))
    else:
        click.echo(as_typed(_sum(done)))
    return 1 if done.count("refused") else 0


def _on_progress(item: Item) -> None:
    what = f"{_DONE[item.action]}{f': {item.why}' if item.why else ''}"
    if not item.failure:
        click.echo(f"message {item.message_id}\n  {what}")
        return
    failure = item.failure
    for image in failure.images or ({"key": "(no image)", "versionId": None},):
        version = f", version {image['versionId']}" if image["versionId"] else ""
        click.echo(f"{image['key']}{version}")
    click.echo(f"  {_failed(failure)}")
    click.echo(f"  {what}{f', as request {item.sent_as}' if item.sent_as else ''}")


def _failed(failure: Failure) -> str:
    """When and why it failed, in one line."""
    attempts = failure.attempts
    tried = "" if attempts is None else f" after {counted(attempts, 'attempt')}"
    again = ", redriven before" if failure.before else ""
    error = " ".join(failure.error.split())
    return (
        f"{failure.condition}{tried} at {failure.failed_at}, request {failure.request_id}{again}"
        f"{f': {error}' if error else ''}"
    )


def _sum(done: Redrive) -> str:
    """The last lines: how many there were, and what to do next."""
    others = (
        f" {done.in_flight} more may come back: somebody else has received them just now."
        if done.in_flight
        else ""
    )
    if not done.items:
        return f"The failure queue is empty: there is nothing to send again.{others}"
    parts = [f"{done.count(name)} {said}" for name, said in _DONE.items() if done.count(name)]
    more = f" Run it again for more than {LIMIT}." if len(done.items) >= LIMIT else ""
    hint = " `tapstack redrive --execute` does it." if done.count("send") else ""
    return f"\n{len(done.items)} in the failure queue: {', '.join(parts)}.{hint}{more}{others}"


def _document(done: Redrive) -> dict[str, Any]:
    return {
        "executed": done.executed,
        "found": len(done.items),
        **{name: done.count(name) for name in _DONE},
        "in_flight": done.in_flight,
        "items": [asdict(item) for item in done.items],
    }
