"""The emulator listens where it was told to, and asks no DNS server anything."""

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_UNSHARE = ["unshare", "--net", "--mount"]
_AS_USER = [*_UNSHARE, "--user", "--map-root-user"]


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, installation: Path, project_root: Path
) -> dict[str, Any]:
    """What was seen on a machine of the emulator's own."""
    alone = _UNSHARE if os.geteuid() == 0 else _AS_USER
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody make a network of its own")
    state = tmp_path_factory.mktemp("alone")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.emulator.listening", str(state), str(installation)],
        cwd=project_root,
        env={**os.environ, "PYTHONPATH": str(project_root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_every_socket_is_a_loopback_socket(seen: dict[str, Any]) -> None:
    """The emulator and the Runtime API of a function, after both were used: all there is."""
    assert len(seen["listening"]) >= 2
    assert all(ipaddress.ip_address(address).is_loopback for address, _ in seen["listening"])


def test_nothing_answers_at_another_address_of_the_machine(seen: dict[str, Any]) -> None:
    """From and to an address that is not a loopback address, every connection is refused."""
    assert seen["reached"] == []


def test_it_listens_on_each_address_that_it_is_given(seen: dict[str, Any]) -> None:
    """IPv4 and IPv6, several at once, and on nothing else."""
    assert seen["as asked"] == [["127.0.0.1", 4567], ["192.0.2.1", 4568], ["::1", 4567]]
    assert seen["answering"] == ["127.0.0.1", "::1", "192.0.2.1"]
    assert seen["silent"] == ["192.0.2.1", "127.0.0.1", "127.0.0.2"]


def test_nothing_is_asked_of_a_dns_server(seen: dict[str, Any]) -> None:
    """Neither to start nor to create, deploy and invoke: it works without a network."""
    assert seen["queries"] == []
