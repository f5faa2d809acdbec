"""The private folders of execution environments, one per environment, gone with it.

In: an environment's id. Out: a folder with `tmp` (shown as /tmp) and `root` (where its view of the
file system is put together). What an emulator that was killed left behind goes at the next start.
"""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


def create(environment_id: str) -> Path:
    """Create the folders of an environment."""
    folder = _home() / environment_id
    for name in ("tmp", "root"):
        (folder / name).mkdir(parents=True)
    return folder


@cache
def _home() -> Path:
    everyone = Path(tempfile.gettempdir()) / "lambda" / "environments"
    everyone.mkdir(parents=True, exist_ok=True)
    for left in everyone.iterdir():
        if not Path("/proc", left.name).exists():
            shutil.rmtree(left, ignore_errors=True)
    return everyone / str(os.getpid())
