"""Whether functions can have a root and a /tmp of their own on this machine, found out once.

Containers and hardened kernels refuse namespaces; the log says so, and who asks over HTTP.
"""

import json
import logging
import os
import shutil
import threading
import time
from pathlib import Path

from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from localstack_parity.lambda_runtime import folders, runtimes
from localstack_parity.lambda_runtime.interpreter import Interpreter
from localstack_parity.lambda_runtime.log_stream import LogStream
from localstack_parity.lambda_runtime.process import Launch, RuntimeProcess

LOG = logging.getLogger(__name__)

SWITCH = "TAPSTACK_FUNCTION_ISOLATION"
PATH = "/_tapstack/isolation"
_TRY_TIMEOUT_S = 15.0
_lock = threading.Lock()
_tried = False
_missing = ""  # why functions cannot be isolated


def install() -> None:
    """Tell over HTTP whether functions are isolated, before the first one is made too."""
    ROUTER.add(PATH, endpoint=_answer, methods=["GET"])


def available(interpreter: Interpreter) -> bool:
    """Return whether a function can be isolated; only the first call has to try."""
    global _tried, _missing
    with _lock:
        if not _tried:
            _missing = "switched off" if os.environ.get(SWITCH) == "off" else _try(interpreter)
            _tried = True
            if _missing:
                LOG.warning(
                    "Functions share /tmp and see the machine's files, as they cannot have "
                    "namespaces of their own (%s); their TMPDIR and HOME are private folders.",
                    _missing,
                )
        return not _missing


def _answer(_request: Request) -> Response:
    """Say it of any installed runtime: which one makes no difference."""
    found = next((runtimes.find(name) for name in runtimes.installed()), None)
    isolated = found is not None and available(found)
    reason = _missing if found else "no runtime is installed"
    document = {"isolated": isolated, "reason": reason}
    return Response(json.dumps(document), mimetype="application/json")


def _try(interpreter: Interpreter) -> str:
    """Return why isolation does not work, "" if it does."""
    folder = folders.create("try")
    logs = LogStream()
    process = RuntimeProcess(
        Launch(
            isolated=True,
            root=folder / "root",
            tmp=folder / "tmp",
            visible=runtimes.visible_folders(interpreter, Path("/etc")),
            cwd="/var/task",
            argv=list(interpreter.attempt()),
            env={},
            memory_limit=1 << 40,
        ),
        logs,
    )
    try:
        process.run(lambda: process.wait_status is not None, time.monotonic() + _TRY_TIMEOUT_S)
    finally:
        process.close()
        shutil.rmtree(folder, ignore_errors=True)
    if process.wait_status == 0:
        return ""
    said = [message.strip() for _, message in logs.take()]
    return process.refused or (said[-1] if said else "it did not start in time")
