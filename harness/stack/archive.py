"""Zips of packages, named by their content: the same files give the same bytes.

What lies in folders of a package (its libraries) is compressed once and kept; what lies beside the
handler is added to a copy of that. A changed line of a function costs milliseconds then, where the
libraries are compressed again they cost seconds.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from harness.files import content_hash, files_hash, names_below

_FILE = 0o100644 << 16  # mode, as a zip made on Unix has it
_LIBRARIES = "libraries"
_LEVEL = 4  # half the time of 6, for 3 % more bytes


def archive(folder: Path, into: Path, kept: Path | None = None) -> Path:
    """A zip of `folder`, as `into`/<name>-<hash of its content>.zip; made only if it is not there.

    Order, times and modes are fixed. Zips of earlier contents are removed. The libraries' zip is
    kept in `kept`, by default in `into` too; only one process at a time may work there.
    """
    path = into / f"{folder.name}-{content_hash(folder)}.zip"
    if path.exists():
        return path
    into.mkdir(parents=True, exist_ok=True)
    files = names_below(folder)
    libraries = [name for name in files if "/" in name]
    base = _kept(folder, libraries, kept or into) if libraries else None
    with tempfile.TemporaryDirectory(dir=into, prefix=".") as aside:
        unfinished = Path(aside) / path.name
        if base:
            shutil.copyfile(base, unfinished)
        _add(unfinished, folder, [name for name in files if "/" not in name])
        unfinished.rename(path)
    _remove_others(path, f"{folder.name}-")
    return path


def _kept(folder: Path, libraries: list[str], into: Path) -> Path:
    """A zip of the libraries alone."""
    prefix = f".{_LIBRARIES}-{folder.name}-"
    path = into / f"{prefix}{files_hash(folder, libraries)}.zip"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=into, prefix=".") as aside:
            unfinished = Path(aside) / path.name
            _add(unfinished, folder, libraries)
            unfinished.rename(path)
        _remove_others(path, prefix)
    return path


def _add(path: Path, folder: Path, names: Iterable[str]) -> None:
    """Add files to the end of a zip, which is made if it is not there."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as zipped:
        for name in names:
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01
            entry.create_system = 3  # Unix, so that the mode below counts
            entry.external_attr = _FILE
            zipped.writestr(entry, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)


def _remove_others(path: Path, prefix: str) -> None:
    for other in path.parent.glob(f"{prefix}{'[0-9a-f]' * 64}.zip"):
        if other != path:
            other.unlink(missing_ok=True)
