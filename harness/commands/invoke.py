"""The command invoke: one event to a function, and what comes of it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from harness.commands.options import STACK, as_json, configured
from harness.commands.output import print_json, running_stack, show_progress
from harness.invoke import Invoked, debugged, function_name, upload_event
from harness.invoke import invoke as invoke_function
from harness.naming import as_typed
from harness.problems import Problem
from harness.settings import Settings, port_number
from harness.targets.choosing import choose_target
from harness.targets.ports import choose_port

_PATIENCE_S = 2 * 3600  # the emulator gives up before


@click.command()
@click.argument("event", required=False, metavar="[EVENT|KEY]")
@configured(*STACK, "region")
@click.option("--function", metavar="NAME", help="Another function than the image processor.")
@click.option("--debug", is_flag=True, help="Wait for a debugger, and for as long as it takes.")
@click.option("--debug-port", default="5678", metavar="PORT", help="Where it waits.  [5678]")
@as_json
def invoke(
    settings: Settings,
    event: str | None,
    function: str | None,
    debug_port: str,
    *,
    debug: bool,
    as_json: bool,
) -> int:
    """Hand an event to the function, and show what came of it.

    EVENT is a JSON file, or - for standard input. KEY is an upload, or enough of its key's end,
    from a slash on, among your own uploads and then those of all runs: the function gets the event
    that S3 would send if it had come just now, and so processes it again. Without either that is
    the latest upload. Ends with 1 if the function fails.

    \b
      tapstack invoke
      tapstack invoke uploads/photo.jpg
      tapstack invoke event.json --json | jq .report
      echo '{"Records": []}' | tapstack invoke -
    """
    document = _document(event)
    target = choose_target(settings)
    stack = running_stack(target, settings)
    if document is None:
        document = upload_event(target, stack, event or "")
    if debug:
        port = choose_port(port_number(debug_port), "--debug-port")
        name = function_name(stack, function or "")
        with debugged(target, name, port):
            show_progress(f"{name} waits for a debugger at 127.0.0.1:{port}; Ctrl-C gives it up")
            invoked = invoke_function(target, stack, document, name, patience_s=_PATIENCE_S)
    else:
        invoked = invoke_function(target, stack, document, function or "")
    if as_json:
        print_json(asdict(invoked))
    else:
        _show(invoked)
    return 1 if invoked.failed else 0


def _document(event: str | None) -> Any:
    """The event that a file or standard input has; None where EVENT is no such thing."""
    if event is None or not (event == "-" or event.endswith(".json")):
        return None
    try:
        text = sys.stdin.read() if event == "-" else Path(event).read_text(encoding="utf-8")
        return json.loads(text)
    except FileNotFoundError:
        raise Problem(
            f"There is no file {event}.", "Name a JSON file, - for standard input, or a key."
        ) from None
    except ValueError as error:
        raise Problem(
            f"{'Standard input' if event == '-' else event} is not JSON: {error}.",
            "Write the event as one JSON document.",
        ) from None


def _show(invoked: Invoked) -> None:
    for line in invoked.log:
        click.echo(line)
    click.echo("")
    result = invoked.result
    if invoked.failed and isinstance(result, dict):
        click.echo(f"{result.get('errorType', 'Error')}: {result.get('errorMessage', '')}")
        for line in result.get("stackTrace") or []:
            click.echo(line.rstrip("\n"))
    else:
        click.echo(f"result   {json.dumps(result, ensure_ascii=False)}")
    click.echo(f"request  {invoked.request_id}, {invoked.function}")
    click.echo(as_typed(f"{'FAILED' if invoked.failed else 'done'}{_took(invoked)}"))


def _took(invoked: Invoked) -> str:
    """What it took, in words; where the log level leaves out the report, that it does."""
    if not (report := invoked.report):
        return "; how long it took, its log level leaves out"
    cold = f", cold start {report['initDurationMs']:.0f} ms" if "initDurationMs" in report else ""
    return (
        f" in {report['durationMs']:.0f} ms (billed {report['billedDurationMs']:.0f} ms), "
        f"{report['maxMemoryUsedMB']:.0f} of {report['memorySizeMB']:.0f} MB{cold}"
    )
