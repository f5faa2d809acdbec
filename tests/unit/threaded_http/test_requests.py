"""Requests arrive as they were sent, however they were cut into packets; doubtful ones do not."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.threaded_http.servers import Running, serving
from threaded_http import Limits

HOST = b"Host: localhost\r\n"

# What two parsers on the way of a request could read in two ways, or what is no HTTP/1.1.
# RFC 9112, sections 2.2, 5.1, 5.2, 6.1, 6.3 and 7.1; RFC 9110, section 7.2.
REFUSED = {
    "length and chunks": (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
    "chunks and length": (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
    "two lengths": (b"Content-Length: 3\r\nContent-Length: 4\r\n", 400),
    "one length twice": (b"Content-Length: 3\r\nContent-Length: 3\r\n", 400),
    "a list of lengths": (b"Content-Length: 3, 3\r\n", 400),
    "a sign": (b"Content-Length: +3\r\n", 400),
    "a negative length": (b"Content-Length: -3\r\n", 400),
    "a length in hexadecimal digits": (b"Content-Length: 0x3\r\n", 400),
    "a length without end": (b"Content-Length: 99999999999999999999999\r\n", 400),
    "more than may be": (b"Content-Length: 99999999999999\r\n", 413),
    "another coding": (b"Transfer-Encoding: gzip, chunked\r\n", 501),
    "chunks not at the end": (b"Transfer-Encoding: chunked, gzip\r\n", 400),
    "chunks twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    "a coding like chunked": (b"Transfer-Encoding: xchunked\r\n", 400),
    "a folded line": (b"X-A: b\r\n c\r\n", 400),
    "a folded line with a tab": (b"X-A: b\r\n\tc\r\n", 400),
    "a blank before the colon": (b"Content-Length : 3\r\n", 400),
    "no colon": (b"X-A\r\n", 400),
    "no name": (b": b\r\n", 400),
    "a NUL": (b"X-A: b\x00c\r\n", 400),
    "a bare CR": (b"X-A: b\rContent-Length: 3\r\n", 400),
    "a bare LF": (b"X-A: b\nContent-Length: 3\r\n", 400),
    "a second host": (b"Host: elsewhere\r\n", 400),
    "another expectation": (b"Expect: a miracle\r\n", 417),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_doubtful_request_is_refused_and_ends_the_connection(running: Running, why: str) -> None:
    """What follows it could be taken for a request by one and for a body by another."""
    headers, status = REFUSED[why]
    with running.connected() as client:
        answer = client.ask(b"POST / HTTP/1.1\r\n" + HOST + headers + b"\r\n")
        assert answer.status.split()[1] == str(status)
        assert answer.header("Connection") == "close"
        assert answer.body.endswith(b".\n")  # a sentence
        client.send(b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n")
        assert client.rest() == b""


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /", 505),  # HTTP/0.9 has neither version nor headers
        (b"GET / HTTP/0.9", 505),
        (b"GET / HTTP/2.0", 505),
        (b"PRI * HTTP/2.0", 505),
        (b"GET  / HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET /\xc3\xa9 HTTP/1.1", 400),
        (b"BREW / HTTP/1.1", 501),
        (b"CONNECT a:443 HTTP/1.1", 501),
        (b"\x16\x03\x01", 400),  # TLS, where there is none
    ],
)
def test_a_doubtful_request_line_is_refused(running: Running, line: bytes, status: int) -> None:
    answer = running.ask(line + b"\r\n" + HOST + b"\r\n")
    assert answer.status.split()[1] == str(status)
    assert answer.header("Connection") == "close"


def test_lines_that_end_otherwise_are_refused_at_once(running: Running) -> None:
    """A head without a single CR would never come to its end."""
    assert " 400 " in running.ask(b"GET / HTTP/1.1\nHost: a\n\n").status


def test_a_request_without_a_host_is_refused_but_in_http_1_0(running: Running) -> None:
    assert " 400 " in running.ask(b"GET / HTTP/1.1\r\n\r\n").status
    assert " 200 " in running.ask(b"GET / HTTP/1.0\r\n\r\n").status
    assert (
        " 400 " in running.ask(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n").status
    )


@pytest.mark.parametrize(
    "body",
    [
        b"3\nabc\r\n0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nab\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"3 3\r\nabc\r\n0\r\n\r\n",
        b"\r\n3\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_a_doubtful_chunk_is_refused(running: Running, body: bytes) -> None:
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + body
    with running.connected() as client:
        client.send(request)
        assert client.answer().status.split()[1] in {"400", "413"}
        client.rest()


def test_the_raw_parts_of_a_request_stay_as_they_are(running: Running) -> None:
    """Signatures cover them: the target's percent-encoding and what is behind ?, byte for byte."""
    asked = running.ask(
        b"GET /a%2Fb%20//c;d/../e+%C3%A9?x=1&y=%2B&&z HTTP/1.1\r\nhOst: localhost:1\r\n"
        b"X-Amz-Meta-A:  two  words \t\r\nX-Same: 1\r\nx-same: 2\r\nX-Latin: \xe9\r\n\r\n"
    ).echo
    assert asked["RAW_URI"] == "/a%2Fb%20//c;d/../e+%C3%A9?x=1&y=%2B&&z"
    assert asked["PATH_INFO"] == "/a/b //c;d/../e+Ã©"  # latin-1, as PEP 3333 has it
    assert asked["QUERY_STRING"] == "x=1&y=%2B&&z"
    assert asked["headers"] == [
        ["hOst", "localhost:1"],
        ["X-Amz-Meta-A", "two  words"],
        ["X-Same", "1"],
        ["x-same", "2"],
        ["X-Latin", "é"],
    ]
    assert (asked["HTTP_X_SAME"], asked["SERVER_NAME"]) == ("1,2", "localhost")


