"""Looks at the target and at runs for all open tabs, and their stream of server-sent events.

Both are looked at while somebody listens and at no other time, and so seldom that a day that runs
meanwhile is not slower for being watched: a look takes a fortieth of a core at most, and costs the
target about as much. Each has its own pace.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

INTERVAL_S = 1.0
_SHARE = 40  # work is followed by a pause of so many times its processor time …
_LONGEST_S = 15.0  # … but by no longer one
_WAITING = 50  # events that a tab may be behind, before it has to begin anew

type Events = Mapping[str, Any]  # by name of the page that they are for, as JSON


class Feed:
    """Calls each of `looks` and hands what is new since the last time to all listeners."""

    def __init__(self, *looks: Callable[[], Events]) -> None:
        self._looks = looks
        self._listeners: set[asyncio.Queue[Events | None]] = set()
        self._latest: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def listen(self) -> AsyncIterator[bytes]:
        """Server-sent events: all that is known, then each change, until the listener goes."""
        queue: asyncio.Queue[Events | None] = asyncio.Queue(_WAITING)
        self._listeners.add(queue)
        if self._latest:
            queue.put_nowait(dict(self._latest))
        if all(task.done() for task in self._tasks):
            self._tasks = [asyncio.create_task(self._run(look)) for look in self._looks]
        try:
            while (events := await queue.get()) is not None:
                for name, document in events.items():
                    yield f"event: {name}\ndata: {json.dumps(document)}\n\n".encode()
        finally:
            self._listeners.discard(queue)
            if not self._listeners:
                for task in self._tasks:
                    task.cancel()
                self._tasks = []

    async def _run(self, look: Callable[[], Events]) -> None:
        while True:
            events, processor_s = await asyncio.to_thread(_measured, look)
            changed = {
                name: document
                for name, document in events.items()
                if self._latest.get(name) != document
            }
            if changed:
                self._latest |= changed
                for queue in list(self._listeners):
                    self._hand(queue, changed)
            await asyncio.sleep(max(INTERVAL_S, pause_s(processor_s)))

    def _hand(self, queue: asyncio.Queue[Events | None], events: Events) -> None:
        """Give `events` to a listener; one that is too far behind is ended and connects again."""
        try:
            queue.put_nowait(events)
        except asyncio.QueueFull:
            self._listeners.discard(queue)
            with suppress(asyncio.QueueEmpty):
                queue.get_nowait()
            queue.put_nowait(None)


def pause_s(processor_s: float) -> float:
    """Seconds to wait after work that is done again and again and took so much processor time."""
    return min(_SHARE * processor_s, _LONGEST_S)


def _measured(look: Callable[[], Events]) -> tuple[Events, float]:
    """What `look` returns, and the processor time that it took in this thread, in seconds."""
    began = time.thread_time()
    return look(), time.thread_time() - began
