"""Environments of tools that only tests and checks of this project use, from locks of their own."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from tests.conftest import SURROUNDINGS


def locked_environment(installation: Path, lock: Path) -> Path:
    """Return the folder of an environment's programs; it is made if need be and kept.

    `installation` is the checkout's .tapstack. Raises CalledProcessError if it cannot be made.
    """
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = installation / "tools" / digest
    home.parent.mkdir(exist_ok=True)
    with open(home.parent / "lock", "w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not (home / ".installed").exists():
            shutil.rmtree(home, ignore_errors=True)
            sync = ("pip", "sync", "--quiet", "--require-hashes", "--python", home, lock)
            for command in (("venv", "--quiet", "--python", sys.executable, home), sync):
                subprocess.run([find_uv_bin(), *command], env=SURROUNDINGS, check=True)
            (home / ".installed").touch()
    return home / "bin"
