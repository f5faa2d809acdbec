"""The command mail: the mails that SNS would have sent."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from harness.commands.options import as_json, configured
from harness.commands.output import print_json, require_running
from harness.polling import every
from harness.problems import Problem
from harness.settings import Settings
from harness.targets.choosing import choose_target
from harness.targets.inbox import Mail, read_mails

_FOLLOW_S = 1.0


@click.command()
@configured("state", "target")
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until Ctrl-C.")
@as_json
def mail(settings: Settings, *, following: bool, as_json: bool) -> int:
    """Show the mails that SNS would have sent.

    None leaves this machine. A confirmation has the link that confirms the address; until it was
    followed, the address gets nothing else. With SMTP_HOST=HOST:PORT set for `tapstack up`, each
    mail also goes there.

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
