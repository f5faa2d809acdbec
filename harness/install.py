"""Makes the environments that the project runs in, from its hashed locks.

They are `.venv` (the harness), and below `.tapstack`, `emulator-venv` and `runtimes/python3.13`
(what a function finds on AWS), with runtimes of other Pythons and Locust if they are asked for, and
the AWS SDK of functions in Node.js where npm is. ./tapstack runs this before any of them exists, so
it needs nothing but the standard library.

An environment is complete once it holds the stamp of what it was made from. It is written last, so
an interrupted installation is thrown away and made anew.
"""

import argparse
import contextlib
import fcntl
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

from harness import function_runtimes
from harness.install_steps import explain, package_source, run_step, say
from harness.problems import Problem

PYTHON = (3, 13)
STAMP = ".installed"


@dataclass(frozen=True)
class Environment:
    """One virtual environment: where it stands and the files that decide what is in it.

    `lock` lists its packages. `projects` are folders of ours, each with a `pyproject.toml`, which
    are installed into it as they stand (editable). `base` is the Python that it is made of.
    """

    title: str
    path: Path
    lock: Path
    projects: tuple[Path, ...] = ()
    base: Path = Path(sys.executable)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    def complete(self) -> bool:
        """Say whether it stands as it should."""
        return self.python.exists() and self.read_stamp() == self.stamp()

    def stamp(self) -> str:
        """Name what it is made from: a line for the packages, one for each project of ours.

        Where it stands is part of it, for it cannot be moved.
        """
        lines = [f"{self.lock.name} {_digest(self.path, self.lock)}"]
        for project in self.projects:
            lines.append(f"{project.name} {_digest(project, project / 'pyproject.toml')}")
        return "\n".join(lines) + "\n"

    def has_packages(self) -> bool:
        """Say whether nothing but projects of ours can be out of date."""
        made, wanted = self.read_stamp().splitlines()[:1], self.stamp().splitlines()[:1]
        return self.python.exists() and made == wanted

    def read_stamp(self) -> str:
        """Return the stamp it was completed with; empty if it never was."""
        with contextlib.suppress(FileNotFoundError):
            return (self.path / STAMP).read_text()
        return ""


def _digest(place: Path, file: Path) -> str:
    return hashlib.sha256(f"{place}\n".encode() + file.read_bytes()).hexdigest()


def environments(root: Path, *, dev: bool) -> list[Environment]:
    """List what has to be there, the harness first: the others are made with its uv.

    Once the harness's environment has the tools of the tests, it keeps them.
    """
    lock = root / "requirements.lock"
    harness = Environment("harness", root / ".venv", lock, projects=(*_libraries(root), root))
    with_tools = replace(
        harness, title="harness and test tools", lock=root / "requirements-dev.lock"
    )
    keep_tools = harness.read_stamp().startswith(with_tools.lock.name)
    return [
        with_tools if dev or keep_tools else harness,
        *emulator_environments(root, root / ".tapstack"),
    ]


def emulator_environments(root: Path, installation: Path) -> list[Environment]:
    """List what the emulator needs below `installation`, from the sources below `root`."""
    emulator = root / "emulator"
    return [
        Environment(
            "emulator",
            installation / "emulator-venv",
            emulator / "requirements.lock",
            projects=(*_libraries(root), emulator),
        ),
        Environment(
            "function runtime",
            installation / "runtimes" / "python3.13",
            emulator / "runtime" / "requirements.lock",
        ),
    ]


def other_runtimes(root: Path, runtimes: Path, versions: Sequence[str]) -> list[Environment]:
    """List runtimes of other Pythons: those that were made before, and those of `versions`.

    Raises Problem if a version is not on this machine.
    """
    pythons = function_runtimes.kept(runtimes)
    for version in versions:
        if not pythons.get(version, Path()).is_file():
            pythons[version] = function_runtimes.find_python(version)
    lock = root / "emulator" / "runtime" / "requirements.lock"
    return [
        Environment(
            f"function runtime of Python {version}", runtimes / f"python{version}", lock, base=base
        )
        for version, base in pythons.items()
        if base.is_file()
    ]


def locust_environment(root: Path) -> Environment:
    """The environment of Locust, which runs with workers need and nothing else does."""
    lock = root / "harness" / "run" / "workers" / "requirements.lock"
    return Environment("load generator, Locust", root / ".tapstack" / "locust-venv", lock)


def _libraries(root: Path) -> tuple[Path, ...]:
    return tuple(file.parent for file in sorted(root.glob("libraries/*/pyproject.toml")))


def install_emulator(root: Path, installation: Path, uv: Path) -> None:
    """Make what the emulator needs below `installation`, where no ./tapstack has done so.

    Raises Problem as install() does.
    """
    wanted, sdk = emulator_environments(root, installation), _node_sdk(root, installation)
    if all(environment.complete() for environment in wanted) and not sdk.wanted():
        return
    _require_python()
    with _one_at_a_time(installation) as log:
        for environment in wanted:
            if not environment.complete():
                _make(environment, uv, log)
        _make_node_sdk(sdk, log)


