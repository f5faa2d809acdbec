"""Folders of functions: a package for each version, a private folder for each environment.

An environment's folder has `tmp` (shown as /tmp) and `root` (where its view of the file system is
put together). What a killed emulator left behind is removed at the next start.
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
    """Unpack a version's code and layers, and keep them for as long as the version runs.

    LocalStack removes the code of the version before while invocations of it may still run. The
    files are links, so they take no room.
    """
    code = version.config.code
    code.prepare_for_execution()
    if not code.is_hot_reloading():
        source, target = code.get_unzipped_code_location(), _package(version)
        _link_tree(Path(source), target)
    for layer in version.config.layers:
        layer.code.prepare_for_execution()
        _link_tree(Path(layer.code.get_unzipped_code_location()), _layers(version))


def package(version: FunctionVersion) -> Path:
    """Return the folder of a version's unpacked package."""
    code = version.config.code
    return Path(code.get_unzipped_code_location()) if code.is_hot_reloading() else _package(version)


def layers(version: FunctionVersion) -> Path | None:
    """Return the folder with the content of a version's layers, if it has any."""
    return _layers(version) if version.config.layers else None


def remove_package(version: FunctionVersion) -> None:
    """Forget a version's package and layers."""
    for folder in (_package(version), _layers(version)):
        shutil.rmtree(folder, ignore_errors=True)


def remove_unpacked() -> None:
    """Remove what LocalStack unpacked of all functions."""
    for bucket in Path(tempfile.gettempdir(), "lambda").glob("awslambda-*"):
        shutil.rmtree(bucket, ignore_errors=True)


@cache
def files() -> Path:
    """Return the folder of the files that packages share."""
    folder = _home("files")
    folder.mkdir(exist_ok=True)
    return folder


def _package(version: FunctionVersion) -> Path:
    return _home("packages") / _identity(version)


def _layers(version: FunctionVersion) -> Path:
    return _home("layers") / _identity(version)


def _identity(version: FunctionVersion) -> str:
    identity = f"{version.qualified_arn} {version.config.internal_revision}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _link_tree(source: Path, target: Path) -> None:
    """Have the files of `source` at `target` too, in the place of what has the same name there.

    Never through a symbolic link, which leads anywhere.
    """
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        place = target / entry.name
        goes_in = entry.is_dir() and not entry.is_symlink()
        if place.is_dir() and not place.is_symlink():
            if not goes_in:
                shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        if goes_in:
            _link_tree(entry, place)
        else:
            os.link(entry, place, follow_symlinks=False)


@cache
def _home(kind: str) -> Path:
    everyone = Path(tempfile.gettempdir()) / "lambda" / kind
    everyone.mkdir(parents=True, exist_ok=True)
    for left in everyone.iterdir():
        if not Path("/proc", left.name).exists():
            shutil.rmtree(left, ignore_errors=True)
    return everyone / str(os.getpid())
