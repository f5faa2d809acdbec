"""The command explain: the story of one image."""

from pathlib import Path

import click

from harness.commands.options import STACK, configured
from harness.naming import as_typed
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deploy import find_stack
from harness.targets.choosing import choose_target


@click.command()
@click.argument("key")
@configured(*STACK)
@click.option("--report", metavar="FOLDER", help="That of another run.  [reports/latest]")
def explain(settings: Settings, key: str, report: str | None) -> int:
    """Show what happened to the image KEY.

    It is one of a run, or an upload of your own. KEY is a key of either bucket, or enough of its
    end, from a slash on. The report of the latest run is asked first, for which nothing has to run:
    when the image was due, sent and delivered, how each attempt ended, what was announced, what
    came out, why it counts as what it counts as, and what its invocations logged. What is not in it
    is looked for in the deployed stack: among your own uploads, then among those of earlier runs.

    \b
      tapstack explain uploads/run-20260101T120000-1a2b/photo.jpg
      tapstack explain user-172/photo.jpg --report reports/20260101T120000Z-soak
      tapstack explain uploads/photo-of-mine.jpg
    """
    from harness.evidence.explain import NotInReport
    from harness.evidence.explain import explain as story_of

    try:
        lines = story_of(settings, key, Path(report) if report else None)
    except NotInReport as problem:
        if report:
            raise
        lines = _story_in_stack(settings, key, problem)
    for line in lines:
        click.echo(as_typed(line))
    return 0


def _story_in_stack(settings: Settings, key: str, in_report: Problem) -> list[str]:
    """The story of an upload that the report does not have; Problem if the stack has none."""
    from harness.evidence.explain import SeveralInReport
    from harness.run.own_upload import NotUploaded, SeveralUploads, story

    target = choose_target(settings)
    stack = find_stack(target, settings) if target.running() else None
    if stack is None:
        raise Problem(
            f"{in_report.happened} {settings.stack_name} is not deployed either, where an upload "
            "of your own would be looked for.",
            in_report.remedy,
        )
    try:
        return story(target, stack, key)
    except NotUploaded as problem:
        if isinstance(in_report, SeveralInReport):
            raise in_report from None
        if isinstance(problem, SeveralUploads):
            raise
        raise Problem(
            f"{in_report.happened.removesuffix('.')}, and {problem.happened}", problem.remedy
        ) from None
