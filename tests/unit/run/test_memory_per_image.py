"""Memory of a run: what is kept of each image, so that 20,000 fit beside the pipeline."""

import json
import tracemalloc
from dataclasses import asdict

from harness.evidence.ledger import Ledger, Notice
from harness.run.notifications import read_body
from tests.unit.runs import START, entry

IMAGES = 500
KEPT_BYTES = 5000  # of an image, with its key, metadata, notification, output and delivery


def test_a_ledger_keeps_less_than_five_kilobytes_of_an_image() -> None:
    """20,000 images may take 150 MB more than 2,000 do, and a ledger is most of that."""
    messages = [json.dumps(entry(index).notices[0].body) for index in range(IMAGES)]
    tracemalloc.start()
    try:
        entries = [entry(index) for index in range(IMAGES)]
        for each, message in zip(entries, messages, strict=True):
            each.notices = [Notice(START, read_body(message))]
        ledger = Ledger(entries)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < KEPT_BYTES * IMAGES
    assert ledger.open == 0


def test_names_in_notifications_are_kept_once() -> None:
    """Ten thousand messages have the same twenty names."""
    message = json.dumps(entry(0).notices[0].body)
    one, other = read_body(message), read_body(message)
    assert asdict(Notice(START, one)) == asdict(Notice(START, other))
    assert [id(name) for name in one["source"]] == [id(name) for name in other["source"]]
    assert one["output"]["contentType"] is other["output"]["contentType"]


def test_what_is_no_json_object_is_kept_as_text() -> None:
    """For the report: anybody who may publish to the topic may say anything."""
    assert read_body("[1]") == {"status": "unreadable", "text": "[1]"}
    assert read_body("{") == {"status": "unreadable", "text": "{"}
