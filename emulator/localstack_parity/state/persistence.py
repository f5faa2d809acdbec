"""PERSISTENCE=1: what the emulator holds is saved when it stops, and loaded when it starts.

It is a saved state like any other, called `persisted`. LocalStack's words for it, as far as they
mean something here: SNAPSHOT_FLUSH_INTERVAL saves every so many seconds too, which holds requests
meanwhile. A crash leaves what was saved last, whole. What cannot be loaded ends the start: begun
without it, the emulator would save nothing in its place when it stops.
"""

import logging
import os
import threading
from pathlib import Path

from localstack_parity.state import files, snapshot
from localstack_parity.state.files import Unusable
from localstack_parity.state.traffic import Busy

LOG = logging.getLogger(__name__)

VARIABLE, INTERVAL_VARIABLE = "PERSISTENCE", "SNAPSHOT_FLUSH_INTERVAL"
NAME = "persisted"
# LocalStack's strategies; what they ask for beyond this is not there.
_STRATEGIES = {"SNAPSHOT_LOAD_STRATEGY": "ON_STARTUP", "SNAPSHOT_SAVE_STRATEGY": "ON_SHUTDOWN"}
_ended = threading.Event()


def wanted() -> bool:
    """Whether the state is to outlive this process. Raises Unusable for what it cannot be."""
    given = os.environ.get(VARIABLE, "").lower()
    if given not in ("", "0", "false", "1", "true"):
        raise Unusable(f"{VARIABLE}={given} means nothing.", "Set it to 1, or leave it out.")
    for name, known in _STRATEGIES.items():
        if os.environ.get(name, known).upper() not in ("", known):
            raise Unusable(
                f"{name}={os.environ[name]} is not emulated.", f"Leave it out: it is {known}."
            )
    return given in ("1", "true")


def begin() -> None:
    """Load what was saved, and begin to save every so often, if that is wanted.

    Raises Unusable if there is something that cannot be loaded.
    """
    if not wanted():
        return
    interval_s = _interval_s()
    folder = _made(snapshot.folder())
    if (folder / f"{NAME}{files.SUFFIX}").exists():
        try:
            snapshot.load(NAME)
        except Unusable as problem:
            raise Unusable(
                problem.reason,
                f"Remove {folder / NAME}{files.SUFFIX} to begin with nothing, or start without "
                f"{VARIABLE}=1.",
            ) from problem
    if interval_s:
        threading.Thread(
            target=_save_every, args=(interval_s,), name="persistence", daemon=True
        ).start()


def end() -> None:
    """Save everything for the next start, if that is wanted; what was saved stays if it fails."""
    _ended.set()
    if wanted():
        _save()


def _save_every(interval_s: float) -> None:
    while not _ended.wait(interval_s):
        _save()


def _save() -> None:
    try:
        snapshot.save(NAME)
    except Busy as busy:
        LOG.warning("The state is as it was last saved, for this is under way: %s", busy)
    except (Unusable, OSError) as problem:
        LOG.warning("The state is as it was last saved: %s", problem)


def _made(folder: Path) -> Path:
    """The folder; Unusable where none can be made, which saving would find out too late."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(
            f"Nothing can be kept in {folder}: {error.strerror}.",
            f"Name another folder in {snapshot.FOLDER_VARIABLE}.",
        ) from error
    return folder


def _interval_s() -> float:
    text = os.environ.get(INTERVAL_VARIABLE, "0") or "0"
    if not (text.isascii() and text.isdigit()):
        raise Unusable(f"{INTERVAL_VARIABLE}={text} is no number of seconds.", "Use such as 60.")
    return float(text)
