"""Who may use the console: this machine's own page, and nobody else.

Requests come in as ASGI hands them over; those that may go on do, the others get 403 and one
sentence. Every answer carries the headers that keep other pages and scripts out.

A page of another site cannot forge Host, Origin or Sec-Fetch-Site (Fetch Standard, "forbidden
request-header"; W3C "Fetch Metadata Request Headers"), nor read the token: the console's link has
it in the fragment, which browsers send nowhere. Cookies would not do: ports share them.
"""

import hmac
from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-tapstack-token"
_READING = frozenset({"GET", "HEAD"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


class Guard:
    """ASGI middleware that hands on to `app` what refusal() has nothing against."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app, self._port, self._token = app, port, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: with 403, or as the application does."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets here: the server closes what is not accepted

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))  # a report's are stricter
                names = {name for name, _ in own}
                added = [each for each in _RAW_HEADERS if each[0] not in names]
                message["headers"] = [*own, *added]
            await send(message)

        given = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        if why := refusal(scope["method"], given, self._port, self._token):
            await JSONResponse({"error": why}, status_code=403)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)


def refusal(method: str, headers: Mapping[str, str], port: int, token: str) -> str | None:
    """Why a request is refused; None if it may come in. Names of headers are in lower case."""
    host = headers.get("host", "")
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return f"{host!r} is not the console's name: use 127.0.0.1:{port}."
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return f"A page of {headers['origin']} may not use the console."
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return "A page of another site may not use the console: open the link that it printed."
    if method in _READING:
        return None
    if not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), token.encode()):
        return (
            "What changes something needs the token of this console: open the link that "
            "`tapstack console` printed."
        )
    return None
