"""The console's web server: routes, and its life from the link that it prints to Ctrl-C."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from harness.alive import OnProgress
from harness.console import dashboards, failures, pictures, pipeline, resources
from harness.console.feed import Feed
from harness.console.guard import Guard
from harness.console.reports import Reports
from harness.console.runs import Runs
from harness.console.view import GONE, View, why
from harness.settings import Settings
from harness.targets.ports import HOST, choose_port

PORT = 4580
STATIC = Path(__file__).parent / "static"
_STOPS_WITHIN_S = 1  # open streams are cut then: uvicorn would wait for them for ever


def serve(settings: Settings, port: int, on_progress: OnProgress) -> None:
    """Serve the console until Ctrl-C or SIGTERM; `on_progress` gets the link once it answers."""
    port = choose_port(port, "--listen")
    token = secrets.token_urlsafe(16)
    reports = Reports(settings.reports_dir)
    runs = Runs(settings, reports)
    app = make_app(settings, port, token, reports, runs)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=HOST,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_STOPS_WITHIN_S,
        )
    )
    listener = socket.create_server((HOST, port))
    on_progress(f"http://{HOST}:{port}/#token={token}")
    with listener:
        try:
            server.run([listener])
        finally:
            runs.close()


def make_app(settings: Settings, port: int, token: str, reports: Reports, runs: Runs) -> ASGIApp:
    """The application behind its guard, for requests to `port` with `token`."""
    view = View(settings)
    feed = Feed(view.look, runs.look)

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
        return await _answer(lambda: pipeline.send_photo(view.place(), name, data))

    async def story(request: Request) -> Response:
        request_id = request.query_params.get("request", "")
        return await _answer(lambda: pipeline.story(view.place(), request_id))

    async def picture(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("bucket", "key", "version")]
        return await _picture(lambda: pipeline.shown(view.place(), *asked))

    async def stored(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("bucket", "key", "version")]
        return await _picture(lambda: resources.picture(view.place(), *asked))

    async def stack(_: Request) -> Response:
        return await _answer(lambda: resources.overview(view.place()))

    async def listed(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("bucket", "prefix", "after")]
        return await _answer(lambda: resources.objects(view.place(), *asked))

    async def logs(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("group", "pattern")]
        return await _answer(lambda: resources.lines(view.place(), *asked))

    async def dashboard(request: Request) -> Response:
        given = {name: request.query_params.get(name, "") for name in ("start", "theme", "name")}
        return await _answer(lambda: dashboards.show(view.place(), dashboards.Asked(**given)))

    async def mail(request: Request) -> Response:
        number = _number(request)
        return await _answer(lambda: view.place().inbox.mail(number))

    async def confirm(request: Request) -> Response:
        number = _number(request)

        def follow() -> Any:
            place = view.place()
            pipeline.require_ours(place)
            return place.inbox.confirm(number)

        return await _answer(follow)

    async def redrive(request: Request) -> Response:
        execute = request.query_params.get("execute") == "1"

        def send() -> Any:
            place = view.place()
            pipeline.require_ours(place)
            return failures.send_again(place.target, place.stack, execute=execute)

        return await _answer(send)

    async def listed_reports(_: Request) -> Response:
        return await _answer(reports.list)

    async def compared(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("before", "after")]
        return await _answer(lambda: reports.compare(*asked))

    async def report(request: Request) -> Response:
        found = reports.file(request.path_params["name"], request.path_params["file"])
        return found or JSONResponse({"error": "There is no such report."}, status_code=404)

    async def startable(_: Request) -> Response:
        return await _answer(runs.scenarios)

    async def start(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("scenario", "images", "day")]
        return await _answer(lambda: runs.start(*asked))

    async def stop(_: Request) -> Response:
        return await _answer(runs.stop)

    routes = [
        Route("/", index),
        Route("/api/stream", stream),
        Route("/api/photo", photo, methods=["PUT"]),
        Route("/api/story", story),
        Route("/api/picture", picture),
        Route("/api/dashboard", dashboard),
        Route("/api/mail", mail),
        Route("/api/mail/confirm", confirm, methods=["POST"]),
        Route("/api/redrive", redrive, methods=["POST"]),
        Route("/api/resources", stack),
        Route("/api/objects", listed),
        Route("/api/object", stored),
        Route("/api/logs", logs),
        Route("/api/reports", listed_reports),
        Route("/api/compare", compared),
        Route("/api/scenarios", startable),
        Route("/api/run", start, methods=["POST"]),
        Route("/api/run/stop", stop, methods=["POST"]),
        Route("/reports/{name}/{file}", report),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes), port, token)


def _number(request: Request) -> int:
    """The parameter `number`; 0, which nothing has, for what is none."""
    given = request.query_params.get("number", "")
    return int(given) if given.isascii() and given.isdecimal() else 0


async def _body(request: Request, limit: int) -> bytes | None:
    """The body; None as soon as it has more than `limit` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


async def _picture(ask: Callable[[], bytes]) -> Response:
    """The WebP that `ask` returns, or why there is none."""
    try:
        return Response(await asyncio.to_thread(ask), media_type="image/webp")
    except (pictures.NotShown, *GONE) as error:
        said = str(error) if isinstance(error, pictures.NotShown) else why(error)
        return JSONResponse({"error": said}, status_code=404)


async def _answer(ask: Callable[[], Any]) -> Response:
    """What `ask` returns, asked in a thread; its problem as {"error": …}."""
    try:
        return JSONResponse(await asyncio.to_thread(ask))
    except GONE as error:
        return JSONResponse({"error": why(error)}, status_code=409)
