"""Where functions live on disk: a package for each version, a private folder for each environment.

In: an environment's id, a function version. Out: an environment's folder with `tmp` (shown as /tmp)
and `root` (where its view of the file system is put together); a version's unpacked package. What
an emulator that was killed left behind goes at the next start. Used by executor.py.
"""

import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion


def create(environment_id: str) -> Path:
    """Create the folders of an environment."""
    folder = _home("environments") / environment_id
    for name in ("tmp", "root"):
        (folder / name).mkdir(parents=True)
    return folder


def keep_package(version: FunctionVersion) -> None:
    """Unpack a version's code and keep it for as long as the version runs.

    LocalStack removes the code of the version before while invocations of it may still run. The
    files are links, so they take no room.
    """
    code = version.config.code
    code.prepare_for_execution()
    if not code.is_hot_reloading():
        source, target = code.get_unzipped_code_location(), _package(version)
        shutil.copytree(source, target, symlinks=True, copy_function=os.link, dirs_exist_ok=True)


def package(version: FunctionVersion) -> Path:
    """Return the folder of a version's unpacked package."""
    code = version.config.code
    return Path(code.get_unzipped_code_location()) if code.is_hot_reloading() else _package(version)


def remove_package(version: FunctionVersion) -> None:
    """Forget a version's package."""
    shutil.rmtree(_package(version), ignore_errors=True)


def _package(version: FunctionVersion) -> Path:
    identity = f"{version.qualified_arn} {version.config.internal_revision}"
    return _home("packages") / hashlib.sha256(identity.encode()).hexdigest()[:16]


@cache
def _home(kind: str) -> Path:
    everyone = Path(tempfile.gettempdir()) / "lambda" / kind
    everyone.mkdir(parents=True, exist_ok=True)
    for left in everyone.iterdir():
        if not Path("/proc", left.name).exists():
            shutil.rmtree(left, ignore_errors=True)
    return everyone / str(os.getpid())
