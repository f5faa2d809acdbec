"""What goes wrong outside a handler, in AWS's words.

The wording is that of AWS's own results; sources: AWS Lambda Developer Guide, "Troubleshoot
invocation issues in Lambda", "Lambda quotas" (the size of a response).
"""

import json
import os
import signal
from dataclasses import dataclass

from localstack_parity.lambda_runtime.platform_log import Failure
from localstack_parity.lambda_runtime.process import Answer, RuntimeProcess, Stop

MAX_RESPONSE_BYTES = 6_291_556


@dataclass(frozen=True)
class Fault:
    """AWS's error type and message, and the outcome as ParityInvocationResult has it."""

    error_type: str
    message: str
    outcome: str

    @property
    def failure(self) -> Failure:
        """Its place in REPORT and INIT_REPORT."""
        if self.outcome == "timeout":
            return Failure("timeout")
        return Failure("error", self.error_type)

    def answer(self, request_id: str) -> Answer:
        """Return what the caller gets."""
        message = f"RequestId: {request_id} Error: {self.message}"
        body = {"errorType": self.error_type, "errorMessage": message}
        return Answer(is_error=True, payload=json.dumps(body).encode())


def of_process(stop: Stop, process: RuntimeProcess, timeout_s: float) -> Fault:
    """Name what stopped a process before it had done its work."""
    if stop is Stop.TIMEOUT:
        message = f"Task timed out after {timeout_s:.2f} seconds"
        return Fault("Sandbox.Timedout", message, "timeout")
    if stop is Stop.OUT_OF_MEMORY:
        message = "Runtime exited with error: signal: killed"
        return Fault("Runtime.OutOfMemory", message, "out-of-memory")
    return Fault("Runtime.ExitError", _how_it_ended(process.wait_status), "exit")


def of_init_error(payload: bytes) -> Fault:
    """Name an error that the runtime posted; for an exception of the function AWS has no name."""
    try:
        name = str(json.loads(payload)["errorType"])
    except (ValueError, KeyError, TypeError):
        name = ""
    return Fault(name if name.startswith("Runtime.") else "Runtime.Unknown", "", "init-error")


def within_limit(answer: Answer) -> Answer:
    """Return the answer, or the error that takes the place of one that is too large."""
    if len(answer.payload) <= MAX_RESPONSE_BYTES:
        return answer
    body = {
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        f"({MAX_RESPONSE_BYTES} bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    return Answer(is_error=True, payload=json.dumps(body).encode())


def _how_it_ended(wait_status: int | None) -> str:
    if wait_status is None:
        return "Runtime exited with error: signal: killed"
    code = os.waitstatus_to_exitcode(wait_status)
    if code < 0:
        name = (signal.strsignal(-code) or f"signal {-code}").lower()
        return f"Runtime exited with error: signal: {name}"
    if code == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {code}"
