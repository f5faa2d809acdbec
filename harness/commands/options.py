"""Options that several commands share, and how their values are parsed."""

import functools
from collections.abc import Callable

import click

from harness.problems import Problem
from harness.settings import read_settings

_SETTINGS = {
    "suffix": ("NAME", "Environment suffix; ends the name of everything deployed.  [dev]"),
    "stack-name": ("NAME", "Name of the stack.  [tapstack-SUFFIX]"),
    "email": ("ADDRESS", "Who is subscribed to the notifications.  [ops@example.com]"),
    "target": ("NAME", "Where the stack runs: embedded, compose, endpoint or auto.  [auto]"),
    "port": ("PORT", "Port of the emulator on 127.0.0.1; 0 takes any free one.  [4566]"),
    "region": ("REGION", "AWS region.  [us-east-1]"),
    "template": (
        "FILE",
        "CloudFormation template, of another project too.  [infra/TapStack.yml]",
    ),
    "state": ("FOLDER", "What runs here, and its logs.  [.tapstack]"),
}
# Where a field of the Settings is not called as its option.
_FIELDS = {"stack-name": "given_stack_name", "state": "state_dir"}
STACK = ("suffix", "stack-name", "template", "target", "state")  # which one, and where it runs


def configured(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options `names` of _SETTINGS, and its function the Settings they make."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def with_settings(**options: object) -> int:
            chosen = {
                _FIELDS.get(name, name): options.pop(name.replace("-", "_")) for name in names
            }
            return command(read_settings(chosen), **options)

        decorated: Callable[..., int] = with_settings
        for name in reversed(names):
            metavar, text = _SETTINGS[name]
            decorated = click.option(f"--{name}", metavar=metavar, help=text)(decorated)
        return decorated

    return decorate


ALL = tuple(_SETTINGS)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
parameters = click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the template, e.g. ReservedConcurrency=5; may be repeated.",
)


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """The parameters NAME=VALUE by name; Problem for what is not of this form."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (equals and name.isalnum()):
            raise Problem(
                f"{text!r} is not a parameter.", "Write NAME=VALUE, e.g. ReservedConcurrency=5."
            )
        found[name] = value
    return found
