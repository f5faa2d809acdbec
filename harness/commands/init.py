"""The command init: a project in a folder of one's own."""

import shutil
import tempfile
from pathlib import Path

import click

from harness.problems import Problem
from harness.settings import ROOT

FOLDERS = ("infra", "lambda")


@click.command()
def init() -> int:
    """Begin a project in this folder.

    Template, functions and required figures are copies of those that TapStack comes with, to run as
    they are and to change. In this folder and below it, every command then takes them; what it
    builds, stores and reports is here.
    """
    here = Path.cwd()
    for name in FOLDERS:
        if (here / name).exists():
            raise Problem(f"{here} has {name}/ already.", "Begin in another folder.")
    with tempfile.TemporaryDirectory(dir=here, prefix=".") as aside:
        for name in FOLDERS:
            shutil.copytree(
                ROOT / name, Path(aside, name), ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in FOLDERS:
            Path(aside, name).rename(here / name)
    click.echo(f"{' and '.join(f'{name}/' for name in FOLDERS)} are in {here}: `tapstack up` next.")
    return 0
