import json

import pytest

from harness.evidence.logs import LogEvent, readable


def _line(message: object) -> str:
    text = message if isinstance(message, str) else json.dumps(message)
    return readable(LogEvent("1", 1_700_000_000_123, "/aws/lambda/image-processor-dev", text))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("plain text", "plain text"),
        ("[1, 2]", "[1, 2]"),
        (
            {"level": "INFO", "message": "processed", "service": "s", "key": "a b.jpg", "ms": 31},
            "INFO processed key=a b.jpg ms=31",
        ),
        (
            {"level": "ERROR", "message": {"a": 1}, "exception": "Traceback\n  line"},
            'ERROR {"a": 1}\nTraceback\n  line',
        ),
        (
            {"time": "x", "type": "platform.report", "record": {"requestId": "r", "n": 1}},
            "platform.report requestId=r n=1",
        ),
        (
            {
                "_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "ImagesProcessed"}]}]},
                "ImagesProcessed": [1.0],
            },
            "METRIC ImagesProcessed=[1.0]",
        ),
    ],
)
def test_a_log_line_is_readable(message: object, expected: str) -> None:
    """Time and function first, then what the line says, with JSON taken apart."""
    assert _line(message) == f"22:13:20.123 image-processor-dev {expected}"
