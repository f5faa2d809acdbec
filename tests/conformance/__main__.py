"""Plays scenarios against the running emulator or AWS, and compares with what was recorded."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import click
from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.fidelity import behaviours
from harness.settings import read_settings
from harness.targets import emulator
from tests.conformance.clients import REGION, against
from tests.conformance.play import PREFIX, Play, differences
from tests.conformance.recordings import AWS, EMULATOR, store, stored
from tests.conformance.scenario import Scenario
from tests.conformance.scenarios import SCENARIOS

_ABOUT = """# Rows of FIDELITY.md that calls show

Made by `python -m tests.conformance --rows`. Each scenario is a short list of API calls in
`scenarios/`; what was answered, by whom and when is in `recordings/`.
"""


@click.command()
@click.argument("names", nargs=-1)
@click.option("--target", type=click.Choice(["emulator", "aws"]), default="emulator")
@click.option("--endpoint", help="An endpoint instead of the emulator of this checkout.")
@click.option("--record", is_flag=True, help="Keep the answers, unless AWS's are kept already.")
@click.option("--yes", is_flag=True, help="Do it on AWS; without it what would be done is printed.")
@click.option("--rows", is_flag=True, help="List which scenarios show which rows of FIDELITY.md.")
def main(
    names: tuple[str, ...],
    target: str,
    endpoint: str | None,
    *,
    record: bool,
    yes: bool,
    rows: bool,
) -> None:
    """Play the scenarios NAMES, or all; exit code 1 if an answer is not as recorded.

    On AWS the answers become the recordings, and what the emulator answers otherwise is printed.
    """
    chosen = _chosen(names)
    if rows:
        click.echo(f"{_ABOUT}\n" + "\n".join(table(chosen)))
        return
    if target == "aws" and not yes:
        click.echo("\n".join(_plan(chosen)))
        return
    try:
        play = against(None if target == "aws" else endpoint or _endpoint())
    except (BotoCoreError, ClientError) as error:
        raise click.UsageError(f"{target} cannot be asked: {error}") from error
    different = sum(_performed(one, play(), target, record=record) for one in chosen)
    click.echo(f"{len(chosen)} scenarios, {different} answers not as recorded", err=True)
    sys.exit(1 if different else 0)


def _performed(scenario: Scenario, play: Play, target: str, *, record: bool) -> int:
    """Play a scenario, print and count what is not as recorded, and keep what is to be kept."""
    recording = stored(scenario)
    try:
        answers = play.perform(scenario)
    except TimeoutError as error:
        click.echo(f"{scenario.name}: {error}", err=True)
        answers = []
    for undone in play.left:
        click.echo(f"{scenario.name}: not cleaned up: {undone}", err=True)
    found = differences(recording.answers, answers) if recording and answers else []
    if recording:
        for line in found:
            click.echo(f"{scenario.name} ({recording.source}, {recording.date}): {line}")
    if not answers:
        return 1
    if target == "aws":
        store(scenario, answers, AWS)
    elif record and (recording is None or recording.source != AWS):
        store(scenario, answers, EMULATOR)
    return len(found)


def table(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Yield a Markdown table of the rows that are shown, with the scenarios that show them."""
    yield "| row | on AWS | scenarios |"
    yield "|---|---|---|"
    for row in behaviours():
        showing = [f"`{one.name}`" for one in scenarios if row.number in one.rows]
        if showing:
            yield f"| {row.number} | {row.behaviour} | {', '.join(showing)} |"


def _chosen(names: Sequence[str]) -> list[Scenario]:
    known = {scenario.name: scenario for scenario in SCENARIOS}
    if unknown := sorted(set(names) - known.keys()):
        raise click.UsageError(f"There is no scenario {unknown[0]}; there are {', '.join(known)}.")
    return [known[name] for name in names] or list(SCENARIOS)


def _plan(scenarios: Sequence[Scenario]) -> Iterator[str]:
    calls = [call for one in scenarios for call in (*one.calls, *one.clean_up)]
    for scenario in scenarios:
        steps = [f"{call.service}.{call.operation}" for call in scenario.calls]
        undone = [f"{call.service}.{call.operation}" for call in scenario.clean_up]
        yield f"{scenario.name} (rows {', '.join(scenario.rows)})"
        yield f"  calls     {', '.join(steps)}"
        yield f"  clean-up  {', '.join(undone) or 'nothing is made'}"
    services = Counter(call.service for call in calls)
    counted = ", ".join(f"{number} {service}" for service, number in sorted(services.items()))
    yield ""
    yield f"{len(calls)} calls or more, for what is repeated until it is ready: {counted}."
    yield "Cost: requests alone, some cents at most; nothing is made that costs by the hour."
    yield f"All that is made is in {REGION}, is named {PREFIX}… and is deleted, after failures too."
    yield "Nothing was called. Add --yes (make conformance TARGET=aws YES=1) to do it, with the"
    yield "credentials that boto3 finds: take those of an account without anything of worth."


def _endpoint() -> str:
    """Return the address of this checkout's emulator; what is not running cannot be asked."""
    running = emulator.status(read_settings().state_dir)
    if not running.ready or running.endpoint is None:
        raise click.UsageError("No emulator runs here: start it with `make up`.")
    return running.endpoint


if __name__ == "__main__":
    main()
