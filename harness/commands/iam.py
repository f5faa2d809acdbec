"""The command iam: what each role used, was denied, and never needed."""

import click

from harness.commands.options import as_json, configured
from harness.commands.output import print_json, require_running
from harness.evidence.iam import read_usage
from harness.evidence.iam import readable as permissions_as_text
from harness.settings import Settings
from harness.targets.choosing import choose_target


@click.command()
@configured("state", "target")
@as_json
def iam(settings: Settings, *, as_json: bool) -> int:
    """Show what roles used, were denied, and never needed.

    Of each role: what it used, was denied, and was granted but never used.

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
