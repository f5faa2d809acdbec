"""Which JSON lines are detailed enough to be left out of a function's log."""

import json

import pytest

from localstack_parity.lambda_runtime.log_levels import wanted_from

AT = "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (json.dumps({"level": "INFO", "timestamp": AT}), False),
        (json.dumps({"level": "debug", "timestamp": AT}), False),
        (json.dumps({"level": "WARNING", "timestamp": AT}), True),
        (json.dumps({"level": "CRITICAL", "timestamp": AT}), True),
        (json.dumps({"level": "ERROR"}), False),
        (json.dumps({"level": "ERROR", "timestamp": "2026-01-02 03:04:05"}), False),
        (json.dumps({"timestamp": AT}), False),
        ("{not json", False),
        ("plain", False),
    ],
)
def test_a_line_counts_with_its_level_or_as_info(line: str, wanted: bool) -> None:
    """A level needs a valid time beside it; everything else is INFO."""
    assert wanted_from("WARN")(line) is wanted
