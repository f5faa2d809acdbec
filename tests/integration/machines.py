"""Machines to install on: cut-down locks, a PATH of few tools, a Python to download."""

import hashlib
import json
import platform
import re
import shutil
import sys
import sysconfig
import tarfile
from collections.abc import Mapping
from pathlib import Path

SHELL_TOOLS = ("sh", "cat", "cksum", "dirname", "mkdir", "readlink", "rm")
# What the build of this project's own packages needs, out of the locks.
BUILD_PACKAGES = {"hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}


def only(names: set[str], lock: str) -> str:
    """Return the lock with the pins of `names` alone."""
    pins = re.findall(r"^[a-z0-9-]+==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    return "".join(pin for pin in pins if pin.partition("==")[0] in names)


def tools(folder: Path, scripts: Mapping[str, str]) -> str:
    """Return a PATH with the shell's tools and these scripts and nothing else."""
    folder.mkdir()
    for name in SHELL_TOOLS:
        real = shutil.which(name)
        assert real
        (folder / name).symlink_to(real)
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def python_to_download(folder: Path) -> str:
    """The address of a list of Pythons that uv can download: this one, out of an archive."""
    archive = folder / f"cpython-{platform.python_version()}.tar.gz"
    library = Path(sysconfig.get_path("stdlib"))
    unneeded = {"test", "site-packages", "dist-packages", "__pycache__", "idlelib", "tkinter"}
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(Path(sys.base_prefix) / "bin" / "python3.13", "python/bin/python3.13")
        for shared in Path(sys.base_prefix, "lib").glob("libpython3*.so*"):
            tar.add(shared, f"python/lib/{shared.name}")
        tar.add(
            library,
            "python/lib/python3.13",
            filter=lambda entry: None if Path(entry.name).name in unneeded else entry,
        )
    listed = {
        "name": "cpython",
        "arch": {"family": platform.machine(), "variant": None},
        "os": "linux",
        "libc": "gnu",
        **dict(zip(("major", "minor", "patch"), sys.version_info[:3], strict=True)),
        "prerelease": "",
        "url": archive.as_uri(),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "variant": None,
    }
    index = folder / "downloads.json"
    key = f"cpython-{platform.python_version()}-linux-{platform.machine()}-gnu"
    index.write_text(json.dumps({key: listed}))
    return index.as_uri()


def without_python_313(checkout: Path) -> dict[str, str]:
    """A machine with a Python of another version and nothing else to find a Python with."""
    real = Path(sys.base_prefix) / "bin" / "python3.13"
    script = f'[ "$1" = -c ] && exit 1  # asked for its version\nexec {real} "$@"'
    nowhere = str(checkout.parent / "nowhere")
    path = tools(checkout.parent / "bin", {"python3": script})
    return {"PATH": path, "HOME": nowhere, "PYENV_ROOT": nowhere}
