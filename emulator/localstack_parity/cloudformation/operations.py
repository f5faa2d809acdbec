"""Stack operations: one at a time for each stack, in the background, open to interruption.

A request begins an operation and is answered at once. DeleteStack interrupts a creation, as does
the end of its TimeoutInMinutes, and CancelUpdateStack an update: what goes on is given up, and
nothing more is begun. A stack's status is what clients wait for, and then everything else about the
stack has to be as it stays, so the last status of an operation is set after all else.

AWS: CloudFormation User Guide, "Delete a stack" and "Cancel a stack update".
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localstack.aws.api.cloudformation import StackStatus
from localstack.services.cloudformation.v2.entities import Stack
from localstack.utils.threads import start_worker_thread

from localstack_parity import activity
from localstack_parity.cloudformation import acting, events
from localstack_parity.cloudformation.options import options_of

LOG = logging.getLogger(__name__)

# As people report it: https://github.com/docker-archive/ecs-plugin/issues/177
TIMED_OUT = "Stack creation time exceeded the specified timeout. "


class Course:
    """An operation under way; once withdrawn, another one speaks for the stack."""

    def __init__(self, stack: Stack) -> None:
        self.ended = threading.Event()
        self.interrupted = False
        self.why = ""  # it was interrupted
        self.withdrawn = False
        self._stack = stack
        self._interruptible = True
        self._waits: list[Callable[[], None]] = []
        self._lock = threading.RLock()

    @property
    def giving_up(self) -> bool:
        """Whether what goes on is to end without result."""
        return self.interrupted and self._interruptible

    def say(self, status: StackStatus, reason: str | None = None) -> None:
        """Set the stack's status, and the reason of that status alone."""
        with self._lock:
            if not self.withdrawn:
                self._stack.status_reason = None
                self._stack.set_stack_status(status, reason)

    def interrupt(self, why: str = "User Initiated") -> None:
        """Give up what is waited for and begin nothing more, unless it goes back already."""
        with self._lock:
            if self._interruptible and not self.interrupted:
                self.interrupted, self.why = True, why
                for give_up in self._waits:
                    give_up()

    def withdraw(self) -> None:
        """Interrupt it, and let another operation speak for the stack."""
        with self._lock:
            self.withdrawn = True
            self.interrupt()

    def close(self) -> bool:
        """End the part that can be interrupted; return whether it was."""
        with self._lock:
            self._interruptible = False
            return self.interrupted

    @contextmanager
    def limited(self, seconds: float | None) -> Iterator[None]:
        """Interrupt the operation if the block takes longer; None: it may take any time."""
        if seconds is None:
            yield
            return
        timer = threading.Timer(seconds, self.interrupt, [TIMED_OUT])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def waiting(self, give_up: Callable[[], None]) -> Iterator[None]:
        """Have `give_up` called if the operation is interrupted within the block."""
        with self._lock:
            self._waits.append(give_up)
            if self.giving_up:
                give_up()
        try:
            yield
        finally:
            with self._lock:
                self._waits.remove(give_up)


_under_way: dict[str, Course] = {}
_changing = threading.Lock()


def under_way(stack_id: str) -> Course | None:
    """Return the operation that a stack is in, if it is in one."""
    return _under_way.get(stack_id)


def interrupt_all() -> None:
    """Give up what the operations under way wait for."""
    for course in list(_under_way.values()):
        course.interrupt()


def begin(stack: Stack, status: StackStatus, work: Callable[[Course], None]) -> None:
    """Set the first status of an operation and carry it out, after the one that it interrupts."""
    activity.begin(what := f"an operation on the stack {stack.stack_name}")
    course = Course(stack)
    with _changing:
        before = _under_way.get(stack.stack_id)
        _under_way[stack.stack_id] = course
    if before:
        before.withdraw()
    events.begin(stack, status)
    course.say(status, "User Initiated")

    def run(*_: object) -> None:
        try:
            if before:
                before.ended.wait()
            with acting.executing(options_of(stack).key):
                work(course)
        except Exception as error:
            LOG.exception("An operation on stack %s was not carried out", stack.stack_name)
            failed = StackStatus(status.replace("IN_PROGRESS", "FAILED"))
            course.say(failed, f"Internal failure of the emulator: {error!r}")
        finally:
            course.ended.set()
            with _changing:
                if _under_way.get(stack.stack_id) is course:
                    del _under_way[stack.stack_id]
            activity.end(what)

    start_worker_thread(run)
