"""The image with testcontainers: a small day through it, and days on which it breaks.

`emulator_container` is what another project could copy. Whatever happens to the container, a run
ends, counts every image once, and claims none that it has not seen.
"""

import io
import json
import tarfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

import docker
import pytest
from docker.errors import APIError
from docker.models.containers import Container
from testcontainers.community.localstack import LocalStackContainer
from testcontainers.core.config import ConnectionMode, testcontainers_config

from harness.polling import wait_until
from harness.targets.clients import LocalClients
from harness.targets.ports import choose_port
from tests.integration.days import Day, heard_of

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(1800),  # the first test may have to build the image
    # How LocalStackContainer itself waits.
    pytest.mark.filterwarnings("ignore:The wait_for_logs function:DeprecationWarning"),
]

IMAGES, MANY = 30, 1000
# What a broken day may take in all, from the fault to the end of the command.
DEADLINE_S = 240


@contextmanager
def localstack(
    image: str, *, port: int | None = None, **limits: Any
) -> Iterator[LocalStackContainer]:
    """A container of the emulator that answers; removed with its volume at the end.

    Published on 127.0.0.1 alone, on any free port unless `port` says which; the engine chooses its
    name. So any number may run beside each other. `limits` are options of the docker SDK.
    """
    # Cleaning up is what this context does; Ryuk would have to be pulled, and have Docker's socket.
    testcontainers_config.ryuk_disabled = True
    # Published ports are reached from here, also where this is a container itself.
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    testcontainers_config.tc_host_override = "127.0.0.1"
    container = LocalStackContainer(image, region_name="us-east-1")
    container.ports = {"4566/tcp": ("127.0.0.1", port)}  # type: ignore[dict-item]
    container.tmpfs = {"/tmp": "size=1g,mode=1777"}
    container.with_kwargs(
        init=True,
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        **{"mem_limit": "4g", **limits},
    )
    # A failed invocation is repeated after seconds, where AWS waits for minutes.
    container.with_env("LAMBDA_RETRY_BASE_DELAY", "1")
    with container:
        yield container


@pytest.fixture(scope="session")
def emulator_container(docker_image: str) -> Iterator[LocalStackContainer]:
    """The emulator in a container, for all tests that leave it whole."""
    with localstack(docker_image) as container:
        yield container


def day_on(container: LocalStackContainer, root: Path, folder: Path) -> Day:
    """Days on the emulator in `container`."""
    return Day(root, folder, TARGET="endpoint", ENDPOINT_URL=container.get_url())


def read_back(day: Day) -> int:
    """How many outputs the ledger holds, each of which was fetched and compared."""
    lines = (day.reports / "latest" / "ledger.jsonl").read_text().splitlines()
    return sum(bool(json.loads(line).get("output")) for line in lines)


def assert_honest(day: Day, planned: int) -> dict[str, Any]:
    """Not passed; every image has one outcome, and a success is one that was read back."""
    report = day.report()
    images = dict(report["images"])
    assert report["passed"] is False
    assert images.pop("planned") == planned
    images.pop("uploaded")
    assert sum(images.values()) == planned
    assert images["processed"] <= read_back(day) < planned
    assert images["lost"] > 0
    assert images["unsent"] > 0
    lost = report["listed"]["lost"]
    assert len(lost) == images["lost"]
    assert all(report["ended_early"] in image["why"] for image in lost)
    return report


def broken_day(container: LocalStackContainer, root: Path, folder: Path) -> tuple[Day, Popen[str]]:
    """A day of more images than any machine does in its time, in the middle of the work."""
    day = day_on(container, root, folder)
    process = day.begin("--images", str(MANY), "--day", "20s")
    heard_of(process, f"of {MANY} images")
    return day, process


def pause(container: Container) -> None:
    """Freeze all processes; runc gives up at once while one of them is just being made."""

    def frozen() -> bool:
        try:
            container.pause()
        except APIError as error:
            if "unable to freeze" in str(error):
                return False
            raise
        return True

    wait_until(frozen, deadline_s=30, describe="the container to be paused")


def test_a_small_day_passes(
    emulator_container: LocalStackContainer, project_root: Path, tmp_path: Path
) -> None:
    """GIVEN the container WHEN a day is sent through it THEN every image is proven."""
    day = day_on(emulator_container, project_root, tmp_path)
    code, said = day.run("--images", str(IMAGES), "--day", "5s")
    assert code == 0, said
    report = day.report()
    assert report["target"] == "endpoint"
    assert report["images"]["processed"] == IMAGES
    assert all(check["passed"] for check in report["checks"]), report["checks"]


# As modules/localstack of testcontainers-java has it, whose packages are not among those of CI.
JAVA_STARTS = "/testcontainers_start.sh"
JAVA_SCRIPT = b"""#!/bin/bash
export LAMBDA_DOCKER_FLAGS="-l org.testcontainers=true -l org.testcontainers.lang=java"
/usr/local/bin/docker-entrypoint.sh
"""