def test_a_whole_url_as_the_target_has_the_path_of_the_url(running: Running) -> None:
    """As a proxy is asked. RFC 9112, section 3.2.2."""
    asked = running.ask(b"GET http://elsewhere/a%20b?c HTTP/1.1\r\n" + HOST + b"\r\n").echo
    assert (asked["PATH_INFO"], asked["QUERY_STRING"]) == ("/a b", "c")
    assert asked["RAW_URI"] == "http://elsewhere/a%20b?c"


def test_an_underscore_passes_for_no_hyphen(running: Running) -> None:
    """A script may set `Sec_Fetch_Site`; only the browser sets `Sec-Fetch-Site`."""
    asked = running.ask(
        b"GET / HTTP/1.1\r\n" + HOST + b"Sec-Fetch-Site: cross-site\r\nSec_Fetch_Site: none\r\n\r\n"
    ).echo
    assert asked["HTTP_SEC_FETCH_SITE"] == "cross-site"


def test_another_protocol_is_not_gone_over_to(running: Running) -> None:
    """RFC 9110, section 7.8: a server may ignore Upgrade. curl --http2 asks so."""
    answer = running.ask(
        b"POST / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\nhi"
    )
    assert (answer.status, answer.echo["body"]) == ("HTTP/1.1 200 OK", "hi")


def test_requests_without_waiting_are_answered_in_their_order(running: Running) -> None:
    """Pipelining, RFC 9112, section 9.3.2; empty lines between requests are ignored."""
    with running.connected() as client:
        client.send(
            b"POST /1 HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc\r\n"
            b"GET /2 HTTP/1.1\r\n" + HOST + b"\r\n"
            b"PUT /3 HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n"
            b"GET /4 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        )
        answers = [client.answer().echo for _ in range(4)]
        assert [each["PATH_INFO"] for each in answers] == ["/1", "/2", "/3", "/4"]
        assert [each["body"] for each in answers] == ["abc", "", "d", ""]
        assert client.rest() == b""


def test_a_client_that_asks_first_is_asked_to_go_on(running: Running) -> None:
    """RFC 9110, section 10.1.1; who sends its body at once needs no 100."""
    head = b"PUT / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with running.connected() as client:
        assert client.ask(head).status == "HTTP/1.1 100 Continue"
        assert client.ask(b"hi").echo["body"] == "hi"
        assert client.ask(head + b"ho").echo["body"] == "ho"


@pytest.fixture(scope="module")
def sparing() -> Iterator[Running]:
    """A server that keeps little in memory."""
    with serving(Limits(body_in_memory=64)) as found:
        yield found


_PIECES = st.lists(st.binary(min_size=1, max_size=200), max_size=4)


@settings(max_examples=60, deadline=None)
@given(pieces=_PIECES, chunked=st.booleans(), cuts=st.lists(st.integers(1, 600), max_size=6))
def test_a_body_arrives_as_it_was_sent(
    sparing: Running, pieces: list[bytes], chunked: bool, cuts: list[int]
) -> None:
    """In one piece or in many, with its length or in chunks, in memory or in a file, and so does
    the request after it."""
    body = b"".join(pieces)
    if chunked:
        sent = b"".join(b"%X;a=b\r\n%b\r\n" % (len(each), each) for each in pieces)
        sent = b"Transfer-Encoding: CHUNKED\r\n\r\n" + sent + b"0\r\nTrailer: x\r\n\r\n"
    else:
        sent = b"Content-Length: %d\r\n\r\n" % len(body) + body
    sent = b"POST /p HTTP/1.1\r\n" + HOST + sent + b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n"
    with sparing.connected() as client:
        at = 0
        for cut in sorted({min(cut, len(sent)) for cut in cuts} | {len(sent)}):
            client.send(sent[at:cut])
            at = cut
        assert client.answer().echo["body"] == body.decode("latin-1")
        assert client.answer().echo["PATH_INFO"] == "/next"


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_whatever_is_sent_the_server_goes_on(running: Running, data: bytes) -> None:
    """It answers something or closes, and serves the next client."""
    with running.connected() as client:
        client.send(data)
        client.socket.shutdown(1)
        got = client.rest()
        assert got == b"" or got.startswith(b"HTTP/1.1 ")
    assert " 200 " in running.ask(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").status
