"""Free ports for emulators, on the loopback interface only."""

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
            raise Problem(
                f"Port {wanted} on {HOST} is already used{_port_owner(wanted)}.",
                f"Stop that program, or choose another port with {option}.",
            )
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


def _port_owner(port: int) -> str:
    """Say who listens on the port, as far as this user may see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listening and listening.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return ""
