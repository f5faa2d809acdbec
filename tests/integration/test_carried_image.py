"""The emulator's own image, carried to a machine that has an engine and no network."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.settings import read_settings
from harness.wheelhouse.gather import pack_image

# The first test may have to build the image.
pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

# With $1 the archive and $2 a folder for the engine; whatever fails ends it.
OFFLINE = """
ip link set lo up
dockerd --data-root "$2/images" --exec-root "$2/run" --pidfile "$2/dockerd.pid" \\
    --host "$DOCKER_HOST" > "$2/dockerd.log" 2>&1 &
engine=$!
trap 'kill $engine; wait $engine' EXIT
for _ in $(seq 300); do
    ! docker version > /dev/null 2>&1 || break
    sleep 0.2
done
test -z "$(docker images --quiet)"
docker load --quiet --input "$1"
shift 2
"$@" up
"$@" status
"$@" down
"""


@pytest.fixture
def engine() -> Iterator[Path]:
    """A folder for an engine; its sockets have no room for the length of `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_the_emulators_image_is_carried_to_an_engine_without_a_network(
    docker_compose: None, project_root: Path, tmp_path: Path, engine: Path
) -> None:
    """A network namespace with an engine of its own: `up` takes what was loaded, builds nothing."""
    if os.geteuid() or not all(map(shutil.which, ("dockerd", "ip", "unshare"))):
        pytest.skip("needs root, for an engine of its own")
    archive = tmp_path / "image.tar.gz"
    pack_image(read_settings(), archive, print)
    alone = ("unshare", "--net", "--mount", "bash", "-euc", OFFLINE, "offline", archive, engine)
    done = subprocess.run(
        [*alone, sys.executable, "-P", "-m", "harness"],
        cwd=project_root,
        env={
            **os.environ,
            "TARGET": "compose",
            "TAPSTACK_STATE": str(tmp_path / "state"),
            "TAPSTACK_PORT": "0",
            "DOCKER_HOST": f"unix://{engine}/docker.sock",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Loaded image: tapstack-emulator:" in done.stdout
    assert "building" not in done.stderr
