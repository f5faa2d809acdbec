"""What the console's page can ask for, and what it can have changed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from harness.console import dashboards, failures, pictures, pipeline, resources
from harness.console.feed import Feed
from harness.console.reports import Reports
from harness.console.runs import Runs
from harness.console.view import GONE, Place, View, why

STATIC = Path(__file__).parent / "static"


_OBJECT = ("bucket", "key", "version")


def routes(view: View, reports: Reports, runs: Runs) -> list[BaseRoute]:
    """Every route, with the parameters of the query that it takes."""
    feed = Feed(view.look, runs.look)

    def at_place(ask: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: ask(view.place(), *given)

    def at_ours(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: str) -> Any:
            place = view.place()
            pipeline.require_ours(place)
            return ask(place, *given)

        return asked

    async def index(_: Request) -> Response:
        return FileResponse(STATIC / "console.html")

    async def stream(_: Request) -> Response:
        return StreamingResponse(feed.listen(), media_type="text/event-stream")

    async def photo(request: Request) -> Response:
        data = await _body(request, pictures.LARGEST)
        if data is None:
            said = "A photo has at most 64 MB: the function takes no larger one."
            return JSONResponse({"error": said}, status_code=413)
        name = request.query_params.get("name", "")
        return await _document(lambda: pipeline.send_photo(view.place(), name, data))

    async def report(request: Request) -> Response:
        found = reports.file(request.path_params["name"], request.path_params["file"])
        return found or JSONResponse({"error": "There is no such report."}, status_code=404)

    return [
        Route("/", index),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/reports/{name}/{file}", report),
        Route("/api/stream", stream),
        Route("/api/photo", photo, methods=["PUT"]),
        _shows("/api/picture", at_place(pipeline.shown), *_OBJECT),
        _shows("/api/object", at_place(resources.picture), *_OBJECT),
        _reads("/api/story", at_place(pipeline.story), "request"),
        _reads("/api/dashboard", at_place(_dashboard), "start", "theme", "name"),
        _reads("/api/mail", at_place(_mail), "number"),
        _reads("/api/resources", at_place(resources.overview)),
        _reads("/api/objects", at_place(resources.objects), "bucket", "prefix", "after"),
        _reads("/api/logs", at_place(resources.lines), "group", "pattern"),
        _reads("/api/reports", reports.list),
        _reads("/api/compare", reports.compare, "before", "after"),
        _reads("/api/scenarios", runs.scenarios),
        _changes("/api/mail/confirm", at_ours(_confirm), "number"),
        _changes("/api/redrive", at_ours(_redrive), "execute"),
        _changes("/api/run", runs.start, "scenario", "images", "day"),
        _changes("/api/run/stop", runs.stop),
    ]


def _reads(path: str, ask: Callable[..., Any], *names: str) -> Route:
    """A route that answers with what `ask` returns for the parameters of these names."""
    return Route(path, _answering(ask, names))


def _changes(path: str, ask: Callable[..., Any], *names: str) -> Route:
    """The same where something changes by it."""
    return Route(path, _answering(ask, names), methods=["POST"])


def _answering(
    ask: Callable[..., Any], names: Sequence[str]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        given = _given(request, names)
        return await _document(lambda: ask(*given))

    return answer


def _shows(path: str, ask: Callable[..., bytes], *names: str) -> Route:
    """A route that answers with the WebP that `ask` returns, or why there is none."""

    async def answer(request: Request) -> Response:
        given = _given(request, names)
        try:
            return Response(await asyncio.to_thread(ask, *given), media_type="image/webp")
        except (pictures.NotShown, *GONE) as error:
            said = str(error) if isinstance(error, pictures.NotShown) else why(error)
            return JSONResponse({"error": said}, status_code=404)

    return Route(path, answer)


def _given(request: Request, names: Sequence[str]) -> list[str]:
    return [request.query_params.get(name, "") for name in names]


async def _document(ask: Callable[[], Any]) -> Response:
    """What `ask` returns, asked in a thread; its problem as {"error": …}."""
    try:
        return JSONResponse(await asyncio.to_thread(ask))
    except GONE as error:
        return JSONResponse({"error": why(error)}, status_code=409)


async def _body(request: Request, limit: int) -> bytes | None:
    """The body; None as soon as it has more than `limit` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def _dashboard(place: Place, start: str, theme: str, name: str) -> dict[str, Any]:
    return dashboards.show(place, dashboards.Asked(start, theme, name))


def _mail(place: Place, number: str) -> dict[str, Any]:
    return place.inbox.mail(_number(number))


def _confirm(place: Place, number: str) -> dict[str, Any]:
    return place.inbox.confirm(_number(number))


def _redrive(place: Place, execute: str) -> dict[str, Any]:
    return failures.send_again(place.target, place.stack, execute=execute == "1")


def _number(given: str) -> int:
    """A mail's number; 0, which none has, for what is no number."""
    return int(given) if given.isascii() and given.isdecimal() else 0
