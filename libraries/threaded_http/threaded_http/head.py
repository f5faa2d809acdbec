"""The head of a request: its request line and headers, and how its body is framed.

Sources: RFC 9112, sections 2.2, 3, 5 and 6; RFC 9110, section 10.1.1 (Expect).
"""

import re
from dataclasses import dataclass

import httptools

from threaded_http.refusal import Refusal

_BAD_REQUEST = "400 Bad Request"
_CHUNKED = "chunked"
_METHOD = re.compile(rb"[A-Z]+ ")


@dataclass(frozen=True, slots=True)
class Head:
    """Names and values as they were sent, decoded as latin-1, which keeps every byte."""

    method: str
    target: str
    version: str  # 1.0 or 1.1
    headers: list[tuple[str, str]]
    length: int | None  # of the body; None if it is chunked
    keep_alive: bool
    expects_continue: bool


class _Parsed:
    """Takes llhttp's events for one head."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))


def parse(data: bytes, most_headers: int) -> Head:
    """Return the head of a request; `data` ends with the empty line behind it. Raises Refusal."""
    if data.startswith(b"PRI * HTTP/2"):
        raise Refusal("505 HTTP Version Not Supported", "Speak HTTP/1.1: there is no HTTP/2 here.")
    parsed = _Parsed()
    parser = httptools.HttpRequestParser(parsed)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # a server may go on in HTTP/1.1 (RFC 9110, section 7.8)
    except httptools.HttpParserInvalidMethodError:
        status = "501 Not Implemented" if _METHOD.match(data) else _BAD_REQUEST
        raise Refusal(status, "The request begins with no method of HTTP.") from None
    except httptools.HttpParserInvalidURLError:
        raise Refusal(
            _BAD_REQUEST, "A request target has to be percent-encoded: it has a byte that may not."
        ) from None
    except httptools.HttpParserError as problem:
        raise Refusal(_BAD_REQUEST, f"This is not a request in HTTP/1.1: {problem}.") from None
    if len(parsed.headers) > most_headers:
        raise Refusal(
            "431 Request Header Fields Too Large", f"There may be {most_headers} headers."
        )
    method = parser.get_method().decode()
    if method == "CONNECT":
        raise Refusal("501 Not Implemented", "This server is no proxy.")
    headers = [
        (name.decode("latin-1"), value.strip(b" \t").decode("latin-1"))
        for name, value in parsed.headers
    ]
    target, version = parsed.target.decode(), parser.get_http_version()
    if version not in {"1.0", "1.1"}:
        raise Refusal("505 HTTP Version Not Supported", "Speak HTTP/1.1.")
    if not data.startswith(f"{method} {target} HTTP/{version}\r\n".encode()):
        raise Refusal(_BAD_REQUEST, "One blank separates the parts of a request line.")
    return _framed(method, target, version, headers)


def _framed(method: str, target: str, version: str, headers: list[tuple[str, str]]) -> Head:
    """Find out from the headers where the body ends and what becomes of the connection."""
    hosts, length, encodings, options, expectation = 0, 0, "", "", ""
    for name, value in headers:
        match name.lower():
            case "host":
                hosts += 1
            case "content-length":  # llhttp lets through one, of digits, without a coding
                length = int(value)
            case "transfer-encoding":
                encodings = f"{encodings},{value}" if encodings else value
            case "connection":
                options += f",{value}"
            case "expect":
                expectation = value
    if hosts > 1 or (not hosts and version == "1.1"):
        raise Refusal(_BAD_REQUEST, "A request has one Host header.")
    if encodings and version == "1.0":
        raise Refusal(_BAD_REQUEST, "HTTP/1.0 knows no Transfer-Encoding.")
    if encodings and encodings.lower() != _CHUNKED:
        raise Refusal("501 Not Implemented", "The only Transfer-Encoding here is chunked.")
    if expectation and expectation.lower() != "100-continue":
        raise Refusal("417 Expectation Failed", "All that can be expected here is 100-continue.")
    closes = "close" in {option.strip().lower() for option in options.split(",")}
    return Head(
        method,
        target,
        version,
        headers,
        length=None if encodings else length,
        keep_alive=version == "1.1" and not closes,
        expects_continue=bool(expectation) and version == "1.1",
    )
