"""The command console: a page on 127.0.0.1 that shows a target, served until Ctrl-C."""

import click

from harness.commands.options import STACK, configured
from harness.settings import Settings, port_number


@click.command()
@configured(*STACK)
@click.option(
    "--listen", metavar="PORT", help="The page's port on 127.0.0.1; 0 takes any free one.  [4580]"
)
def console(settings: Settings, *, listen: str | None) -> int:
    """Show the pipeline in the browser, live.

    A page on 127.0.0.1, until Ctrl-C: drop a photo and watch it go through; uploads of other tools
    are shown as well. Open the link that it prints: what it has behind `#` lets the page change
    something.

    \b
      tapstack console
      tapstack console --listen 0
    """
    from harness.console.server import PORT, serve

    serve(settings, port_number(listen) if listen else PORT, click.echo)
    return 0
