"""Where a custom resource's function PUTs its answer: the ResponseURL and the wait behind it."""

import json
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NothingYet
from contextlib import contextmanager, nullcontext, suppress

from localstack import config
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_.invocation.lambda_models import Invocation, InvocationResult

from localstack_parity.cloudformation.operations import Course
from localstack_parity.lambda_runtime.events import FAILURE_LISTENERS
from localstack_parity.server import listening
from localstack_parity.server.own_routes import CUSTOM_RESOURCE_ANSWERS


class NoAnswerError(Exception):
    """No answer came, or none can come any more; the text says what is known about the cause."""


class Mailbox:
    """One ResponseURL, and the answer that is sent there."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        # A literal address: a function process must not depend on how "localhost" resolves.
        base = config.internal_service_url(host=listening.host_for_functions())
        self.url = f"{base}{CUSTOM_RESOURCE_ANSWERS}/{self.token}"
        self.answer: Future[bytes] = Future()
        self.last_error = ""

    def wait(self, timeout_s: float) -> bytes:
        """Return the first answer; raise NoAnswerError after `timeout_s` seconds.

        Raises it earlier when the function has failed so often that Lambda gives up: AWS waits on
        all the same, with the same end.
        """
        try:
            return self.answer.result(timeout_s)
        except NothingYet:
            raise NoAnswerError(f"Waited {timeout_s:g} s. {self.last_error}".rstrip()) from None

    def give_up(self) -> None:
        """End the wait."""
        with suppress(InvalidStateError):  # the answer is there
            self.answer.set_exception(NoAnswerError("The operation was cancelled."))


_open: dict[str, Mailbox] = {}
_starting = threading.Lock()
_started = False


@contextmanager
def mailbox(course: Course | None) -> Iterator[Mailbox]:
    """Open a ResponseURL that accepts one answer and stops existing when the block ends.

    If the operation is interrupted, no answer is waited for any more.
    """
    _start()
    box = Mailbox()
    _open[box.token] = box
    try:
        with course.waiting(box.give_up) if course else nullcontext():
            yield box
    finally:
        del _open[box.token]


def _start() -> None:
    global _started
    with _starting:
        if not _started:
            ROUTER.add(f"{CUSTOM_RESOURCE_ANSWERS}/<token>", endpoint=_receive, methods=["PUT"])
            FAILURE_LISTENERS.append(_hear)
            _started = True


def _receive(request: Request, token: str) -> Response:
    """Take the first answer; a late or unknown one is refused as an expired pre-signed URL is.

    So is one with a content type: CloudFormation signs the URL without, and S3 compares (AWS:
    "cfn-response module", whose code sends an empty one).
    """
    box = _open.get(token)
    if box is None:
        return Response("Request has expired", status=403)
    if request.headers.get("Content-Type"):
        return Response("SignatureDoesNotMatch", status=403)
    with suppress(InvalidStateError):  # a second answer is accepted, as by S3, and never read
        box.answer.set_result(request.get_data())
    return Response(status=200)


def _hear(invocation: Invocation, result: InvocationResult | None, condition: str | None) -> None:
    """Note that the function failed at one of the open requests; end the wait if it gave up."""
    for box in list(_open.values()):
        if box.token.encode() in (invocation.payload or b""):
            box.last_error = f"The function failed: {_error_of(result) or condition}"
            if condition:
                with suppress(InvalidStateError):  # it answered before it failed
                    box.answer.set_exception(NoAnswerError(f"{box.last_error} ({condition})"))


def _error_of(result: InvocationResult | None) -> str:
    try:
        error = json.loads(result.payload) if result and result.payload else {}
    except ValueError:
        return ""
    return ": ".join(str(error[k]) for k in ("errorType", "errorMessage") if error.get(k))
