"""The function: each upload of an S3 event becomes an output, or a rejection that says why.

Lambda invokes it asynchronously, as `handler.handler`, with an S3 event notification.

Metrics: EMF in namespace $POWERTOOLS_METRICS_NAMESPACE, with exactly the dimensions `service`
($POWERTOOLS_SERVICE_NAME) and `function_name` (two stacks of one account would otherwise share
them): ImagesProcessed, ImagesRejected, ImagesSuperseded, DuplicateEvents, each a Count.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

import announcements
import imaging
import outputs
import receipts
import uploads
from outputs import Verdict
from receipts import Invocation
from rejections import Rejection
from uploads import Upload

PROCESSED_BUCKET = os.environ["PROCESSED_BUCKET"]
TOPIC_ARN = os.environ["TOPIC_ARN"]

# A call that hangs is given up while there is time for another try within the function's 60 s.
# Checksums only where S3 requires them: without one botocore signs the SHA-256 of the body, which
# S3 verifies, and S3 stores a checksum of its own.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_S3 = boto3.client("s3", config=_CONFIG)
_SNS = boto3.client("sns", config=_CONFIG)

logging.captureWarnings(True)  # as log records: bare lines on stderr would not be JSON
logger = Logger()
metrics = Metrics()
metrics.set_default_dimensions(function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one upload ended: its notification. `contested` if another invocation or attempt may
    have come to the same end, so that the one that claims it announces it.
    """

    message: announcements.Message
    contested: bool


@dataclass(frozen=True, slots=True)
class Record:
    """What is left of an announced outcome beside its notification: a log line, with some fields
    of the message, and one more in a metric.
    """

    log: Callable[..., None]
    text: str
    fields: tuple[str, ...]
    metric: str


_RECORDS = {  # by the status of the notification
    "processed": Record(logger.info, "Processed", ("source", "output"), "ImagesProcessed"),
    "superseded": Record(logger.info, "Superseded by a newer version", (), "ImagesSuperseded"),
    "rejected": Record(logger.warning, "Rejected", ("stage", "error"), "ImagesRejected"),
}


class NotFinished(Exception):
    """Some uploads of an event met a transient fault; Lambda retries the event."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Process every upload of the event; raise at the end if any met a transient fault."""
    if "Records" not in event:  # s3:TestEvent, sent when notifications are configured
        logger.info("Ignored an event without records", event_name=event.get("Event"))
        return
    invocation = Invocation.of(event, context.aws_request_id)
    announced: list[Upload] = []
    failed: list[str] = []
    for record in S3Event(event).records:
        upload = uploads.from_record(record)
        if upload is None or upload.bucket == PROCESSED_BUCKET:
            logger.warning("Ignored a record that is not of an upload", record=record.raw_event)
            continue
        with logger.append_context_keys(key=upload.key, version_id=upload.version_id):
            # The one trace of which upload it was if the invocation dies in the middle.
            before = invocation.redrive_of[-1] if invocation.redrive_of else None
            logger.info("Started", sequencer=upload.sequencer, redrive_of=before)
            try:
                if _handle(upload, invocation):
                    announced.append(upload)
            except Exception as error:
                logger.exception("Not finished; Lambda will retry")
                failed.append(f"{upload.key} ({type(error).__name__}: {error})")
    if metrics.metric_set:
        metrics.flush_metrics()
    if failed:
        for upload in announced:  # the retry gets the whole event again
            receipts.settle(_S3, upload, invocation)
        raise NotFinished(f"{len(failed)} of the event's uploads: {'; '.join(failed)}")


def _handle(upload: Upload, invocation: Invocation) -> bool:
    """Bring one upload to its end; whether this invocation announced it."""
    outcome = _process(upload, invocation)
    if outcome is None:
        logger.info("Skipped a duplicate event")
        _count("DuplicateEvents")
        return False
    status = outcome.message["status"]
    if outcome.contested and not receipts.claim(_S3, upload, invocation, status):
        if status == "rejected":
            logger.info("Skipped a duplicate event of a rejected upload")
            _count("DuplicateEvents")
        return False  # announced by another invocation, or by an earlier attempt of this one
    announcements.publish(_SNS, TOPIC_ARN, outcome.message)
    record = _RECORDS[status]
    record.log(record.text, **{name: outcome.message[name] for name in record.fields})
    _count(record.metric)
    return True


def _process(upload: Upload, invocation: Invocation) -> Outcome | None:
    """Write the output of one upload. None if another request did, and announces it."""
    started = perf_counter()
    try:
        key = outputs.output_key(upload.key)
        source = uploads.fetch(_S3, upload, imaging.MAX_FILE_BYTES)
        image = imaging.process(source.data)
    except Rejection as rejection:
        now = announcements.timestamp()
        message = announcements.rejected(upload, rejection, now, invocation.request_id)
        return Outcome(message, contested=True)

    now = announcements.timestamp()
    metadata, left_out = outputs.output_metadata(upload, source, image, now)
    if left_out:
        logger.warning("No room in the metadata of the output", left_out=left_out)
    verdict, version_id = outputs.store(_S3, PROCESSED_BUCKET, upload, image, metadata, invocation)

    if verdict is Verdict.DUPLICATE:
        return None
    if verdict is Verdict.SUPERSEDED:
        message = announcements.superseded(upload, now, invocation.request_id)
        return Outcome(message, contested=True)
    message = announcements.processed(
        upload,
        len(source.data),
        image,
        {"bucket": PROCESSED_BUCKET, "key": key, "versionId": version_id},
        now,
        (perf_counter() - started) * 1000,
        invocation.request_id,
    )
    return Outcome(message, contested=verdict is Verdict.OWNED)


def _count(metric: str) -> None:
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)
