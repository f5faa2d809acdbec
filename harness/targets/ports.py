"""Free ports for emulators, on the loopback interface only."""

import contextlib
import random
import socket

import psutil

from harness.problems import Problem

HOST = "127.0.0.1"
DEFAULT_PORT = 4566
# Below the range from which Linux takes the ports of outgoing connections.
FREE_PORTS = range(20000, 32000)


def choose_port(wanted: int, option: str = "--port") -> int:
    """`wanted`, or any free port for 0. Raises Problem that names who has it, if it is taken.

    `option` is the one that chooses another.
    """
    if wanted:
        if not _bindable(wanted):
            raise _used(wanted, option)
        return wanted
    for port in random.sample(FREE_PORTS, 50):
        if _bindable(port):
            return port
    raise Problem(f"No free port was found on {HOST}.", f"Choose one with {option}.")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _used(port: int, option: str) -> Problem:
    """The message about a port that somebody has, as far as this user may see who."""
    who, remedy = "", "Stop that program"
    with contextlib.suppress(psutil.Error):
        if owner := _listener(port):
            who = f" by {owner.name()} (pid {owner.pid})"
            if files := owner.environ().get("TAPSTACK_EMULATOR_STATE"):
                who = f" by an emulator (pid {owner.pid}) whose files are in {files}"
                remedy = "Stop it where it was started, with `tapstack down`"
    return Problem(
        f"Port {port} on {HOST} is already used{who}.",
        f"{remedy}, or choose another port with {option}.",
    )


def _listener(port: int) -> psutil.Process | None:
    for connection in psutil.net_connections("tcp"):
        listening = connection.status == psutil.CONN_LISTEN and connection.laddr
        if listening and listening.port == port and connection.pid:
            return psutil.Process(connection.pid)
    return None
