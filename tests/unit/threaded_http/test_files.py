"""Answers from a file: the bytes that it had when it was opened, or an end that looks cut off."""

import os
import random
import socket
import ssl
from pathlib import Path

import pytest

from harness.polling import wait_until
from tests.unit.threaded_http.servers import Client, Running, serving

CONTENT = random.Random(1).randbytes(5_000_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    return path


def get(file: Path, begin: int, size: int, length: int | None = None) -> bytes:
    about = f"{file}&{begin}&{size}&{size if length is None else length}"
    return f"GET /file?{about} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@pytest.mark.parametrize("begin", [0, 1, 4_000_000])
@pytest.mark.parametrize("size", [0, 1, 70_000, 600_000, 1_000_000])
def test_a_stretch_comes_whole(running: Running, file: Path, begin: int, size: int) -> None:
    """And nothing of what follows it; the connection can take another request."""
    with running.connected() as client:
        for _ in range(2):
            assert client.ask(get(file, begin, size)).body == CONTENT[begin : begin + size]


def test_it_comes_whole_over_tls(certificate: tuple[Path, Path], file: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with (
        serving(tls=tls) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as encrypted,
    ):
        client = Client(encrypted)
        for _ in range(2):
            assert client.ask(get(file, 1, 1_500_000)).body == CONTENT[1:1_500_001]


def test_what_becomes_of_the_name_does_not_matter(running: Running, tmp_path: Path) -> None:
    """A file that is replaced and removed while a slow client reads is sent as it was."""
    file, newer, content = tmp_path / "content", tmp_path / "newer", CONTENT * 6
    file.write_bytes(content)
    newer.write_bytes(bytes(len(content)))
    with running.connected() as client:
        client.send(get(file, 0, len(content)))
        first = client.socket.recv(1000)
        newer.replace(file)
        file.unlink()
        head, _, body = first.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        while len(body) < len(content) and (more := client.socket.recv(1 << 20)):
            body += more
        assert body == content


@pytest.mark.parametrize(("size", "length"), [(2_000_000, 2_000_000), (600_000, 600_001)])
def test_a_file_that_is_too_short_looks_cut_off(
    running: Running, file: Path, size: int, length: int
) -> None:
    """The connection ends before the length that was announced."""
    begin = len(CONTENT) - 600_000
    with running.connected() as client:
        client.send(get(file, begin, size, length) * 2)
        head, _, body = client.rest().partition(b"\r\n\r\n")
        assert b"Content-Length: %d" % length in head
        assert body == CONTENT[begin:]


def test_a_client_that_leaves_leaves_no_file_open(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.touch()
    os.truncate(file, 100_000_000)
    with running.connected() as client:
        client.send(get(file, 0, 100_000_000))
        assert client.socket.recv(1000)
        assert _is_open(file)
    wait_until(
        lambda: _is_open(file),
        until=lambda is_open: not is_open,
        deadline_s=20,
        describe="the file to be closed",
    )


def _is_open(file: Path) -> bool:
    """Say whether this process, in which the server runs, has a file open."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            links.append(descriptor.readlink())
        except FileNotFoundError:  # that of the listing itself
            continue
    return file in links
