"""A day that workers on other machines send: each has a network namespace and a name of its own.

They are joined by a switch that leads nowhere else.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.run.workers.start import LOCUSTFILE, locust_program
from harness.settings import read_settings
from tests.integration.days import Day, heard_of

WORKERS, IMAGES = 4, 200
_ADDRESS = "10.77.0.{}"
_PORT = 4566  # each namespace has its own
# The emulator listens on 127.0.0.1 alone, as docs/many-machines.md says.
_FORWARD = """
import asyncio, sys

async def copy(source, sink):
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()

async def joined(reader, writer):
    there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)

async def main():
    server = await asyncio.start_server(joined, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Host:
    """A machine as far as network and name go."""

    name: str
    address: str

    @property
    def within(self) -> Sequence[str]:
        """The beginning of a command that runs there."""
        named = f'hostname {self.name} && exec "$@"'
        return ("ip", "netns", "exec", self.name, "unshare", "--uts", "sh", "-c", named, "sh")

    def kill(self) -> None:
        """End all that runs there, at once."""
        found = subprocess.run(
            ["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False
        )
        for pid in found.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    """Machines that reach each other; the first has the switch, and is the coordinator's."""
    if os.geteuid() or not all(map(shutil.which, ("ip", "unshare", "hostname"))):
        pytest.skip("needs root, ip, unshare and hostname, for network namespaces")
    hosts = [
        Host(f"tapstack-{os.getpid()}-{number}", _ADDRESS.format(number))
        for number in range(1, 2 + WORKERS)
    ]
    try:
        try:
            for host in hosts:
                _ip("netns", "add", host.name)
            _join(hosts)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"needs network namespaces: {error.stderr.strip()}")
        yield hosts
    finally:
        for host in hosts:
            host.kill()
            subprocess.run(["ip", "netns", "del", host.name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)


def _join(hosts: Sequence[Host]) -> None:
    first = hosts[0].name
    _ip("-n", first, "link", "add", "net0", "type", "bridge")
    for number, host in enumerate(hosts[1:]):
        plug = f"plug{number}"
        _ip("-n", first, "link", "add", plug, "type", "veth", "peer", "net0", "netns", host.name)
        _ip("-n", first, "link", "set", plug, "master", "net0", "up")
    for host in hosts:
        _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "net0")
        for device in ("lo", "net0"):
            _ip("-n", host.name, "link", "set", device, "up")


def _worker(
    host: Host, master: str, root: Path, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    locust = [str(locust_program(read_settings())), "-f", str(LOCUSTFILE), "--worker"]
    return subprocess.Popen(
        [*host.within, *locust, "--master-host", master],
        cwd=root,
        env={**os.environ, **environment, "TAPSTACK_PYTHON": sys.executable},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_host_that_dies_is_counted_and_named(
    project_root: Path, tmp_path: Path, hosts: list[Host]
) -> None:
    """GIVEN four hosts, one of which ends in mid-run THEN each image has one outcome."""
    first, *others = hosts
    endpoint = f"http://{first.address}:{_PORT}"
    there = {"TARGET": "endpoint", "ENDPOINT_URL": endpoint, "ENDPOINT_PRIVATE": "1"}
    day = Day(project_root, tmp_path, first.within, **there)
    here = {**os.environ, "TAPSTACK_STATE": str(day.state), "TAPSTACK_PORT": str(_PORT)}
    python = (sys.executable, "-P")
    subprocess.run(
        [*first.within, *python, "-m", "harness", "up"],
        cwd=project_root,
        env={**here, "TARGET": "embedded", "TAPSTACK_ALLOWED_HOSTS": first.address},
        check=True,
        timeout=280,
    )
    forwarding = subprocess.Popen(
        [*first.within, *python, "-c", _FORWARD, first.address, str(_PORT)]
    )
    run = day.begin(
        *("--images", str(IMAGES), "--day", "30s", "--workers", str(WORKERS)),
        *("--listen", first.address),
    )
    heard_of(run, f"of {IMAGES} images")
    workers = [
        _worker(
            host,
            first.address,
            project_root,
            {**there, "TAPSTACK_STATE": str(tmp_path / host.name)},
        )
        for host in others
    ]
    while int(heard_of(run, " uploaded, ")[-1].partition(" uploaded")[0].split()[-1]) < IMAGES // 4:
        pass
    others[-1].kill()
    said, _ = run.communicate(timeout=240)
    assert run.returncode == 1, said
    report = day.report()
    images = report["images"]
    assert images["processed"] + images["unfinished"] == images["planned"] == IMAGES
    assert 0 < images["unfinished"] <= IMAGES // WORKERS
    failed = {check["id"]: check["detail"] for check in report["checks"] if not check["passed"]}
    assert list(failed) == ["workers"]
    assert others[-1].name in failed["workers"]
    assert all(any(host.name in each["worker"] for each in report["workers"]) for host in others)
    for process in (*workers, forwarding):
        process.kill()
        process.wait()
