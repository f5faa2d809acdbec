"""The command lint: what AWS would refuse. Exit code 1 is a finding."""

from dataclasses import asdict

import click

from harness.commands.options import ALL, as_json, configured, pairs, parameters
from harness.commands.output import on_terminal, print_json, show_progress
from harness.naming import counted
from harness.settings import Settings
from harness.targets.choosing import choose_target


@click.command()
@configured(*ALL)
@parameters
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "github", "sarif"]),
    help="How findings are printed: for people, as annotations, for code scanning.  [text]",
)
@as_json
def lint(
    settings: Settings, parameters: tuple[str, ...], format_: str | None, *, as_json: bool
) -> int:
    """Look for what AWS would refuse, before anything is deployed.

    cfn-lint, AWS's own validator and the project's rules on the template, with the parameters a
    deployment would give, and on the functions' packages. One line a finding: place, rule, what is
    wrong, source.

    \b
      tapstack lint --suffix staging
      tapstack lint --json | jq -r .findings[].id
      tapstack lint --format sarif > lint.sarif
    """
    from harness.lint import lint as find
    from harness.lint.formats import FORMATS
    from harness.page.summary import append_summary, lint_summary

    if as_json and format_:
        raise click.UsageError("--json and --format are two formats: choose one.")

    target = choose_target(settings)
    findings = find(settings, target.architecture, pairs(parameters), on_progress=show_progress)
    if as_json:
        print_json({"passed": not findings, "findings": [asdict(found) for found in findings]})
    else:
        for line in FORMATS[format_ or "text"](findings).splitlines():
            click.echo(line if format_ else on_terminal("", line))
        click.echo(counted(len(findings), "finding") if findings else "No findings.", err=True)
    append_summary(lint_summary([str(found) for found in findings]))
    return 1 if findings else 0
