"""Finished runs for the tests of checks and reports: good ones, to be spoiled in one respect."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from harness.evidence.invocations import Logs
from harness.evidence.ledger import (
    Attempt,
    Delivery,
    Entry,
    Expected,
    Ledger,
    Notice,
    Output,
)
from harness.evidence.observations import Metrics, Observations, Run
from harness.stack.pipeline import own_pipeline

START = 1_800_000_000.0
RUN = "run-20270115T080000-0a1b"
SEEN = Observations(
    upload_bucket="uploads-bucket",
    processed_bucket="processed-bucket",
    started=START,
    elapsed_s=12.0,
    late_after_s=300.0,
    shows=("alarms", "logs", "metrics", "objects"),
    extra=(),
    unplanned=(),
    metrics=Metrics(3, 0, 0, 600, 3, 300),
    alarms=(),
    alarms_known=4,
    logs=Logs(retention_days=7, lines=30, not_json=0, attempts=4, ended=3),  # one of another run's
)


def entry(index: int, key: str = "") -> Entry:
    """An image that was processed as it should be, under a key of its own or that one."""
    key = key or f"uploads/{RUN}/{index} ü.jpg"
    metadata = {"uploader": "user-1"}
    output = Output(
        version=f"out-{index}",
        bytes=5000,
        content_type="image/jpeg",
        encryption="AES256",
        metadata={
            **metadata,
            "source-key": quote(key),
            "source-version": f"in-{index}",
            "source-bytes": "90000",
            "source-dimensions": "1200x1600",
            "output-dimensions": "768x1024",
            "output-bytes": "5000",
            "processed-at": "2027-01-15T08:00:01.000Z",
        },
        form="JPEG",
        size=(768, 1024),
        mean=2.0,
        worst_block=9.0,
    )
    return Entry(
        index=index,
        key=key,
        output_key=own_pipeline().keys.output(key),
        expected=Expected("JPEG", (1200, 1600), (768, 1024), metadata),
        due=START + index,
        bytes=90000,
        version=f"in-{index}",
        uploaded=START + index + 0.1,
        notices=[success(index, key, output)],
        output=output,
        place=1,
        versions=1,
        current=output.version,
        deliveries=[delivery(index)],
    )


def delivery(index: int, *, again: str = "", **fields: Any) -> Delivery:
    """The one delivery of that image's event; `again` makes it another."""
    attempt = Attempt(START + index + 0.2, "success", 200.0, 120)
    return Delivery(f"request-{index}{again}", "0055AED6DCD90281E5", [attempt], **fields)


def success(index: int, key: str, output: Output) -> Notice:
    """The right notification of that image."""
    return Notice(
        START + index + 0.5,
        {
            "status": "processed",
            "source": {
                "bucket": SEEN.upload_bucket,
                "key": key,
                "versionId": f"in-{index}",
                "bytes": 90000,
                "width": 1200,
                "height": 1600,
                "format": "JPEG",
            },
            "output": {
                "bucket": SEEN.processed_bucket,
                "key": own_pipeline().keys.output(key),
                "versionId": output.version,
                "bytes": output.bytes,
                "width": 768,
                "height": 1024,
                "format": "JPEG",
                "contentType": "image/jpeg",
            },
            "processedAt": "2027-01-15T08:00:01.000Z",
            "durationMs": 120.5,
            "requestId": f"request-{index}",
        },
    )


def rejection(of: Entry, status: str = "rejected") -> Notice:
    """An error notification of that image."""
    source = {"bucket": SEEN.upload_bucket, "key": of.key, "versionId": of.version}
    error = {"type": "Corrupt", "message": "The file is damaged."}
    request = f"request-{of.index}"
    body = {"status": status, "source": source, "error": error, "requestId": request}
    return Notice(START + 1, body)


def good_run(images: int = 3, **seen: Any) -> Run:
    """A run in which all is well; `seen` replaces observations."""
    return Run(Ledger(entry(index) for index in range(images)), replace(SEEN, **seen))


def spoil_output(of: Entry, **fields: Any) -> None:
    """Change what was read back of an output."""
    assert of.output is not None
    of.output = replace(of.output, **fields)


def spoil_notice(of: Entry, part: str, **fields: Any) -> None:
    """Change fields of the `part` (source or output) of an image's notification."""
    body: Mapping[str, Any] = of.notices[0].body
    of.notices[0] = replace(of.notices[0], body={**body, part: {**body[part], **fields}})
