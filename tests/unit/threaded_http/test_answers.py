"""What a client gets: framed so that it knows where an answer ends, or sees that it was cut off."""

import pytest

from tests.unit.threaded_http.servers import NAME, Running

HOST = b"Host: localhost\r\n"


def get(path: str, method: str = "GET", version: str = "1.1", headers: bytes = b"") -> bytes:
    return f"{method} {path} HTTP/{version}\r\n".encode() + HOST + headers + b"\r\n"


def test_a_body_without_a_length_comes_in_chunks(running: Running) -> None:
    """An empty part of it is no end. RFC 9112, section 7.1."""
    with running.connected() as client:
        answer = client.ask(get("/parts"))
        assert (answer.header("Transfer-Encoding"), answer.body) == ("chunked", b"onetwo")
        assert client.ask(get("/next")).echo["PATH_INFO"] == "/next"


def test_in_http_1_0_it_ends_with_the_connection(running: Running) -> None:
    with running.connected() as client:
        answer = client.ask(get("/parts", version="1.0"))
        assert answer.header("Transfer-Encoding") is None
        assert (answer.header("Connection"), answer.body) == ("close", b"onetwo")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(("/parts", "HEAD"), 200), (("/empty", "GET"), 204), (("/unchanged", "GET"), 304)],
)
def test_what_has_no_body_sends_none(
    running: Running, request_line: tuple[str, str], status: int
) -> None:
    """RFC 9112, section 6.3: the next answer begins behind the empty line."""
    path, method = request_line
    with running.connected() as client:
        answer = client.ask(get(path, method))
        assert answer.status.split()[1] == str(status)
        assert answer.header("Transfer-Encoding") is None
        assert client.ask(get("/next")).echo["PATH_INFO"] == "/next"


def test_head_has_the_length_that_get_would_have(running: Running) -> None:
    answer = running.ask(get("/large?70000", "HEAD"))
    assert (answer.header("Content-Length"), answer.body) == ("70000", b"")


@pytest.mark.parametrize("size", [1, 60_000, 70_000, 5_000_000])
def test_a_large_body_comes_whole(running: Running, size: int) -> None:
    assert running.ask(get(f"/large?{size}")).body == bytes(size)


def test_the_server_names_itself_and_the_time_first(running: Running) -> None:
    answer = running.ask(get("/"))
    assert [name for name, _ in answer.headers] == ["Server", "Date", "Content-Length"]
    assert answer.header("Server") == NAME


@pytest.mark.parametrize(
    ("version", "headers", "closes"),
    [
        ("1.1", b"", False),
        ("1.1", b"Connection: keep-alive\r\n", False),
        ("1.1", b"Connection: Close\r\n", True),
        ("1.1", b"Connection: TE\r\nConnection: close\r\n", True),
        ("1.0", b"", True),
        ("1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_a_connection_lasts_as_long_as_both_want(
    running: Running, version: str, headers: bytes, closes: bool
) -> None:
    with running.connected() as client:
        answer = client.ask(get("/", version=version, headers=headers))
        assert (answer.header("Connection") == "close") is closes
        if closes:
            assert client.rest() == b""
        else:
            assert client.ask(get("/next")).echo["PATH_INFO"] == "/next"


@pytest.mark.parametrize("path", ["/raises", "/injected", "/long"])
def test_an_application_that_fails_is_an_error_of_the_server(running: Running, path: str) -> None:
    """And no header that it was talked into."""
    answer = running.ask(get(path))
    if path == "/long":  # its beginning was sent
        assert answer.body == b"a"
    else:
        assert " 500 " in answer.status
    assert answer.header("Set-Cookie") is None


@pytest.mark.parametrize("path", ["/short", "/broken", "/long"])
def test_a_body_that_is_cut_off_looks_cut_off(running: Running, path: str) -> None:
    """The connection ends before the length or the last chunk that was announced."""
    with running.connected() as client:
        client.send(get(path) + get("/next"))
        got = client.rest()
        assert got.startswith(b"HTTP/1.1 200 OK")
        assert not got.endswith(b"0\r\n\r\n")
        assert b"/next" not in got
