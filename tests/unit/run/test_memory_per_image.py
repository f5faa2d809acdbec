"""Memory of a run: what is kept of each image, so that 20,000 fit beside the pipeline."""

import io
import json
import tracemalloc
from dataclasses import asdict

import numpy as np
from PIL import Image

from harness.evidence.invocations import InvocationLog
from harness.evidence.ledger import Ledger, Notice
from harness.run.notifications import read_body
from harness.run.output_reader import measure
from harness.targets.whole_objects import StoredObject
from tests.unit.runs import START, entry

IMAGES = 500
KEPT_BYTES = 5000  # of an image, with its key, metadata, notification, output and delivery


def test_a_ledger_keeps_less_than_five_kilobytes_of_an_image() -> None:
    """20,000 images may take 150 MB more than 2,000 do, and a ledger is most of that.

    Texts that are kept once are in a table of the interpreter, which grows by doubling: of two
    ledgers one may pay for that, and for all that ran before in this process.
    """
    assert min(_kept_bytes(0), _kept_bytes(IMAGES)) < KEPT_BYTES * IMAGES


def _kept_bytes(first: int) -> int:
    """What the ledger of some images takes, beginning with the one of that index."""
    indices = range(first, first + IMAGES)
    messages = [json.dumps(entry(index).notices[0].body) for index in indices]
    tracemalloc.start()
    try:
        entries = [entry(index) for index in indices]
        for each, message in zip(entries, messages, strict=True):
            each.notices = [Notice(START, read_body(message))]
        ledger = Ledger(entries)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ledger.open == 0
    return kept


def test_names_in_notifications_are_kept_once() -> None:
    """Ten thousand messages have the same twenty names."""
    message = json.dumps(entry(0).notices[0].body)
    one, other = read_body(message), read_body(message)
    assert asdict(Notice(START, one)) == asdict(Notice(START, other))
    assert [id(name) for name in one["source"]] == [id(name) for name in other["source"]]
    assert one["output"]["contentType"] is other["output"]["contentType"]


def test_a_text_that_many_say_is_kept_once() -> None:
    """Key, versions and request are in notification, output and log of every image."""
    key, version, request = "uploads/a/very-long-name-00001.jpg", "v" * 32, "5aa79e4b-bed8-4c90"
    said = {"requestId": request, "source": {"key": key, "versionId": version}}
    notice = Notice(START, read_body(json.dumps(said)))
    png = io.BytesIO()
    Image.new("RGB", (8, 8)).save(png, "PNG")
    metadata = {"source-key": _another(key)}
    found = StoredObject(png.getvalue(), _another(version), metadata=metadata)
    output = measure(found, np.zeros((8, 8, 3), np.uint8))
    log = InvocationLog(None, "group", 7, 0)
    line = {"function_request_id": request, "message": "Started", "key": key, "version_id": version}
    log.take({"timestamp": 1, "message": json.dumps(line)})
    (invocation,) = log.invocations.values()
    assert notice.source == (key, version)
    assert output.metadata["source-key"] is notice.source[0] is invocation.handled[0].key
    assert output.version is notice.source[1] is invocation.handled[0].version
    assert notice.request_id is invocation.request_id


def _another(text: str) -> str:
    """An equal text of its own."""
    return "".join(list(text))


def test_what_is_no_json_object_is_kept_as_text() -> None:
    """For the report: anybody who may publish to the topic may say anything."""
    assert read_body("[1]") == {"status": "unreadable", "text": "[1]"}
    assert read_body("{") == {"status": "unreadable", "text": "{"}
