"""The environment that an application gets for a request: WSGI's (PEP 3333), and the raw parts.

Beside PEP 3333: `RAW_URI` and `REQUEST_URI`, the request target as it was sent; `rolo.headers`,
the headers as they were sent, with the case of their names; `wsgi.input_terminated`, as the body
ends where it ends.
"""

import sys
from typing import IO, Any
from urllib.parse import unquote_to_bytes, urlsplit

from threaded_http.head import Head

type Environ = dict[str, Any]


def environ_of(
    head: Head, body: IO[bytes], client: tuple[Any, ...], server: tuple[Any, ...], scheme: str
) -> Environ:
    """Return the environment of a request; `client` and `server` are addresses of sockets."""
    target, _, query = head.target.partition("?")
    if not target.startswith("/"):  # a whole URL, as for a proxy, or *
        target = urlsplit(target).path
    environ: Environ = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(target).decode("latin-1") if "%" in target else target,
        "QUERY_STRING": query,
        "RAW_URI": head.target,
        "REQUEST_URI": head.target,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{head.version}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "rolo.headers": head.headers,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in head.headers:
        if "_" in name:  # it would pass for the header with a hyphen, which may mean something
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if environ.get(key) else value
    environ["SERVER_NAME"] = _name_in(environ.get("HTTP_HOST", "")) or server[0]
    return environ


def _name_in(host: str) -> str:
    """The name in a Host header: `name:port`, or an address in brackets."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
