"""A function runtime made from the emulator's own environment, where nobody brings another.

It is a virtual environment of the same Python with what AWS's runtime has – the runtime interface
client and boto3 – copied from the emulator's packages, and nothing else of them: a handler that
imports what it did not bring fails here as it does on AWS. boto3 is the version that LocalStack
needs; TAPSTACK_RUNTIMES names a folder of runtimes with others.
"""

import shutil
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

FOLDER = Path(sys.prefix) / "share" / "localstack-parity" / "runtimes"
NAME = f"python{sys.version_info.major}.{sys.version_info.minor}"
_PACKAGES = ("awslambdaric", "boto3")


def make() -> None:
    """Make the runtime, unless it is there.

    Raises PackageNotFoundError if the packages are not installed, OSError if it cannot be written.
    """
    home = FOLDER / NAME
    if home.exists():
        return
    draft = FOLDER / f".{NAME}.new"
    shutil.rmtree(draft, ignore_errors=True)
    venv.create(draft, symlinks=True, with_pip=False)
    packages = draft / "lib" / NAME / "site-packages"
    for one in _with_dependencies():
        for file in one.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:  # no scripts
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(one.locate_file(file)), target)
    draft.rename(home)


def _with_dependencies() -> Iterator[Distribution]:
    """Yield the runtime's packages and, once each, all that they need."""
    names, seen = list(_PACKAGES), set()
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        yield found
        for text in found.requires or ():
            needed = Requirement(text)
            if not needed.marker or needed.marker.evaluate({"extra": ""}):
                names.append(needed.name.lower())
