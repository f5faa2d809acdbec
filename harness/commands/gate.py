"""The command gate: whether a change may go to AWS. Exit code 1 is no."""

import click

from harness.commands.options import ALL, configured
from harness.commands.output import show_progress
from harness.settings import Settings
from harness.targets.choosing import target_to_start


@click.command()
@configured(*ALL)
def gate(settings: Settings) -> int:
    """Judge whether a change may go to AWS.

    Lints the template and the packages, deploys, verifies, and runs the gate's scenarios.
    """
    from harness.evidence.report_files import check_reports_folder
    from harness.gate import run_gate

    check_reports_folder(settings.reports_dir)
    return run_gate(target_to_start(settings, show_progress), settings, on_progress=show_progress)
