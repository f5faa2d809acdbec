"""A client that is slow, large or many costs no more than its share, and others are served."""

import resource
import select
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.polling import wait_until
from tests.unit.threaded_http.servers import Client, Running, serving
from threaded_http import Limits

HOST = b"Host: localhost\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture(scope="module")
def strict() -> Iterator[Running]:
    """A server with so small limits that a test meets them at once."""
    limits = Limits(
        connections=50,
        head=1024,
        headers=10,
        body=4096,
        body_in_memory=100,
        idle_s=1.0,
        head_s=0.6,
        linger_s=0.3,
    )
    with serving(limits) as found:
        yield found


def test_a_head_has_a_size(strict: Running) -> None:
    assert " 431 " in strict.ask(b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n").status
    assert " 431 " in strict.ask(GET[:-2] + b"A: b\r\n" * 10 + b"\r\n").status
    assert " 431 " in strict.ask(GET[:-2] + b"A: " + b"b" * 2000 + b"\r\n\r\n").status


@pytest.mark.parametrize("size", [1_500_100, 3_000_000])
def test_a_body_that_the_disk_has_no_room_for_is_refused(running: Running, size: int) -> None:
    """Also if it is the last of it: write(2) takes what there is room for, without an error."""
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
    try:
        head = b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size
        answer = running.ask(head + bytes(size))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert (" 507 " in answer.status, b"no room" in answer.body) == (True, True)


@pytest.mark.parametrize("head", [b"Content-Length: 5000\r\n\r\n", b"Expect: 100-continue\r\n"])
def test_a_body_has_a_size_that_is_known_before_it_is_sent(strict: Running, head: bytes) -> None:
    head = head if head.endswith(b"\r\n\r\n") else head + b"Content-Length: 5000\r\n\r\n"
    assert " 413 " in strict.ask(b"PUT / HTTP/1.1\r\n" + HOST + head).status


def test_chunks_have_a_size_together(strict: Running) -> None:
    chunks = (b"400\r\n" + bytes(1024) + b"\r\n") * 5
    head = b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    assert " 413 " in strict.ask(head + chunks).status
    assert " 431 " in strict.ask(head + b"0\r\n" + b"A: bbbbbbbbbbbbbbbb\r\n" * 100).status
    assert " 400 " in strict.ask(head + b"1;" + b"a" * 5000).status


def test_a_client_that_was_refused_reads_why_while_it_still_sends(strict: Running) -> None:
    """Closing at once would reset the connection and take the answer with it."""
    with strict.connected() as client:
        client.send(b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000\r\n\r\n" + bytes(5000))
        time.sleep(0.1)
        assert " 413 " in client.answer().status


def answered_while_sending(client: Client, data: bytes) -> bool:
    """Send a byte each 0.1 s, which is soon enough for each, until there is an answer."""
    for byte in data:
        client.send(bytes([byte]))
        if select.select([client.socket], [], [], 0.1)[0]:
            return True
    return False


def test_a_head_that_trickles_is_given_up(strict: Running) -> None:
    with strict.connected() as client:
        assert answered_while_sending(client, b"GET /" + b"a" * 50)
        assert " 408 " in client.answer().status


def test_a_body_that_stops_is_given_up(strict: Running) -> None:
    answer = strict.ask(b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nabc")
    assert " 408 " in answer.status


def test_a_body_that_trickles_is_given_up() -> None:
    with serving(Limits(idle_s=0.3, body_rate=1000)) as running, running.connected() as client:
        client.send(b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 900\r\n\r\n")
        assert answered_while_sending(client, b"a" * 50)
        assert " 408 " in client.answer().status


def test_a_connection_that_is_not_used_ends_without_a_word(strict: Running) -> None:
    with strict.connected() as client:
        assert " 200 " in client.ask(GET).status
        assert client.rest() == b""


def test_too_many_connections_are_turned_away() -> None:
    with serving(Limits(connections=3)) as few:
        with few.connected() as one, few.connected() as two, few.connected() as three:
            for each in (one, two, three):
                assert " 200 " in each.ask(GET).status
            with few.connected() as four:
                assert " 503 " in four.answer().status
        deadline = time.monotonic() + 30
        while " 200 " not in few.ask(GET).status:
            assert time.monotonic() < deadline


def test_a_client_that_leaves_takes_nothing_with_it(strict: Running) -> None:
    """In the middle of a head, of a body, of an answer."""
    for begun in (b"GET / HT", b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"):
        with strict.connected() as client:
            client.send(begun)
    with strict.connected() as client:
        client.send(b"GET /large?50000000 HTTP/1.1\r\n" + HOST + b"\r\n")
        client.socket.recv(10)
    deadline = time.monotonic() + 30
    while " 200 " not in strict.ask(GET).status:
        assert time.monotonic() < deadline


def test_a_client_that_does_not_read_is_given_up(strict: Running) -> None:
    with strict.connected() as client:
        client.send(b"GET /large?50000000 HTTP/1.1\r\n" + HOST + b"\r\n")
        client.socket.recv(1, socket.MSG_PEEK)
        wait_until(
            lambda: not strict.server._connections, deadline_s=60, describe="the server to give up"
        )
        assert len(client.rest()) < 50_000_000


def test_a_large_body_is_kept_on_the_disk() -> None:
    """100 MB of it add little to the memory of this process, which is the server's."""
    size = 100_000_000
    with serving() as running, running.connected() as client:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        client.send(b"PUT /wait HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size)
        piece = bytes(1_000_000)
        for _ in range(99):
            client.send(piece)
        time.sleep(0.2)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB


def test_it_stops_when_what_is_being_answered_is_answered() -> None:
    with serving() as running:
        with running.connected() as idle, running.connected() as busy:
            assert " 200 " in idle.ask(GET).status
            busy.send(b"GET /wait HTTP/1.1\r\n" + HOST + b"\r\n")
            assert running.echo.asked.wait(60)
            running.server.stop(30)
            assert idle.rest() == b""  # at once
            assert running.thread.is_alive()
            with pytest.raises(OSError, match="refused"), running.connected():
                pass
            running.echo.go_on.set()
            answer = busy.answer()
            assert (" 200 " in answer.status, answer.header("Connection")) == (True, "close")
        running.thread.join(60)
        assert not running.thread.is_alive()


def test_it_does_not_wait_for_ever() -> None:
    with serving() as running, running.connected() as busy:
        busy.send(b"GET /wait HTTP/1.1\r\n" + HOST + b"\r\n")
        assert running.echo.asked.wait(60)
        running.server.stop(0.1)
        running.thread.join(60)
        assert not running.thread.is_alive()


def test_one_port_speaks_tls_and_plain_http(certificate: tuple[Path, Path]) -> None:
    """Whichever the client begins with; a client that goes silent in between is given up."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with serving(Limits(idle_s=3.0), tls=tls) as running:
        assert running.ask(GET).echo["wsgi.url_scheme"] == "http"
        with (
            socket.create_connection(("127.0.0.1", running.port), timeout=10) as plain,
            trusting.wrap_socket(plain, server_hostname="localhost") as encrypted,
        ):
            client = Client(encrypted)
            assert client.ask(GET).echo["wsgi.url_scheme"] == "https"
            body = bytes(300_000)
            head = b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 300000\r\n\r\n"
            assert len(client.ask(head + body).echo["body"]) == len(body)
        with running.connected() as client:
            client.send(b"\x16\x03\x01")
            assert client.rest() == b""


def test_it_listens_on_the_address_it_is_given_alone() -> None:
    with serving() as running:
        port = running.server.listen("127.0.0.2", 0)
        with socket.create_connection(("127.0.0.2", port), timeout=5) as connection:
            assert " 200 " in Client(connection).ask(GET).status
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        with pytest.raises(OSError, match="in use"):
            running.server.listen("127.0.0.1", running.port)


def test_what_is_being_answered_over_tls_when_it_stops_is_encrypted(
    certificate: tuple[Path, Path],
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with serving(tls=tls) as running:
        with (
            socket.create_connection(("127.0.0.1", running.port), timeout=60) as plain,
            trusting.wrap_socket(plain, server_hostname="localhost") as encrypted,
        ):
            busy = Client(encrypted)
            busy.send(b"GET /wait HTTP/1.1\r\n" + HOST + b"\r\n")
            assert running.echo.asked.wait(60)
            with running.connected() as idle:
                assert " 200 " in idle.ask(GET).status
                running.server.stop(60)
                assert idle.rest() == b""  # and the busy one, which came before, is to end
            running.echo.go_on.set()
            assert " 200 " in busy.answer().status
        running.thread.join(60)
        assert not running.thread.is_alive()


def test_it_stops_though_a_client_is_about_to_begin_tls(certificate: tuple[Path, Path]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    with serving(tls=tls) as running, running.connected() as client:
        client.send(b"\x16\x03\x01")
        wait_until(lambda: running.server._connections, deadline_s=30, describe="the connection")
        running.server.stop(600)
        running.thread.join(30)
        assert not running.thread.is_alive()
