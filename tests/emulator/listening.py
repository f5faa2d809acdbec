"""A machine of its own for an emulator: run by test_listening.py in namespaces made for it.

Two network interfaces' worth of addresses, loopback and 192.0.2.1 (RFC 5737: for documentation),
and a resolver that notes what is asked and never answers. Prints what was seen, as JSON.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import psutil

from harness.targets.emulator import EmulatorConfig, RunningEmulator, start
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped

OUTSIDE = "192.0.2.1"
_SIOCSIFADDR, _SIOCSIFFLAGS, _IFF_UP = 0x8916, 0x8914, 1
_MS_BIND = 4096


def main(state: Path, installation: Path) -> dict[str, Any]:
    _set_up_network()
    queries = _note_queries()
    seen: dict[str, Any] = {}
    with start(EmulatorConfig(state / "a", 4566, installation), background=False) as running:
        seen |= _look_at(running)
    wanted = "127.0.0.1:4567, [::1]:4567, 192.0.2.1:4568"
    config = EmulatorConfig(state / "b", 4567, installation, environment={"GATEWAY_LISTEN": wanted})
    with start(config, background=False):
        seen["as asked"] = _listening()
        seen["answering"] = [
            name
            for name, port in (("127.0.0.1", 4567), ("::1", 4567), (OUTSIDE, 4568))
            if _connects(name, port)
        ]
        seen["silent"] = [
            name
            for name, port in ((OUTSIDE, 4567), ("127.0.0.1", 4568), ("127.0.0.2", 4567))
            if not _connects(name, port)
        ]
    return seen | {"queries": queries}


def _set_up_network() -> None:
    """Bring up the loopback interface and give it an address that is not a loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
        address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(OUTSIDE))
        fcntl.ioctl(control, _SIOCSIFADDR, struct.pack("16s16s", b"lo:1", address))


def _note_queries() -> list[str]:
    """Be the resolver of this machine, which knows nothing."""
    queries: list[str] = []
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("127.0.0.1", 53))

    def listen() -> None:
        while True:
            queries.append(resolver.recv(512).decode("latin-1"))

    threading.Thread(target=listen, daemon=True).start()
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("nameserver 127.0.0.1\n")
    target = os.path.realpath("/etc/resolv.conf")
    if ctypes.CDLL(None).mount(file.name.encode(), target.encode(), None, _MS_BIND, None):
        raise OSError("mount")
    return queries


def _look_at(running: RunningEmulator) -> dict[str, Any]:
    """What listens once everything that opens a socket has been used, and what can be reached."""
    emulator = Emulator(running)
    with (
        role_for(emulator) as role,
        function_of(emulator, zipped("def handler(event, context): pass"), role) as arn,
    ):
        emulator.client("lambda").invoke(FunctionName=arn)
        emulator.client("s3").create_bucket(Bucket="photos")
        emulator.client("sqs").create_queue(QueueName="queue")
        listening = _listening()
        reached = [port for _, port in listening if _connects(OUTSIDE, port)]
        return {"listening": listening, "reached": reached}


def _listening() -> list[tuple[str, int]]:
    """Every TCP socket that listens on this machine, and every UDP socket but the resolver's."""
    return sorted(
        {
            (each.laddr.ip, each.laddr.port)
            for each in psutil.net_connections("inet")
            if each.laddr
            and each.pid != os.getpid()
            and (each.status == psutil.CONN_LISTEN or each.type == socket.SOCK_DGRAM)
        }
    )


def _connects(address: str, port: int) -> bool:
    try:
        # From an address that is not a loopback address, where that can be chosen.
        source = (OUTSIDE, 0) if address == OUTSIDE else None
        with socket.create_connection((address, port), timeout=10, source_address=source):
            return True
    except ConnectionRefusedError:
        return False


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