def test_what_testcontainers_for_java_does_starts_it(docker_image: str) -> None:
    """It has its own entry point, copies a script to it, and waits for a line that ends the start.

    LocalStackContainer.java of testcontainers-java; Java itself does not run here.
    """
    wait = f"while [ ! -f {JAVA_STARTS} ]; do sleep 0.1; done; {JAVA_STARTS}"
    script = tarfile.TarInfo(JAVA_STARTS.strip("/"))
    script.mode, script.size = 0o777, len(JAVA_SCRIPT)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(script, io.BytesIO(JAVA_SCRIPT))
    container = docker.from_env().containers.create(
        docker_image, entrypoint=["sh", "-c", wait], ports={"4566/tcp": ("127.0.0.1", None)}
    )
    try:
        container.put_archive("/", archive.getvalue())
        container.start()
        wait_until(
            lambda: b"Ready.\n" in container.logs(),
            deadline_s=120,
            describe="the line that Java waits for",
        )
        container.reload()
        [published] = container.ports["4566/tcp"]
        health = f"http://127.0.0.1:{published['HostPort']}/_localstack/health"
        with urllib.request.urlopen(health, timeout=10) as answer:
            assert answer.status == 200
    finally:
        container.remove(force=True, v=True)


def test_a_short_pause_delays_images_and_loses_none(
    docker_image: str, project_root: Path, tmp_path: Path
) -> None:
    """GIVEN a container that is paused and goes on WHEN the day ends THEN every image is proven."""
    with localstack(docker_image) as container:
        day = day_on(container, project_root, tmp_path)
        process = day.begin("--images", "100", "--day", "20s")
        heard_of(process, "of 100 images")
        frozen = container.get_wrapped_container()
        pause(frozen)
        heard_of(process, "of 100 images")  # about five seconds later
        frozen.unpause()
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, said
        assert day.report()["images"]["processed"] == 100


def test_a_container_that_stays_paused_ends_the_run(
    docker_image: str, project_root: Path, tmp_path: Path
) -> None:
    """It neither answers nor refuses: the run gives up, and what was under way is lost."""
    with localstack(docker_image) as container:
        day, process = broken_day(container, project_root, tmp_path)
        pause(container.get_wrapped_container())
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1, said
        assert "stopped during the run" in said
        assert_honest(day, MANY)


def test_a_container_that_was_killed_and_started_again_has_lost_its_state(
    docker_image: str, project_root: Path, tmp_path: Path
) -> None:
    """It answers at the same address and knows nothing: what it had is lost, and that is said."""
    with localstack(docker_image, port=choose_port(0)) as container:
        day, process = broken_day(container, project_root, tmp_path)
        killed = container.get_wrapped_container()
        killed.kill()
        killed.start()
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1, said
        ended = assert_honest(day, MANY)["ended_early"]
        # A busy machine may take longer to start it than the run waits for an answer.
        assert "lost its state" in ended or "stopped during the run" in ended
        assert ended in " ".join(said.split())


def test_an_emulator_that_forgot_the_run_ends_it(
    docker_image: str, project_root: Path, tmp_path: Path
) -> None:
    """GIVEN an emulator that answers WHEN the run's queue is not there THEN its state is lost."""
    with localstack(docker_image) as container:
        day, process = broken_day(container, project_root, tmp_path)
        sqs = LocalClients(container.get_url(), "us-east-1").client("sqs")
        [queue] = sqs.list_queues(QueueNamePrefix="tapstack-dev-run-")["QueueUrls"]
        sqs.delete_queue(QueueUrl=queue)
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1, said
        assert "lost its state" in assert_honest(day, MANY)["ended_early"]


def test_a_network_that_is_cut_ends_the_run(
    docker_image: str, project_root: Path, tmp_path: Path
) -> None:
    """The emulator runs on and cannot be reached: the run ends with what it knows."""
    with localstack(docker_image) as container:
        day, process = broken_day(container, project_root, tmp_path)
        wrapped = container.get_wrapped_container()
        wrapped.client.networks.get("bridge").disconnect(wrapped)
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1, said
        assert "stopped during the run" in said
        assert_honest(day, MANY)


# Small beside the emulator, so that it is not they that the kernel kills when the limit is reached.
HOG = "import time; block = bytearray(100_000_000); time.sleep(600)"


def test_a_memory_limit_that_is_hit_ends_the_run(
    docker_image: str, project_root: Path, tmp_path: Path
) -> None:
    """The kernel kills the emulator: the run ends with what it knows."""
    limit = "1200m"
    with localstack(docker_image, mem_limit=limit, memswap_limit=limit) as container:
        day, process = broken_day(container, project_root, tmp_path)
        wrapped = container.get_wrapped_container()
        with suppress(APIError):  # it is killed while they are being started
            for _ in range(12):
                wrapped.exec_run(["python3", "-c", HOG], detach=True)
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1, said
        assert "stopped during the run" in said
        assert_honest(day, MANY)
        wrapped.reload()
        assert wrapped.attrs["State"]["OOMKilled"]
