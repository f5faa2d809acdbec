"""Back to an emulator that has seen nothing, without a restart."""

from localstack_parity.cloudwatch import measurements
from localstack_parity.lambda_runtime import executor, logs
from localstack_parity.state import services
from localstack_parity.state.parts import PARTS
from localstack_parity.state.traffic import TRAFFIC, Busy

# For what is under way to end by itself; then functions are ended.
_PATIENCE_S = 10.0
_AFTER_THE_END_S = 5.0


def reset() -> None:
    """Drop all that the emulator holds. Raises Busy, with everything there, if something goes on.

    Functions that run for longer are ended.
    """
    try:
        with TRAFFIC.held(flush, _PATIENCE_S):
            clear()
    except Busy:
        _end_what_goes_on()
        with TRAFFIC.held(flush, _AFTER_THE_END_S):
            clear()


def _end_what_goes_on() -> None:
    if services.provider("cloudformation"):
        from localstack_parity.cloudformation import operations  # not loaded before it is used

        operations.interrupt_all()
    executor.stop_all()
    if s3 := services.provider("s3"):
        s3.drop_notifications()


def clear() -> None:
    """Drop everything; to be called while requests are held."""
    executor.stop_all()
    services.clear()
    for part in PARTS:
        part.clear()


def flush() -> None:
    """Write what functions logged, and then what was measured, of those lines as well."""
    logs.write_now()
    measurements.flush()
