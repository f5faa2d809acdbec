"""The read-only commands: status, logs, mail, iam, scenarios, explain and compare."""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from harness.commands.answers import (
    print_json,
    require_running,
    running_stack,
    show_isolation,
    show_stack,
    stack_facts,
)
from harness.commands.options import as_json, configured
from harness.evidence.iam import read_usage
from harness.evidence.iam import readable as permissions_as_text
from harness.evidence.logs import follow, log_events, log_groups, readable
from harness.naming import as_typed
from harness.problems import Problem
from harness.settings import Settings, positive_count
from harness.stack.deploy import find_stack
from harness.targets.choosing import choose_target
from harness.targets.inbox import Mail, read_mails
from harness.targets.isolation import why_not_isolated
from harness.waiting import every

_FOLLOW_S = 1.0
NOTHING_RUNS = 3  # as `systemctl status` says it (LSB: "program is not running")


@click.command()
@configured("suffix", "target", "state")
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


@click.command()
@configured("state", "target")
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until Ctrl-C.")
@as_json
def mail(settings: Settings, *, following: bool, as_json: bool) -> int:
    """Show the mails that SNS would have sent: none leaves this machine.

    A confirmation has the link that confirms the address; until it was followed, the address gets
    nothing else. With SMTP_HOST=HOST:PORT set for `tapstack up`, each mail also goes there.

    \b
      tapstack mail --follow
      tapstack mail --json | jq -r '.[-1].links[0]' | xargs curl
    """
    if as_json and following:
        raise Problem("--json prints one document, and --follow has no end.", "Choose one.")
    target = choose_target(settings)
    require_running(target)
    mails = read_mails(target.endpoint)
    if mails is None:
        raise Problem(
            f"{target.endpoint} keeps no mails.",
            "Use an emulator that `tapstack up` started, or read them where they are sent.",
        )
    if as_json:
        print_json([asdict(each) for each in mails])
        return 0
    for each in mails:
        _show_mail(each)
    if not mails:
        click.echo("No mail yet.")
    if following:
        last = mails[-1].number if mails else 0
        for _ in every(_FOLLOW_S):
            for each in read_mails(target.endpoint, last) or []:
                _show_mail(each)
                last = each.number
    return 0


def _show_mail(mail: Mail) -> None:
    sent = f"{datetime.fromtimestamp(mail.at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    click.echo(f"{sent}  to {mail.to}\n{mail.subject}\n\n{mail.text}\n{'-' * 60}")


@click.command()
@configured("state", "target")
@as_json
def iam(settings: Settings, *, as_json: bool) -> int:
    """Show what each role used, was denied, and was granted but never used.

    \b
      tapstack run daily-load && tapstack iam
      tapstack iam --json | jq '.[].denied'
    """
    target = choose_target(settings)
    require_running(target)
    roles = read_usage(target)
    if as_json:
        print_json(roles)
        return 0
    for line in permissions_as_text(roles):
        click.echo(line)
    return 0


@click.command(name="scenarios")
@as_json
def scenarios_command(*, as_json: bool) -> int:
    """List the scenarios that `tapstack run` knows.

    One line each: whether the gate runs it, its name, what it is about, and what a target needs for
    it. Nothing has to run.
    """
    from harness.run.scenario import scenarios

    known = scenarios()
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "title": each.title,
                    "gate": bool(each.gate),
                    "needs": sorted(each.needs),
                }
                for each in known
            ]
        )
        return 0
    for each in known:
        needs = f" (needs {', '.join(sorted(each.needs))})" if each.needs else ""
        click.echo(f"{'gate' if each.gate else '':<6}{each.name:<24}{each.title}{needs}")
    return 0


@click.command()
@click.argument("key")
@configured("suffix", "target", "state")
@click.option("--report", metavar="FOLDER", help="That of another run.  [reports/latest]")
def explain(settings: Settings, key: str, report: str | None) -> int:
    """Tell the story of the image KEY: of a run, or an upload of your own.

    KEY is a key of either bucket, or enough of its end. The report of the latest run is asked
    first, for which nothing has to run: when the image was due, sent and delivered, how each
    attempt ended, what was announced, what came out, why it counts as what it counts as, and what
    its invocations logged. What is in no report is looked for in the deployed stack.

    \b
      tapstack explain uploads/run-20260101T120000-1a2b/photo.jpg
      tapstack explain user-172/photo.jpg --report reports/20260101T120000Z-daily-load
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
    """The story of an upload that the report does not have; Problem that says so of both."""
    from harness.run.own_upload import NotUploaded, story

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
        raise Problem(
            f"{in_report.happened} {problem.happened}", f"{in_report.remedy} {problem.remedy}"
        ) from None


@click.command(name="compare")
@click.argument("before")
@click.argument("after")
@configured()
@as_json
def compare_command(settings: Settings, before: str, after: str, *, as_json: bool) -> int:
    """Compare two runs: BEFORE and AFTER are folders of reports.

    Throughput, latency, processor time and memory, what was asked for differently, and the checks
    that changed. Nothing has to run, and nothing is judged.

    \b
      tapstack compare 20260101T120000Z-daily-load latest
      tapstack compare A B --json | jq .checks
    """
    from harness.evidence.comparison import compare, read_report

    reports = [read_report(settings.reports_dir, name) for name in (before, after)]
    found = compare(reports[0], reports[1], (before, after))
    if as_json:
        print_json(asdict(found))
        return 0
    click.echo(f"{'':<26}{'before':>16}{'after':>16}{'change':>10}")
    for row in found.rows:
        word = "" if row.kind == "same" else f"  {row.kind}"
        click.echo(f"{row.name:<26}{row.before:>16}{row.after:>16}{row.change:>10}{word}")
    for line in (*found.differences, *(found.checks or ["No check has changed."])):
        click.echo(line)
    return 0
