"""Who holds the other end of a loopback connection, as far as the kernel shows.

The Runtime API of a function is on a port that every process of the machine can reach, other
functions and other users' too. AWS's has no secret: a runtime connects to the plain `host:port` of
AWS_LAMBDA_RUNTIME_API (awslambdaric takes nothing else), so it is known by its processes.
Source: proc(5), /proc/net/tcp and /proc/pid/fd.
"""

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def is_held_by(connection: socket.socket, pids: Iterable[int]) -> bool:
    """Whether one of these processes has the other end of an IPv4 connection."""
    inode = _inode_of(connection.getpeername(), connection.getsockname())
    return inode is not None and any(f"socket:[{inode}]" in _files(pid) for pid in pids)


def _inode_of(local: tuple[str, int], remote: tuple[str, int]) -> str | None:
    ends = f" {_hexadecimal(local)} {_hexadecimal(remote)} "
    for line in Path("/proc/net/tcp").read_text().splitlines():
        if ends in line:
            return line.split()[9]
    return None


def _hexadecimal(end: tuple[str, int]) -> str:
    address, port = end
    return f"{struct.unpack('=I', socket.inet_aton(address))[0]:08X}:{port:04X}"


def _files(pid: int) -> set[str]:
    """What the descriptors of a process stand for; nothing if it is gone or another user's."""
    found = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.add(str(descriptor.readlink()))
    return found
