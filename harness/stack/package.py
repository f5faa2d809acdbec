"""Function packages: what AWS Lambda unpacks into /var/task.

One folder for each function below build/, ready for `aws cloudformation package`, and a zip of it
named by its content.
"""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from harness.files import content_hash, files_below, private_folder
from harness.install import CAUSES, MISPLACING
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.failures import DeploymentFailed

PYTHON = "3.13"
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
        return [_build_one(folder, settings.build_dir, architecture) for folder in sources]


def artifact_folder(settings: Settings) -> Path:
    """Where zips of packages are kept; what is found there is deployed as it is."""
    return private_folder(private_folder(settings.state_dir) / "artifacts")


def archive(folder: Path, into: Path) -> Path:
    """A zip of `folder`, as `into`/<name>-<hash of its content>.zip; made only if it is not there.

    The same files give the same bytes: order, times and modes are fixed. Zips of earlier contents
    are removed.
    """
    path = into / f"{folder.name}-{content_hash(folder)}.zip"
    if path.exists():
        return path
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".") as aside:
        unfinished = Path(aside) / path.name
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as zipped:
            for file in files_below(folder):
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())  # dated 1980-01-01
                entry.create_system = 3  # Unix, so that the mode below counts
                entry.external_attr = 0o100644 << 16
                zipped.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
        unfinished.rename(path)
    for other in into.glob(f"{folder.name}-{'[0-9a-f]' * 64}.zip"):
        if other != path:
            other.unlink(missing_ok=True)
    return path


def _build_one(source: Path, build_dir: Path, architecture: str) -> Package:
    folder, stamp = build_dir / source.name, build_dir / f".{source.name}.json"
    inputs = f"{PYTHON} {architecture} {content_hash(source, Path(__file__))}"
    if _stamped(stamp, folder, inputs):
        return Package(source.name, folder, _size(folder), fresh=False)
    check_syntax(source)
    with tempfile.TemporaryDirectory(dir=build_dir, prefix=".") as aside:
        unfinished = Path(aside) / source.name
        unfinished.mkdir()
        if (source / "requirements.lock").exists():
            _install(source, unfinished, architecture)
        for file in source.rglob("*.py"):
            if "tests" in file.relative_to(source).parts:
                continue
            copy = unfinished / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
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
    stamp.write_text(json.dumps({"inputs": inputs, "content": content_hash(folder)}))
    return Package(source.name, folder, size, fresh=True)


def check_syntax(folder: Path) -> None:
    """DeploymentFailed for the first source that Python cannot read: no invocation could, either.

    Raises it for those of a function, not for what its requirements bring along.
    """
    for file in sorted(folder.glob("*.py")):
        try:
            compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
        except SyntaxError as error:
            raise DeploymentFailed(
                f"{file}:{error.lineno}: {error.msg}.",
                "Correct it there: the function could not even be loaded.",
            ) from error


def _install(source: Path, folder: Path, architecture: str) -> None:
    lock = source / "requirements.lock"
    command: Sequence[str] = (
        *(find_uv_bin(), "pip", "install", "--quiet", "--target", str(folder)),
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


def _stamped(stamp: Path, folder: Path, inputs: str) -> bool:
    """Whether `folder` was made whole from `inputs` and nobody has touched it since."""
    try:
        said = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(said == {"inputs": inputs, "content": content_hash(folder)})


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