def install(
    root: Path, *, dev: bool, fingerprint: str, pythons: Sequence[str] = (), locust: bool = False
) -> None:
    """Make what is missing or out of date, then note `fingerprint` as installed.

    `pythons` are versions that functions run on as well, such as "3.12". `locust` is for runs with
    workers; the tests have some, and once it was made it is kept up to date.

    Raises Problem if the Python is wrong, a folder cannot be written, the disk is full or the
    packages cannot be fetched.
    """
    _require_python()
    with _one_at_a_time(root / ".tapstack") as log:
        runtimes = root / ".tapstack" / "runtimes"
        wanted = [*environments(root, dev=dev), *other_runtimes(root, runtimes, pythons)]
        workers = locust_environment(root)
        if dev or locust or workers.path.exists():
            wanted.append(workers)
        uv = wanted[0].path / "bin" / "uv"
        for environment in wanted:
            if not environment.complete():
                _make(environment, uv, log)
        _make_node_sdk(_node_sdk(root, root / ".tapstack"), log)
        (root / ".tapstack" / "installed").write_text(fingerprint + "\n")


def _node_sdk(root: Path, installation: Path) -> function_runtimes.NodeSdk:
    source = root / "emulator" / "runtime" / "nodejs"
    return function_runtimes.NodeSdk(source, installation / "runtimes" / "nodejs")


def _make_node_sdk(sdk: function_runtimes.NodeSdk, log: IO[str]) -> None:
    """Install it if it is wanted; everything but functions that import it works without."""
    if not sdk.wanted() or package_source(Path(log.name).parent):
        return  # what a wheelhouse has of it is there already
    began = time.monotonic()
    say("Installing the AWS SDK of functions in Node.js …")
    try:
        sdk.make(partial(run_step, log))
    except Problem as problem:
        say(f"  left out: {problem.happened}")
        return
    say(f"  done in {time.monotonic() - began:.1f} s")


def _require_python() -> None:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] != PYTHON:
        raise Problem(
            f"TapStack needs Python 3.13, and this is {found} ({sys.executable}).",
            "Run ./tapstack with python3.13 on the PATH.",
        )
    try:
        import ensurepip  # noqa: F401
    except ImportError as error:
        raise Problem(
            f"This Python {found} cannot make virtual environments: it lacks ensurepip.",
            "Install it; on Debian and Ubuntu the package is python3.13-venv.",
        ) from error


@contextlib.contextmanager
def _one_at_a_time(installation: Path) -> Iterator[IO[str]]:
    """Hold the lock of an installation, which is the log of its steps.

    Each pip and uv has it as its output. If this process is killed, the next installation therefore
    waits until the step that was left behind has stopped writing.
    """
    path = installation / "install.log"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "a+") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another installation is running; waiting for it.")
            fcntl.flock(log, fcntl.LOCK_EX)
        log.truncate(0)
        yield log


def _make(environment: Environment, uv: Path, log: IO[str]) -> None:
    """Complete an environment. Its stamp goes first and comes last."""
    began = time.monotonic()
    say(f"Installing the {environment.title} …")
    stamp = environment.path / STAMP
    has_packages = environment.has_packages()
    stamp.unlink(missing_ok=True)
    if not has_packages:
        _make_packages(environment, uv, log)
    if environment.projects:
        into = ("--python", environment.python, "--no-deps", "--no-build-isolation", "--offline")
        folders = [part for project in environment.projects for part in ("--editable", project)]
        run_step(log, uv, "pip", "install", *into, *folders)
    if environment.title == "emulator":
        run_step(log, environment.python, "-I", "-m", "localstack_parity.service_index")
    stamp.write_text(environment.stamp())
    say(f"  done in {time.monotonic() - began:.1f} s")


def _make_packages(environment: Environment, uv: Path, log: IO[str]) -> None:
    """Make it from nothing, with what its lock lists."""
    if environment.path.exists():
        shutil.rmtree(environment.path)
    python, source = environment.python, package_source(Path(log.name).parent)
    if uv.is_relative_to(environment.path):
        pin = environment.lock.parent / "emulator" / "installer.lock"
        pip = (python, "-I", "-m", "pip", "--disable-pip-version-check", "--retries", "2")
        run_step(log, sys.executable, "-I", "-m", "venv", environment.path)
        run_step(log, *pip, "install", *source, "--require-hashes", "--requirement", pin)
    else:
        run_step(log, environment.base, "-I", "-m", "venv", "--without-pip", environment.path)
    locked = ("--require-hashes", "--compile-bytecode", environment.lock)
    run_step(log, uv, "pip", "sync", *source, "--python", python, *locked)


def main() -> int:
    """Run the installation; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="./tapstack install",
        description="Install what is missing or out of date into this checkout.",
    )
    for given_by_the_script in ("--root", "--fingerprint"):
        parser.add_argument(given_by_the_script, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--dev", action="store_true", help="with the tools of the tests")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        choices=function_runtimes.VERSIONS,
        help="with a runtime for functions of another Python, which has to be on this machine",
    )
    parser.add_argument("--locust", action="store_true", help="with Locust, for runs with workers")
    given = parser.parse_args()
    try:
        install(
            Path(given.root),
            dev=given.dev,
            fingerprint=given.fingerprint,
            pythons=given.python,
            locust=given.locust,
        )
    except Problem as problem:
        say(str(problem))
        return problem.exit_code
    except OSError as error:
        say(str(explain(str(error), Path(given.root) / ".tapstack" / "install.log")))
        return Problem.exit_code
    except KeyboardInterrupt:
        say("Interrupted. The next run begins again with what is incomplete.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
