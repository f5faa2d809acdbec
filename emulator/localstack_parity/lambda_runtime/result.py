"""What one invocation left behind, beyond the payload LocalStack keeps."""

from dataclasses import dataclass, field

from localstack.services.lambda_.invocation.lambda_models import InvocationResult


@dataclass
class ParityInvocationResult(InvocationResult):
    """An invocation's result with the numbers of its REPORT line.

    ``duration_ms`` is the REPORT line's Duration: the handler, and an init phase that ran within
    the invocation. ``init_ms`` is its Init Duration, None on a warm start. ``log_events`` are
    (milliseconds since the epoch, message) in the order they were written, START, END and REPORT
    among them; a message may span lines. ``outcome`` is one of ``success``, ``error`` (the function
    raised), ``timeout``, ``out-of-memory``, ``exit`` (the process ended by itself), ``init-error``.
    """

    duration_ms: float = 0.0
    init_ms: float | None = None
    max_memory_mb: int = 0
    log_events: list[tuple[int, str]] = field(default_factory=list)
    outcome: str = "success"
