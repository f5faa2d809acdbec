"""The command line as a person runs it, with a state folder of its own that ends with the test.

For the tests of Docker, the emulator's image; where there is no Docker they are skipped, or fail if
TAPSTACK_REQUIRE_DOCKER=1 says that there must be.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.settings import read_settings
from harness.targets import compose, emulator
from harness.targets.embedded import EmbeddedTarget
from harness.targets.image import Unavailable, ensure_image
from tests.integration.place import Place, emulator_for

Tapstack = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state folder; an emulator that a command left running in it is stopped at the end."""
    folder = tmp_path / "state"
    yield folder
    emulator.stop(folder)


@pytest.fixture
def tapstack(project_root: Path, state_dir: Path, tmp_path: Path) -> Tapstack:
    """Run `tapstack ARGUMENTS` with further environment variables as keywords; any free port."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "harness", *arguments],
            cwd=project_root,
            env={
                **os.environ,
                "TAPSTACK_STATE": str(state_dir),
                "TAPSTACK_REPORTS": str(tmp_path / "reports"),
                "TAPSTACK_PORT": "0",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    """One emulator for the tests of a file; their stacks have suffixes of their own."""
    state = tmp_path_factory.mktemp("state")
    running = EmbeddedTarget(read_settings({"state_dir": state, "port": "0"}, env={}))
    running.start(background=False)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An emulator for the tests of a file, on which versions of the project are tried."""
    with emulator_for(tmp_path_factory.mktemp("place")) as running:
        yield running


@pytest.fixture(scope="session")
def docker_image() -> str:
    """The name of the emulator's image, which is built if need be and stays for the next time."""
    with _docker():
        return ensure_image(read_settings(), print)


@pytest.fixture(scope="session")
def docker_compose(docker_image: str) -> None:
    """Compose is there as well."""
    with _docker():
        compose.prepare(read_settings(), print)


@contextmanager
def _docker() -> Iterator[None]:
    try:
        yield
    except Unavailable as reason:
        if os.environ.get("TAPSTACK_REQUIRE_DOCKER") == "1":
            raise
        pytest.skip(f"needs Docker: {reason.happened}")
