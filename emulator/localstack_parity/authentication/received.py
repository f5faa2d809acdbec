"""The request as it arrived, before any handler rewrote its headers, path or body.

A signature covers the bytes of the request line and of the headers, so it can only be computed
again from these: LocalStack's handlers add headers, decode paths and unpack bodies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit


@dataclass(frozen=True)
class Received:
    """One HTTP request; header names in lower case, values as latin-1, which keeps every byte."""

    method: str
    path: str  # percent-encoded, as sent
    query: str  # the same
    headers: Mapping[str, str]  # of several of one name: joined by a comma

    @cached_property
    def parameters(self) -> tuple[tuple[bytes, bytes], ...]:
        """The parameters of the query, decoded, in their order."""
        pairs = (pair.partition("=") for pair in self.query.split("&") if pair)
        return tuple((_decoded(name), _decoded(value)) for name, _, value in pairs)

    @cached_property
    def arguments(self) -> Mapping[str, str]:
        """The parameters of the query by name; of several of one name the first."""
        return {
            name.decode(errors="replace"): value.decode(errors="replace")
            for name, value in reversed(self.parameters)
        }


def of(request: Any) -> Received:
    """Return what came over the connection for one of LocalStack's requests."""
    environ = request.environ
    target = str(environ.get("RAW_URI") or "/")
    if not target.startswith("/"):  # a whole URL, as for a proxy
        split = urlsplit(target)
        target = f"{split.path or '/'}?{split.query}" if split.query else split.path or "/"
    path, _, query = target.partition("?")
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    return Received(request.method, path, query, headers)


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", "%20"))
