"""Starts LocalStack with this distribution's settings: `python -I -m localstack_parity.launch`.

The environment has LocalStack's own variables, at least GATEWAY_LISTEN, and these:
TAPSTACK_RUNTIMES (folder with python3.13/, what functions run on; without it, the emulator's own),
TAPSTACK_EMULATOR_STATE (folder for all that is written), TAPSTACK_LIFELINE_FD (a pipe: when the
other end closes it, the process that started the emulator is gone, and the emulator ends).
"""

import contextlib
import ctypes
import gc
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from localstack_parity import service_index

STATE_VARIABLE = "TAPSTACK_EMULATOR_STATE"
LIFELINE_VARIABLE = "TAPSTACK_LIFELINE_FD"
DETACH = b"d"
_LOOK_EVERY_S = 2.0
_M_ARENA_MAX, _ARENAS = -8, 2

# What the caller does not set itself.
DEFAULTS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "DISABLE_EVENTS": "1",  # no usage reports
    "DNS_ADDRESS": "0",  # no DNS server
    "IN_MEMORY_CLIENT": "1",  # calls between services stay in the process
    "LAMBDA_RUNTIME_EXECUTOR": "process",  # functions as processes, see lambda_runtime
    "LOCALSTACK_HOST": "localhost",  # in the URLs that it gives out; see addresses.py
    "LS_LOG": "warning",
    "S3_SKIP_KMS_KEY_VALIDATION": "0",  # a key that is not there encrypts nothing
    "OVERRIDE_IN_DOCKER": "0",  # in a container too, folders are those of state_folders
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "SQS_DELAY_PURGE_RETRY": "1",  # a queue is purged once a minute, as on AWS
    "TZ": "UTC",  # LocalStack takes local time for UTC here and there
}


def state_folders(state: Path) -> Mapping[str, str]:
    """Where LocalStack and its libraries may write: everything below `state`.

    XDG_CACHE_HOME is among them because plux keeps its index of plugins there; one shared with
    other installations could hide a new plugin.
    """
    return {
        "CONFIG_DIR": str(state / "home" / ".localstack"),
        "FILESYSTEM_ROOT": str(state / "filesystem"),
        "HOME": str(state / "home"),
        "LOCALSTACK_VOLUME_DIR": str(state / "volume"),
        "XDG_CACHE_HOME": str(state / "cache"),
    }


def share_arenas() -> None:
    """Have all threads take memory from few arenas, where the C library is glibc.

    Each thread would get one of its own, up to eight for each core, and keep there what it frees:
    27 of 363 MB with the threads of two cores. Source: mallopt(3), M_ARENA_MAX.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def main() -> None:
    """Run LocalStack until it is asked to stop, then leave at once."""
    gc.disable()  # until startup.settle(): nearly all that a start makes stays
    os.umask(0o077)  # objects, messages and logs are for nobody else
    share_arenas()
    lifeline = os.environ.pop(LIFELINE_VARIABLE, "")
    if lifeline:
        threading.Thread(
            target=_watch_lifeline, args=(int(lifeline),), name="lifeline", daemon=True
        ).start()

    if state := os.environ.get(STATE_VARIABLE):
        folders = state_folders(Path(state))
        for folder in folders.values():
            Path(folder).mkdir(parents=True, exist_ok=True)
        os.environ.update(folders)
        service_index.offer(Path(folders["FILESYSTEM_ROOT"]))
        # Not TMPDIR, which LocalStack has deprecated.
        tempfile.tempdir = tempfile.mkdtemp(dir=state)
        threading.Thread(
            target=_watch_folder, args=(Path(state),), name="state-folder", daemon=True
        ).start()
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    time.tzset()

    # Imported late: LocalStack reads its settings from the environment while it is imported.
    from localstack_parity import late_modules, startup

    late_modules.install()
    startup.install()
    from localstack.runtime.main import main as run_localstack

    try:
        run_localstack()
    except SystemExit as leaving:
        # Not sys.exit: that would wait for threads which LocalStack leaves behind.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)


def _watch_lifeline(descriptor: int) -> None:
    """End everything if the other end of the pipe closes before it has sent DETACH."""
    if os.read(descriptor, 1) == DETACH:
        os.close(descriptor)
        return
    _end("The process that started this emulator is gone, so it ends.")


def _watch_folder(state: Path) -> None:
    """End everything if the folder is removed, as `git clean` does.

    With it go all objects and the record by which the emulator is found and stopped: it would hold
    its port, answer with errors, and belong to nobody.
    """
    while state.exists():
        time.sleep(_LOOK_EVERY_S)
    _end(f"{state} was removed, so this emulator ends.")


def _end(why: str) -> None:
    print(why, flush=True)
    _kill_children()
    os._exit(1)


def _kill_children() -> None:
    """Kill every descendant; each has its own tie to us, this one is for the stubborn."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            child.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


if __name__ == "__main__":
    main()
