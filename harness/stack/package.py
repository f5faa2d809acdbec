"""Function packages: what AWS Lambda unpacks into /var/task.

One folder for each function below build/, ready for `aws cloudformation package`.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from uv import find_uv_bin

from harness.files import content_hash, files_below, names_below, private_folder
from harness.install_steps import CAUSES, MISPLACING, package_source
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.archive import archive
from harness.stack.failures import DeploymentFailed

PYTHON = "3.13"
LOCK = "requirements.lock"
# AWS's python3.13 runs on Amazon Linux 2023, whose glibc is 2.34.
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
# "Lambda quotas" of the Lambda Developer Guide: 250 MB unzipped. (The 50 MB for the zip are the
# limit of uploads through Lambda's own API; a package that goes through S3 does not have it.)
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024

# Different from one machine to the next, or never read on AWS: not part of a package.
_NOISE = ("__pycache__", "*.pyc", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".lock")
_GIVEN_BY_AWS = ("boto3", "botocore", "s3transfer")


@dataclass(frozen=True)
class Package:
    """One function's package. `fresh` says whether this call made it or found it up to date."""

    name: str
    folder: Path
    unzipped_bytes: int
    fresh: bool


def build(
    settings: Settings, architecture: str, names: Collection[str] | None = None
) -> list[Package]:
    """Bring build/<function> up to date for the functions of lambda/, in order of their names.

    `architecture` is "x86_64" or "arm64"; `names` are the functions, all by default. A function
    whose inputs have not changed is left alone; another is made aside and moved into place whole.
    Raises Problem when there is no such function, the wheels cannot be had or the package is larger
    than AWS takes.
    """
    home = settings.root / "lambda"
    there = {file.parent.name for file in home.glob("*/*.py")}
    wanted = there if names is None else set(names)
    if not wanted <= there or not there:
        raise Problem(
            f"There is no source of {', '.join(sorted(wanted - there)) or 'a function'} in {home}.",
            "Run it in a complete checkout of the project.",
        )
    sources = [home / name for name in sorted(wanted)]
    with _exclusive(settings.build_dir):
        return [_build_one(folder, settings, architecture) for folder in sources]


def artifact_folder(settings: Settings) -> Path:
    """Where zips of packages are kept; what is found there is deployed as it is."""
    return private_folder(private_folder(settings.state_dir) / "artifacts")


def zipped(folder: Path, settings: Settings) -> Path:
    """The zip of a package's folder among the artifacts of these settings; made if need be.

    Its libraries are compressed once for a checkout, however many state folders are used with it.
    """
    with _exclusive(settings.build_dir):
        return archive(folder, artifact_folder(settings), kept=settings.build_dir)


def _build_one(source: Path, settings: Settings, architecture: str) -> Package:
    build_dir = settings.build_dir
    folder, stamp = build_dir / source.name, build_dir / f".{source.name}.json"
    made = _made(stamp, folder)
    wanted = _Inputs.of(source, architecture)
    if made and made.everything == wanted.everything:
        return Package(source.name, folder, _size(folder), fresh=False)
    check_syntax(source)
    with tempfile.TemporaryDirectory(dir=build_dir, prefix=".") as aside:
        unfinished = Path(aside) / source.name
        unfinished.mkdir()
        if made and made.libraries and made.libraries == wanted.libraries:
            stamp.unlink()
            _move_libraries(folder, made.sources, unfinished)
        elif (source / LOCK).exists():
            _install(source, unfinished, architecture, package_source(settings.installation))
        for name in wanted.sources:
            copy = unfinished / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if copy.exists():  # once this source is gone, the library has to come back
                wanted = replace(wanted, libraries="")
                copy.unlink()
            shutil.copyfile(source / name, copy)
        size = _size(unfinished)
        if size > MAX_UNZIPPED_BYTES:
            raise Problem(
                f"The package of {source.name} has {size / 1e6:.0f} MB unzipped; "
                "AWS Lambda takes 250.",
                f"Remove dependencies from {source / 'requirements.in'} and lock again.",
            )
        stamp.unlink(missing_ok=True)
        if folder.exists():
            folder.rename(Path(aside) / "old")
        unfinished.rename(folder)
    stamp.write_text(json.dumps({"inputs": asdict(wanted), "content": content_hash(folder)}))
    return Package(source.name, folder, size, fresh=True)


