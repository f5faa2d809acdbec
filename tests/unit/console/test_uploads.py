"""What the console says of an upload whose function failed."""

import json
import time

import pytest

from harness.console import uploads
from harness.console.uploads import Upload
from harness.evidence.invocations import Invocation
from harness.evidence.ledger import Attempt

KEY = "uploads/photo.jpg"
RAISED = """Traceback (most recent call last):
  File "/var/task/handler.py", line 111, in handler
    raise error_class(parsed_response, operation_name)
botocore.errorfactory.AccessDenied: An error occurred (AccessDenied): not authorized
Either the role may not read it, or it is gone: S3 answers both so."""


def _failed(seconds_ago: float, attempts: int) -> Invocation:
    line = {"key": KEY, "message": "Not finished", "exception": RAISED}
    line["exception_name"] = "AccessDenied"
    at = time.time() - seconds_ago
    tried = [Attempt(at, "error", duration_ms=10.0, ended=at)] * attempts
    return Invocation("request", tried, lines=[(int(at * 1000), json.dumps(line))])


@pytest.mark.parametrize(
    ("seconds_ago", "attempts", "state"),
    [(5, 1, "retrying"), (130, 2, "retrying"), (5, 3, "failed"), (600, 1, "failed")],
)
def test_what_is_not_tried_again_has_failed(seconds_ago: float, attempts: int, state: str) -> None:
    """Such as a direct invocation, which nobody repeats."""
    upload = Upload(KEY, "", at=0.0, state="waiting")
    found = uploads._followed(upload, _failed(seconds_ago, attempts), 3)
    assert found.state == state
    assert found.why.endswith("(not tried again)") == (attempts < 3 and state == "failed")


def test_why_is_what_was_raised_with_its_notes() -> None:
    upload = Upload(KEY, "", at=0.0, state="waiting")
    assert uploads._followed(upload, _failed(5, 1), 3).why == (
        "AccessDenied: An error occurred (AccessDenied): not authorized "
        "Either the role may not read it, or it is gone: S3 answers both so."
    )
