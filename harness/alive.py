"""Signs of life: what takes long says from time to time that it goes on."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_EVERY_S = 15.0

# What a command does is reported to: a line at a time.
type OnProgress = Callable[[str], None]


@contextmanager
def still(doing: str, on_progress: OnProgress, every_s: float = _EVERY_S) -> Iterator[None]:
    """Say every few seconds that one is still `doing` something, while the context lasts."""
    ended, began = threading.Event(), time.monotonic()

    def say() -> None:
        while not ended.wait(every_s):
            on_progress(f"  still {doing}, {time.monotonic() - began:.0f} s")

    thread = threading.Thread(target=say, name="still", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
