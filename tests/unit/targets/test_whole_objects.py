"""Requests for objects where something goes wrong on the way, and how they are signed."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from harness.polling import wait_until
from harness.targets.clients import LocalClients
from harness.targets.signing import signed
from harness.targets.whole_objects import WholeObjects

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nx-amz-version-id: v1\r\n\r\ngood"
ERROR = b"<Error><Code>SlowDown</Code><Message>Reduce the rate.</Message></Error>"
BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n%s" % (len(ERROR), ERROR)
CUT = GOOD[:-2]


def _request(connection: socket.socket) -> bytes:
    """A request with all of its body: closed before that, the answer could be lost."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65_536)
    body = request.split(b"\r\n\r\n", 1)[1]
    length = re.search(rb"content-length: (\d+)", request)
    while length and len(body) < int(length[1]):
        body += connection.recv(65_536)
    return request


@contextmanager
def _server(*answers: bytes, reading: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives one answer for each request, each on a connection of its own.

    Its URL, and what it was asked on the connections that it has closed. An empty answer is none:
    it hangs up when the other end does. Without `reading` it answers before it has read the whole
    of a request, and hangs up.
    """
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    request = _request(connection) if reading else connection.recv(1000)
                    connection.sendall(answer)
                    while not answer and connection.recv(65_536):
                        pass
                asked.append(request)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _objects(endpoint: str, patience_s: int = 0) -> WholeObjects:
    clients = LocalClients(endpoint, "us-east-1", patience_s=patience_s)
    return WholeObjects(clients.client("s3", attempts=2))


def _put(objects: WholeObjects) -> str:
    return objects.put("bucket", "key", b"data", "image/png", {})


@pytest.mark.parametrize("first", [BUSY, CUT], ids=["busy", "cut"])
def test_a_read_without_a_good_answer_is_tried_again(first: bytes) -> None:
    """As boto3 does, up to three times in all."""
    with _server(first, BUSY, GOOD) as (endpoint, asked):
        found = _objects(endpoint).get("bucket", "key", "v1")
    assert (found.data, found.version) == (b"good", "v1")
    assert [each.split(b" HTTP")[0] for each in asked] == [b"GET /bucket/key?versionId=v1"] * 3


def test_a_read_ends_with_the_error_of_the_third_attempt() -> None:
    """It is the one that boto3 raises."""
    with _server(BUSY, BUSY, BUSY) as (endpoint, asked), pytest.raises(ClientError) as error:
        _objects(endpoint).tags("bucket", "key")
    assert error.value.response["Error"]["Code"] == "SlowDown"
    assert len(asked) == 3


def test_a_write_is_sent_once() -> None:
    """What is sent again unseen would be stored twice."""
    with _server(BUSY, GOOD) as (endpoint, asked), pytest.raises(ClientError) as error:
        _put(_objects(endpoint))
    assert re.search("SlowDown.*PutObject.*Reduce the rate", str(error.value))
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert len(asked) == 1


def test_a_write_that_is_refused_before_its_end_has_the_refusal() -> None:
    """It is no upload without an answer, after which the bucket would be searched for it."""
    with _server(BUSY, reading=False) as (endpoint, _), pytest.raises(ClientError) as error:
        _objects(endpoint).put("bucket", "key", bytes(20_000_000), "image/png", {})
    assert error.value.response["Error"]["Code"] == "SlowDown"


def test_a_write_whose_answer_is_cut_off_has_no_good_answer() -> None:
    """The uploader looks in the bucket then."""
    with _server(CUT, GOOD) as (endpoint, asked), pytest.raises(ConnectionClosedError):
        _put(_objects(endpoint))
    assert len(asked) == 1


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    """A server may close one that is idle, and that is no failed upload."""
    with _server(GOOD, GOOD) as (endpoint, asked):
        objects = _objects(endpoint)
        first = _put(objects)
        wait_until(lambda: asked, deadline_s=5, describe="the connection closed")
        assert [first, _put(objects)] == ["v1", "v1"]
    assert len(asked) == 2


def test_an_endpoint_may_have_a_path() -> None:
    """As where a proxy leads to more than one emulator; boto3 begins with it, too."""
    with _server(GOOD, BUSY, GOOD) as (endpoint, asked):
        objects = _objects(f"{endpoint}/aws/")
        _put(objects)
        objects.get("bucket", "key")
    assert [each.split(b" HTTP")[0] for each in asked] == [
        b"PUT /aws/bucket/key",
        b"GET /aws/bucket/key",
        b"GET /aws/bucket/key",
    ]


def test_a_server_that_is_not_there_and_one_that_is_silent() -> None:
    """As with boto3, and as soon as the client's patience ends."""
    with _server() as (endpoint, _):
        pass
    with pytest.raises(EndpointConnectionError):
        _put(_objects(endpoint))
    with _server(b"") as (endpoint, _), pytest.raises(ReadTimeoutError):
        _put(_objects(endpoint, patience_s=1))


def test_metadata_that_is_no_ascii_is_refused() -> None:
    """S3 takes it in another form, and a line break would be another header."""
    for value in ("ü", "a\r\nb: c"):
        with pytest.raises(ValueError, match="ASCII"):
            _objects("http://127.0.0.1:9").put("b", "k", b"", "image/png", {"a": value})


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body"),
    [
        ("GET", "/b/a%20b/%C3%A5.jpg", "versionId=x.Y_z", {}, b""),
        ("GET", "/b/k", "tagging=&versionId=1", {}, b""),
        ("PUT", "/b/k", "", {"content-type": "image/png", "x-amz-meta-a": " b   c "}, b"data"),
    ],
)
def test_signatures_are_those_of_botocore(
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    """Of the same request in the same second, with the same headers signed."""
    given = {"host": "127.0.0.1:4566", **headers}
    ours = signed(
        method, path, query, given, body, key_id="test", secret="secret", region="eu-north-1"
    )
    then = datetime.strptime(ours["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
    url = f"http://127.0.0.1:4566{path}?{query}"
    request = AWSRequest(method=method, url=url, headers=headers, data=body)
    S3SigV4Auth(Credentials("test", "secret"), "s3", "eu-north-1").add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]
