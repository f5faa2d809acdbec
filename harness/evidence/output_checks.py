"""Output checks: what is wrong with an output, or with its notification. Pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from harness.evidence.ledger import Entry, Expected, Output
from harness.evidence.observations import Observations
from harness.images.corpus import METADATA_LIMIT, metadata_bytes
from harness.images.reference import BLOCK_TOLERANCE, MEAN_TOLERANCE, Distance

_CLOCKS_S = 60.0  # by which clocks of two machines may differ


def faults(entry: Entry, seen: Observations) -> dict[str, str]:
    """What is wrong with the output and the success notification of an image, by area.

    An output that cannot be read is so whatever is judged; else it is the areas of `seen`.
    """
    return {area: text for area in _AREAS if (text := fault_of(entry, seen, area))}


def fault_of(entry: Entry, seen: Observations, area: str) -> str:
    """What is wrong in one area; empty if nothing is."""
    output = entry.output
    if output is None or output.error:
        return _unreadable(entry) if area == "pixels" else ""
    return _AREAS[area](entry, output, seen) if area in seen.areas else ""


def _unreadable(entry: Entry) -> str:
    if entry.output is None:
        return f"it could not be fetched: {entry.unread}" if entry.unread else ""
    return f"it cannot be decoded: {entry.output.error}"


def _pixel_fault(output: Output, wanted: Expected) -> str:
    form = wanted.form
    if Distance(output.mean, output.worst_block).tolerable(form):
        return ""
    if other := _size_fault(output, wanted.output_size):
        width, height = output.size
        on_its_side = not _size_fault(replace(output, size=(height, width)), wanted.output_size)
        return f"it lies on its side: {other}" if on_its_side else other
    return (
        f"off by {output.mean:.1f} of 255 on average (allowed {MEAN_TOLERANCE[form]:g}), "
        f"by {output.worst_block:.0f} in the worst block (allowed {BLOCK_TOLERANCE:g})"
    )


def _size_fault(output: Output, wanted: tuple[int, int]) -> str:
    """A pixel of rounding is allowed on either side."""
    if all(abs(a - b) <= 1 for a, b in zip(output.size, wanted, strict=True)):
        return ""
    return f"it is {_size(output.size)}, not {_size(wanted)}"


def _format_fault(output: Output, form: str) -> str:
    wanted = f"image/{form.lower()}"
    if (output.form, output.content_type) == (form, wanted):
        return ""
    return f"it is {output.form} as {output.content_type}, not {form} as {wanted}"


def _metadata_fault(entry: Entry, output: Output) -> str:
    """The uploader's metadata always; what was done as far as both fit into S3's limit."""
    if wrong_tags := _tag_fault(entry, output):
        return wrong_tags
    theirs = entry.expected.metadata
    ours = {
        "source-key": quote(entry.key),
        "source-version": entry.version or "",
        "source-bytes": str(entry.bytes),
        "source-dimensions": _size(entry.expected.source_size),
        "output-dimensions": _size(output.size),
        "output-bytes": str(output.bytes),
    }
    wanted = dict(theirs)
    processed_at = {"processed-at": "2026-01-01T00:00:00.000Z"}
    if metadata_bytes({**theirs, **ours, **processed_at}) <= METADATA_LIMIT:
        wanted |= ours
        if when := _time_fault(output.metadata.get("processed-at"), entry):
            return f"processed-at is {when}"
    wrong = [name for name, value in wanted.items() if output.metadata.get(name) != value]
    return ", ".join(f"{n} is {output.metadata.get(n)!r}, not {wanted[n]!r}" for n in wrong)


def _tag_fault(entry: Entry, output: Output) -> str:
    """The tags by which the function knows whose output it is; further ones are nobody's harm."""
    if output.tags is None:
        return ""
    requests = {delivery.request_id for delivery in entry.deliveries}
    requests |= {notice.request_id for notice in entry.notices}
    version, request = output.tags.get("source-version"), output.tags.get("request-id")
    if version != entry.version:
        return f"its tag source-version is {version!r}, not {entry.version!r}"
    if request not in requests:
        return f"its tag request-id is {request!r}, which has not handled it"
    return ""


def _notification_fault(entry: Entry, output: Output, seen: Observations) -> str:
    """Every number in the success notification, against what is in the buckets."""
    body = next((n.body for n in entry.notices if n.status == "processed"), None)
    if body is None:
        return ""
    width, height = entry.expected.source_size
    wanted = {
        "source.bucket": seen.upload_bucket,
        "source.key": entry.key,
        "source.versionId": entry.version,
        "source.bytes": entry.bytes,
        "source.width": width,
        "source.height": height,
        "source.format": entry.expected.form,
        "output.bucket": seen.processed_bucket,
        "output.key": entry.output_key,
        "output.versionId": output.version,
        "output.bytes": output.bytes,
        "output.width": output.size[0],
        "output.height": output.size[1],
        "output.format": output.form,
        "output.contentType": output.content_type,
    }
    reported = {name: field_of(body, name) for name in wanted}
    wrong = [
        f"{n} is {reported[n]!r}, not {value!r}"
        for n, value in wanted.items()
        if reported[n] != value
    ]
    if when := _time_fault(body.get("processedAt"), entry):
        wrong.append(f"processedAt is {when}")
    duration = body.get("durationMs")
    if not (isinstance(duration, int | float) and duration > 0):
        wrong.append(f"durationMs is {duration!r}")
    if not body.get("requestId"):
        wrong.append("requestId is missing")
    return ", ".join(wrong)


def field_of(body: Any, path: str) -> Any:
    """The value at a dotted path in nested objects; None where there is none."""
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _time_fault(text: object, entry: Entry) -> str:
    """What is wrong with the time at which an upload is said to have been processed.

    It is in UTC, ISO 8601 with `Z`; not before the upload was due, nor after it was announced.
    """
    try:
        if not (isinstance(text, str) and text.endswith("Z")):
            return repr(text)
        at = datetime.fromisoformat(text).timestamp()
    except ValueError:
        return repr(text)
    announced = max((notice.at for notice in entry.notices), default=at)
    if at < entry.due - _CLOCKS_S:
        return f"{text!r}, before the upload was due"
    if at > announced + _CLOCKS_S:
        return f"{text!r}, after it was announced"
    return ""


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _private_fault(output: Output) -> str:
    return f"still there: {', '.join(output.private)}" if output.private else ""


def _encryption_fault(output: Output) -> str:
    return "" if output.encryption == "AES256" else f"encryption is {output.encryption!r}"


_AREAS: Mapping[str, Callable[[Entry, Output, Observations], str]] = {
    "pixels": lambda entry, output, _: _pixel_fault(output, entry.expected) or output.later,
    "size": lambda entry, output, _: _size_fault(output, entry.expected.output_size),
    "format": lambda entry, output, _: _format_fault(output, entry.expected.form),
    "private": lambda entry, output, _: _private_fault(output),
    "metadata": lambda entry, output, _: _metadata_fault(entry, output),
    "encryption": lambda entry, output, _: _encryption_fault(output),
    "notification": _notification_fault,
}