@dataclass(frozen=True)
class _Inputs:
    """What a package is made of: hashes of all of it and of its libraries, and its own sources."""

    everything: str
    libraries: str
    sources: list[str]

    @classmethod
    def of(cls, source: Path, architecture: str) -> "_Inputs":
        platform = f"{PYTHON} {architecture}"
        sources = [
            name
            for name in names_below(source)
            if name.endswith(".py") and "tests" not in name.split("/")
        ]
        return cls(
            f"{platform} {content_hash(source, Path(__file__))}",
            f"{platform} {content_hash(source / LOCK, Path(__file__))}",
            sources,
        )


def _move_libraries(folder: Path, own: Collection[str], unfinished: Path) -> None:
    """Give the libraries of a package that is about to be replaced to its successor.

    Whole folders where no source of the function's own is in them: hundreds of files take longer.
    """
    mixed = {name.split("/")[0] for name in own}
    for entry in list(folder.iterdir()):
        if entry.name not in mixed:
            entry.rename(unfinished / entry.name)
    for name in names_below(folder):
        if name not in own:
            place = unfinished / name
            place.parent.mkdir(parents=True, exist_ok=True)
            (folder / name).rename(place)


def check_syntax(folder: Path) -> None:
    """DeploymentFailed for the first source that Python cannot read: no invocation could, either.

    Raises it for those of a function, not for what its requirements bring along.
    """
    for file in sorted(folder.glob("*.py")):
        if wrong := _syntax_error(file.read_bytes(), str(file)):
            raise DeploymentFailed(
                f"{file}:{wrong}.", "Correct it there: the function could not even be loaded."
            )


@lru_cache(maxsize=1000)
def _syntax_error(source: bytes, name: str) -> str | None:
    """The line and what is wrong in it; modules that are as they were are not compiled again."""
    try:
        compile(source, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{error.lineno}: {error.msg}"
    return None


def _install(source: Path, folder: Path, architecture: str, origin: Sequence[str]) -> None:
    lock = source / LOCK
    command: Sequence[str] = (
        *(find_uv_bin(), "pip", "install", "--quiet", *origin, "--target", str(folder)),
        *("--python", sys.executable),  # uv would look for one, and try to download it
        *("--python-platform", PLATFORMS[architecture], "--python-version", PYTHON),
        *("--only-binary", ":all:", "--require-hashes", "--no-deps", "--link-mode", "copy"),
        *("--requirements", str(lock)),
    )
    surroundings = {name: value for name, value in os.environ.items() if name not in MISPLACING}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip()
        for words, cause, remedy in CAUSES:
            if any(word in said.lower() for word in words):
                raise Problem(f"{cause}, so {source.name} cannot be packaged.", remedy)
        raise Problem(
            f"The packages of {lock} could not be installed.",
            "Make them agree: change requirements.in and lock again.",
            details=said,
        )
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts that name this machine's Python
    unwanted = [found for pattern in _NOISE for found in folder.rglob(pattern)]
    for name in _GIVEN_BY_AWS:
        unwanted += [folder / name, *folder.glob(f"{name}-*.dist-info")]
    for path in unwanted:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _made(stamp: Path, folder: Path) -> _Inputs | None:
    """What `folder` was made of, if it was made whole and nobody has touched it since."""
    try:
        said = json.loads(stamp.read_text())
        inputs = _Inputs(**said["inputs"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return inputs if said["content"] == content_hash(folder) else None


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in files_below(folder))


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Only one process at a time works in `folder`; the others wait for it."""
    private_folder(folder)
    descriptor = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
