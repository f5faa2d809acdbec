"""Thumbnails of images that are not as they should be: what was sent, what came out, what should.

They are drawn anew from pixels, so nothing of a hostile file gets into the report.
"""

import io
from collections.abc import Callable, Sequence

from PIL import Image

from harness.evidence.ledger import Entry
from harness.evidence.observations import Run, Shown
from harness.evidence.outcomes import is_bad
from harness.images.corpus import Picture
from harness.images.pictures import Pictures

MOST = 36  # images; the report lists the others by name
_ROOM_BYTES = 600_000
_SIDE = 192  # pixels
_LARGEST = 24_000_000  # pixels that are decoded: damaged files may claim any size
_GROUND = (128, 128, 128, 255)


def thumbnails(
    run: Run,
    sent: Sequence[Picture],
    store: Pictures,
    fetch: Callable[[Entry], bytes],
) -> dict[int, Shown]:
    """Pictures of the first bad images that were sent, by index, as far as there is room.

    `fetch` gives the bytes of an image's output, empty if there are none to be had.
    """
    bad = [e for e in run.ledger.entries if e.uploaded is not None and is_bad(e, run)]
    found: dict[int, Shown] = {}
    room = _ROOM_BYTES
    for entry in [] if run.seen.interrupted else bad[:MOST]:
        shown = _shown(entry, sent[entry.index], store, b"" if run.seen.gone else fetch(entry))
        room -= len(shown.sent) + len(shown.got) + len(shown.wanted)
        if room < 0:
            break
        found[entry.index] = shown
    return found


def _shown(entry: Entry, picture: Picture, store: Pictures, got: bytes) -> Shown:
    wanted = b""
    if entry.expected.status == "processed" and picture.file is None:
        wanted = _small(Image.fromarray(store.expected(picture)))
    return Shown(_decoded(store.render(picture)), _decoded(got), wanted)


def _decoded(data: bytes) -> bytes:
    """The thumbnail of a file as a viewer would show it without turning; empty if it is none."""
    if not data:
        return b""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > _LARGEST:
                return b""
            image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
            return _small(image)
    except Exception:  # a damaged file has as many ways to fail as there are decoders
        return b""


def _small(image: Image.Image) -> bytes:
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((_SIDE, _SIDE))
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, _GROUND)
        image = Image.alpha_composite(ground, image).convert("RGB")
    out = io.BytesIO()
    image.save(out, "WEBP", quality=70)
    return out.getvalue()
