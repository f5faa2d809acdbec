"""The queue between an asynchronous invocation and the function."""

import heapq
import itertools
import logging
import marshal
import os
import sys
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Self

from localstack.aws.api.lambda_ import InvocationType
from localstack.services.lambda_.invocation.lambda_models import Invocation
from localstack.utils.xray.trace_header import TraceHeader

from localstack_parity import activity

LOG = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.1
_TRACE = "aws_trace_header"  # LocalStack's name for it among what an invocation is part of

CONCURRENCY_VARIABLE = "TAPSTACK_LAMBDA_CONCURRENCY"


def concurrency() -> int:
    """How many events of one function are handled at a time.

    AWS goes up to the account's limit. Here more processes than cores use memory and are no faster,
    so the default is twice the cores and two; TAPSTACK_LAMBDA_CONCURRENCY sets another number.
    """
    configured = os.environ.get(CONCURRENCY_VARIABLE, "")
    if configured.isdecimal() and int(configured):
        return int(configured)
    return 2 * (os.process_cpu_count() or 1) + 2


@dataclass(slots=True)
class Event:
    """An event on its way to the function.

    Thousands may wait, so an event is little more than its payload: what an invocation has beside
    it is made when it is asked for. ``trace`` is the X-Ray header, None without one.

    ``retries`` counts those after errors of the function, ``postponed`` the throttles and system
    errors since the function last ran. ``received`` is in seconds since the epoch. ``skipped_s``
    are seconds that the event would have waited on AWS and did not wait here.
    """

    payload: bytes
    request_id: str
    invoked_arn: str
    trace: str | None
    client_context: str | None
    user_agent: str | None
    received: float = field(default_factory=time.time)
    retries: int = 0
    postponed: int = 0
    skipped_s: float = 0.0

    @classmethod
    def of(cls, invocation: Invocation) -> Self:
        """The event that an asynchronous invocation was asked for with."""
        header: TraceHeader | None = invocation.trace_context.get(_TRACE)
        agent = invocation.user_agent
        return cls(
            invocation.payload,
            invocation.request_id,
            sys.intern(invocation.invoked_arn),
            header.to_header_str() if header else None,
            invocation.client_context,
            sys.intern(agent) if agent else agent,
        )

    @property
    def invocation(self) -> Invocation:
        """The invocation that was asked for; a new one each time."""
        trace = {} if self.trace is None else {_TRACE: TraceHeader.from_header_str(self.trace)}
        return Invocation(
            payload=self.payload,
            invoked_arn=self.invoked_arn,
            client_context=self.client_context,
            invocation_type=InvocationType.Event,
            invoke_time=datetime.fromtimestamp(self.received),
            request_id=self.request_id,
            trace_context=trace,
            user_agent=self.user_agent,
        )


_FIELDS = tuple(each.name for each in fields(Event))
_LIKENESS_BYTES = 8192  # of the first event, which others are compressed by
_LARGE_BYTES = 65_536  # an event that has more is kept as it is: compressing it takes milliseconds


class _Packing:
    """Events as bytes: by what they have in common with the first one, a tenth of their size."""

    def __init__(self) -> None:
        self._first = b""

    def pack(self, event: Event) -> bytes:
        """An event as bytes."""
        plain = marshal.dumps([getattr(event, name) for name in _FIELDS])
        self._first = self._first or plain[:_LIKENESS_BYTES]
        # Level 1 with little memory, which has to be cleared for each: 20 microseconds.
        level = 0 if len(plain) > _LARGE_BYTES else 1
        squeezed = zlib.compressobj(level, wbits=13, memLevel=5, zdict=self._first)
        return squeezed.compress(plain) + squeezed.flush()

    def unpack(self, packed: bytes) -> Event:
        """The event that was packed."""
        plain = zlib.decompressobj(wbits=13, zdict=self._first).decompress(packed)
        return Event(*marshal.loads(plain))


class EventQueue:
    """Events in the order they are due, and the threads that hand them to ``handler``.

    Threads are started as they are needed, stay, and sleep while nothing is due. ``handler`` may be
    replaced at any time: events outlive an update of their function. Those that wait are packed.
    """

    def __init__(self, name: str, handler: Callable[[Event], None], limit: int) -> None:
        self.handler = handler
        self._name = name
        self._limit = limit
        self._events: list[tuple[float, int, bytes]] = []
        self._packing = _Packing()
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._handling = 0
        self._closed = False
        self._over = threading.Event()  # the same, for who holds a handler

    def put(self, event: Event, delay_s: float = 0.0) -> None:
        """Have an event handled, not before the delay has passed. Ignored once closed."""
        with self._changed:
            if self._closed:
                return
            due = time.monotonic() + delay_s
            packed = self._packing.pack(event)
            heapq.heappush(self._events, (due, next(self._order), packed))
            if len(self._events) > self._idle and self._threads < self._limit:
                self._threads += 1
                threading.Thread(
                    target=self._work, name=f"{self._name}-{self._threads}", daemon=True
                ).start()
            else:
                self._changed.notify()

    def pause(self, duration_s: float) -> None:
        """Hold the calling handler, so that it reads no further event for a while."""
        # Not for the condition: an event notifies one of those who wait for it, to take it.
        self._over.wait(duration_s)

    def waiting(self) -> list[tuple[float, Event]]:
        """Return the events that are queued, each with the seconds until it is due."""
        with self._changed:
            now = time.monotonic()
            unpack = self._packing.unpack
            return [(due - now, unpack(packed)) for due, _, packed in sorted(self._events)]

    def at_work(self) -> int:
        """Return how many events are handled or due."""
        with self._changed:
            now = time.monotonic()
            return self._handling + sum(due <= now for due, _, _ in self._events)

    def close(self) -> None:
        """Drop what is queued and let the threads end, each after the event it is at."""
        with self._changed:
            self._closed = True
            self._events.clear()
            self._changed.notify_all()
        self._over.set()

    def _work(self) -> None:
        while event := self._next():
            try:
                self.handler(event)
            except Exception:
                LOG.exception("An event of %s is lost", self._name)
            finally:
                with self._changed:
                    self._handling -= 1

    def _next(self) -> Event | None:
        """Wait until an event is due; None when closed."""
        with self._changed:
            self._idle += 1
            try:
                while not self._closed:
                    wait_s = self._events[0][0] - time.monotonic() if self._events else None
                    if wait_s is not None and wait_s <= 0:
                        if activity.may_begin():
                            self._handling += 1
                            return self._packing.unpack(heapq.heappop(self._events)[2])
                        wait_s = _LOOK_EVERY_S
                    self._changed.wait(wait_s)
                return None
            finally:
                self._idle -= 1
