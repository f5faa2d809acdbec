"""Whether functions can have a root and a /tmp of their own on this machine, found out once.

In: an interpreter to try it with. Out: yes or no, and a line in the emulator's log if it is no.
Called by executor.py when the first function is prepared.
"""

import logging
import os
import shutil
import threading
import time
from pathlib import Path

from localstack_parity.lambda_runtime import folders, runtimes
from localstack_parity.lambda_runtime.log_stream import LogStream
from localstack_parity.lambda_runtime.process import Launch, RuntimeProcess
from localstack_parity.lambda_runtime.runtimes import Interpreter

LOG = logging.getLogger(__name__)

SWITCH = "TAPSTACK_FUNCTION_ISOLATION"
_TRY_TIMEOUT_S = 15.0
_lock = threading.Lock()
_available: bool | None = None


def available(interpreter: Interpreter) -> bool:
    """Return whether a function can be isolated; only the first call has to try."""
    global _available
    with _lock:
        if _available is None:
            reason = "switched off" if os.environ.get(SWITCH) == "off" else _try(interpreter)
            _available = reason is None
            if reason:
                LOG.warning(
                    "Functions share /tmp and see the machine's files, as they cannot have "
                    "namespaces of their own (%s); their TMPDIR and HOME are private folders.",
                    reason,
                )
        return _available


def _try(interpreter: Interpreter) -> str | None:
    """Return why isolation does not work, None if it does."""
    folder = folders.create("try")
    logs = LogStream()
    process = RuntimeProcess(
        Launch(
            isolated=True,
            root=folder / "root",
            tmp=folder / "tmp",
            visible=runtimes.visible_folders(interpreter, Path("/etc")),
            cwd="/var/task",
            argv=["/var/lang/bin/python", "-c", "import awslambdaric"],
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
        return None
    said = [message.strip() for _, message in logs.take()]
    return process.refused or (said[-1] if said else "it did not start in time")
