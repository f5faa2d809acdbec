"""The command env: what other tools need to reach the target, for a shell to evaluate."""

import os
import shlex
from collections.abc import Callable, Iterator, Mapping

import click

from harness.commands.options import configured
from harness.commands.output import require_running
from harness.naming import command
from harness.settings import Settings
from harness.targets.choosing import choose_target
from harness.targets.target import Target

# Would be used instead of, or together with, what is set here.
_IN_THE_WAY = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
# "Service-specific endpoints" of the AWS SDKs and Tools Reference Guide: these go before
# AWS_ENDPOINT_URL, and the other makes SDKs ignore it.
_OF_SERVICES, _IGNORING = "AWS_ENDPOINT_URL_", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


def _sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    return f"set -gx {name} {shlex.quote(value)};"


_SET: Mapping[str, Callable[[str, str], str]] = {"sh": _sh, "fish": _fish}
_UNSET = {"sh": "unset {}", "fish": "set -e {};"}


@click.command()
@configured("target", "state")
@click.option("--unset", is_flag=True, help="Take it back: the lines that remove the variables.")
@click.option(
    "--shell", type=click.Choice(list(_SET)), default="sh", help="sh is bash's and zsh's too.  [sh]"
)
def env(settings: Settings, *, unset: bool, shell: str) -> int:
    """Print what any AWS SDK needs to reach the emulator.

    Endpoint, Region and keys as lines for a shell. Profile, session and endpoints of single
    services that are set go, for SDKs would prefer them.

    \b
      eval "$(tapstack env)"
      eval "$(tapstack env --unset)"
      tapstack env --shell fish | source
    """
    if unset:
        click.echo("\n".join(_UNSET[shell].format(name) for name in variables("", "")))
        return 0
    target = choose_target(settings)
    require_running(target)
    click.echo("\n".join(_lines(target, shell)))
    return 0


def variables(endpoint: str, region: str) -> dict[str, str]:
    """The environment variables with which SDKs reach a target."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def _lines(target: Target, shell: str) -> Iterator[str]:
    yield f'# eval "$({command("env")})"'
    yield "# Version 1 of the AWS CLI reads no AWS_ENDPOINT_URL for SQS: give it --endpoint-url."
    for name in (*_IN_THE_WAY, *(name for name in os.environ if _prefers_another(name))):
        yield _UNSET[shell].format(name)
    for name, value in variables(target.endpoint or "", target.region).items():
        yield _SET[shell](name, value)


def _prefers_another(name: str) -> bool:
    return name.startswith(_OF_SERVICES) or name == _IGNORING
