"""What functions may run on beside Python 3.13: other Pythons, and the AWS SDK for Node.js.

As harness/install.py, which makes them, this needs nothing but the standard library.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.problems import Problem

# Lambda's, as far as the boto3 of the lock runs on them.
VERSIONS = ("3.10", "3.11", "3.12", "3.14")
_ANSWER_S = 20.0
_NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")


def find_python(version: str) -> Path:
    """Return an interpreter of a version such as "3.12": of the PATH, pyenv or uv.

    Raises Problem if there is none.
    """
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    managed = Path(
        os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python"
    )
    on_the_path = shutil.which(name)
    found = [
        *([Path(on_the_path)] if on_the_path else []),
        *pyenv.glob(f"versions/{version}*/bin/{name}"),
        *managed.glob(f"cpython-{version}*/bin/{name}"),
    ]
    for python in found:
        if _version(python) == version:
            return python
    raise Problem(
        f"There is no Python {version} on the PATH, in pyenv or in uv.",
        f"Install it, for example with 'uv python install {version}', and run this again.",
    )


def kept(runtimes: Path) -> dict[str, Path]:
    """Return the other Pythons that runtimes below a folder were made of, by version."""
    made = {version: runtimes / f"python{version}/bin/python" for version in VERSIONS}
    return {version: python.resolve() for version, python in made.items() if python.is_symlink()}


def _version(python: Path) -> str:
    """Ask an interpreter; a version manager's may have another, or none."""
    program = "import sys; print('{}.{}'.format(*sys.version_info))"
    try:
        asked = subprocess.run(
            [python, "-I", "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout.strip()


@dataclass(frozen=True)
class NodeSdk:
    """The AWS SDK for JavaScript: what npm installs below `folder` from a lock with hashes."""

    source: Path  # package.json and package-lock.json
    folder: Path

    def wanted(self) -> bool:
        """Say whether it is to be installed: npm is there, and it is missing or out of date."""
        return shutil.which(_NPM[0]) is not None and not self.complete()

    def complete(self) -> bool:
        """Say whether it stands as it should."""
        stamp = self._stamp()
        return stamp.exists() and stamp.read_text() == self._digest()

    def make(self, run: Callable[..., None]) -> None:
        """Install it with `run`, which raises Problem. The stamp comes last."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self.source / name, self.folder / name)
        run(*_NPM, "--prefix", self.folder)
        self._stamp().write_text(self._digest())

    def _stamp(self) -> Path:
        return self.folder / ".installed"

    def _digest(self) -> str:
        return hashlib.sha256((self.source / "package-lock.json").read_bytes()).hexdigest()
