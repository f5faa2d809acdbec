"""Output of the commands, and the stack that they look up first.

Progress goes to standard error, results to standard output, so that --json can be piped.
"""

import json
import shutil
import sys
import textwrap
from typing import Any

import click

from harness.naming import as_typed, command
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deploy import find_stack
from harness.stack.deployed import Stack
from harness.targets.isolation import NOT_ISOLATED, why_not_isolated
from harness.targets.target import Target

_NARROWEST = 20  # characters of a text behind a label
_AWS_CONSOLE = ".console.aws.amazon.com/"


def show_progress(line: str) -> None:
    """Progress, on standard error."""
    click.echo(as_typed(line), err=True)


def on_terminal(label: str, text: str) -> str:
    """A line that a terminal shows wrapped at words, behind its label; whole in a file or pipe."""
    if not sys.stdout.isatty():
        return label + text
    return textwrap.fill(
        text,
        max(shutil.get_terminal_size().columns, len(label) + _NARROWEST),
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def print_json(document: object) -> None:
    """The one JSON document of a command, on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def agreed(question: str, *, yes: bool) -> bool:
    """Whether a person wants it: by --yes, or asked at a terminal. Nobody else is asked."""
    return yes or (sys.stdin.isatty() and click.confirm(question, err=True))


def left_alone(happened: str, remedy: str) -> int:
    """All is as it was: 0 for a person who said no, Problem (2) where there was nobody to ask."""
    if not sys.stdin.isatty():
        raise Problem(happened, remedy)
    click.echo(as_typed(f"{happened} {remedy}"))
    return 0


def require_running(target: Target) -> None:
    """Problem unless the target answers."""
    if not target.running():
        raise Problem(
            f"The target {target.name} is not running.", "`tapstack up` starts it and deploys."
        )


def running_stack(target: Target, settings: Settings) -> Stack:
    """The stack of the settings, as deployed; Problem where it, or the target, is not there."""
    require_running(target)
    stack = find_stack(target, settings)
    if not stack:
        raise Problem(f"{settings.stack_name} is not deployed.", "`tapstack up` deploys it.")
    return stack


def stack_facts(stack: Stack) -> dict[str, Any]:
    """What --json says of a stack."""
    return {
        "name": stack.name,
        "region": stack.region,
        "account": stack.account,
        "outputs": dict(stack.outputs),
    }


def show_stack(target: Target, stack: Stack) -> None:
    """The stack's outputs, and how to reach it with the AWS CLI."""
    click.echo(f"\n{stack.name} is deployed in {stack.region}, account {stack.account}\n")
    width = max((len(name) for name in stack.outputs), default=0)
    for name, value in sorted(stack.outputs.items()):
        click.echo(f"  {name:<{width}}  {value}")
    if target.endpoint:
        for name, value in stack.outputs.items():
            if _AWS_CONSOLE in value:
                here = "`tapstack console` shows what runs here"
                click.echo(as_typed(f"\n{name} leads to the console of AWS itself; {here}"))
        click.echo(_how_to_reach(target.endpoint, stack))
    if not stack.missing():
        first = (stack.pipeline.gate or ("daily-load",))[0]
        click.echo(as_typed(f"\nNext: `tapstack run {first}`; `tapstack console` shows it live"))


def show_isolation(target: Target) -> None:
    """A warning where functions are not kept apart."""
    if reason := why_not_isolated(target):
        click.echo(f"\n{NOT_ISOLATED.format(reason=reason)}")


def _how_to_reach(endpoint: str, stack: Stack) -> str:
    """How other tools come to it."""
    example = "s3 ls"
    if not stack.missing("upload_bucket"):
        example = f"s3 cp photo.jpg s3://{stack.upload_bucket}/{stack.keys.uploads}photo.jpg"
    return f"""
Any tool that speaks AWS reaches it, once its shell has the endpoint, the Region and the keys:
  eval "$({command("env")})"
  aws --endpoint-url {endpoint} {example}"""
