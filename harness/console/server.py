"""The console's web server, from the link that it prints to Ctrl-C."""

import secrets
import socket

import uvicorn
from starlette.applications import Starlette

from harness.alive import OnProgress
from harness.console.guard import Guard
from harness.console.reports import Reports
from harness.console.routes import routes
from harness.console.runs import Runs
from harness.console.view import View
from harness.settings import Settings
from harness.targets.ports import HOST, choose_port

PORT = 4580
_STOPS_WITHIN_S = 1  # open streams are cut then: uvicorn would wait for them for ever


def serve(settings: Settings, port: int, on_progress: OnProgress) -> None:
    """Serve the console until Ctrl-C or SIGTERM; `on_progress` gets the link once it answers."""
    port = choose_port(port, "--listen")
    token = secrets.token_urlsafe(16)
    reports = Reports(settings.reports_dir)
    runs = Runs(settings, reports)
    app = Starlette(routes=routes(View(settings), reports, runs))
    server = uvicorn.Server(
        uvicorn.Config(
            Guard(app, port, token),
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
