"""Requests of a runtime, cut out of what its socket delivers."""

import socket
from collections.abc import Iterator

import pytest

from localstack_parity.lambda_runtime import runtime_api
from localstack_parity.lambda_runtime.runtime_api import Connection


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    with runtime_api.listen() as listener:
        client = socket.create_connection(listener.getsockname())
        listener.setblocking(True)
        server, _ = listener.accept()
    with client, server:
        yield Connection(server), client


def test_a_request_may_come_in_pieces(pair: tuple[Connection, socket.socket]) -> None:
    """It is handed on when its whole body is there."""
    connection, client = pair
    client.sendall(b"POST /a HTTP/1.1\r\nContent-Length: 4\r\nX-Kind: test\r\n\r\nab")
    assert list(connection.read()) == []

    client.sendall(b"cd")
    (request,) = connection.read()

    assert (request.method, request.path, request.body) == ("POST", "/a", b"abcd")
    assert request.headers["x-kind"] == "test"


def test_requests_may_come_together(pair: tuple[Connection, socket.socket]) -> None:
    """A client that does not wait for answers loses none of its requests."""
    connection, client = pair
    client.sendall(b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")

    assert [request.path for request in connection.read()] == ["/a", "/b"]


def test_a_closed_connection_is_an_error(pair: tuple[Connection, socket.socket]) -> None:
    """A runtime that has gone is noticed."""
    connection, client = pair
    client.close()

    with pytest.raises(ConnectionError):
        list(connection.read())


def test_a_reply_keeps_the_connection(pair: tuple[Connection, socket.socket]) -> None:
    """Status, headers and body come in one piece, and the next request uses the same socket."""
    connection, client = pair
    connection.reply("200 OK", b"{}", {"Lambda-Runtime-Aws-Request-Id": "1"})
    received = client.recv(1000)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nContent-Length: 2\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\r\n{}" in received
    client.sendall(b"GET /a HTTP/1.1\r\n\r\n")
    assert [request.path for request in connection.read()] == ["/a"]
