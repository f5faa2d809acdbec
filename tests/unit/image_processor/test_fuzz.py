"""Real files of every kind, damaged in every way: each is processed or rejected, nothing else.

TAPSTACK_FUZZ_EXAMPLES=100000 looks further, at other examples each time; what it finds is kept in
.hypothesis/ and tried first the next time.
"""

import io
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

import imaging
from harness.images import edge_cases
from harness.images.corpus import KINDS, MIX, Kind
from harness.images.edge_cases import picture
from harness.images.pictures import Pictures
from rejections import Rejection
from tests.unit.image_processor.files import (
    COLOUR,
    COLOUR_ALPHA,
    GREY,
    GREY_ALPHA,
    PALETTE,
    black_png,
    chunk,
    encoded,
    scene,
)
from tests.unit.image_processor.function import MEMORY_MB, Function
from tests.unit.image_processor.mutations import File, damaged, with_broken_baggage

MEANT = {"transparency", "jfif", "jfif_version", "jfif_unit", "jfif_density"}

LONG = int(os.environ.get("TAPSTACK_FUZZ_EXAMPLES") or 0)
EXAMPLES = LONG or 2000

# Lines of Python that a small file may cost. A picture costs some thousands; a bound in lines, not
# in seconds, says the same on every machine.
MOST_LINES = 400_000
# CPU, as one line may call a slow regular expression. Counting lines takes most of it.
MOST_SECONDS = 4.0


def small(kind: Kind) -> Kind:
    """The same kind of picture, as small as one can be told from another."""
    scale = max(160 / kind.width, 96 / kind.height)
    sides = [max(96, round(side * scale / 16) * 16) for side in (kind.width, kind.height)]
    return replace(kind, width=max(160, sides[0]), height=sides[1])


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[File]:
    """Sound files: every kind of the corpus, small; what it has not; last an animation."""
    store = Pictures(tmp_path_factory.mktemp("pictures"))
    kinds = [picture("fuzz.jpg", number, small(kind)) for number, kind in enumerate(MIX)]
    store.prepare(kinds)
    photo = scene(90, 60)
    palette = (chunk(b"PLTE", bytes(range(48))), chunk(b"tRNS", bytes(range(16))))
    files = [
        *(store.render(kind) for kind in kinds),
        encoded(photo, "JPEG", progressive=True, icc_profile=bytes(200), comment=b"comment"),
        encoded(photo.convert("CMYK"), "JPEG", quality=30, subsampling="4:4:4"),
        encoded(photo, "MPO", save_all=True, append_images=[scene(30, 20)]),
        encoded(photo.convert("LA"), "PNG"),
        encoded(photo.convert("1"), "PNG"),
        black_png((33, 17), 16, COLOUR_ALPHA, 4),
        black_png((33, 17), 16, GREY_ALPHA, 2, chunk(b"tEXt", b"title\0text")),
        black_png((33, 17), 16, GREY, 1, chunk(b"tRNS", b"\0\1")),
        black_png((33, 17), 16, COLOUR, 3, chunk(b"tRNS", bytes(6))),
        black_png((33, 17), 4, PALETTE, 1, *palette),
        black_png((33, 17), 2, GREY, 1, chunk(b"tRNS", b"\0\3")),
        black_png((1100, 3), 1, GREY, 1),
        encoded(photo, "PNG", save_all=True, append_images=[scene(90, 60, 2)]),
    ]
    return [File(data) for data in files]


class TooMuchWork(BaseException):
    """More lines of Python than any file may cost. No handler of exceptions must swallow it."""


@contextmanager
def bounded_work() -> Iterator[None]:
    """Raise TooMuchWork after MOST_LINES lines of Python."""
    watch, tool, lines = sys.monitoring, sys.monitoring.PROFILER_ID, 0

    def count(code: CodeType, line: int) -> Any:
        nonlocal lines
        lines += 1
        if lines > MOST_LINES:
            raise TooMuchWork(f"in {code.co_filename}:{line}")

    watch.use_tool_id(tool, "work")
    watch.register_callback(tool, watch.events.LINE, count)
    watch.set_events(tool, watch.events.LINE)
    try:
        yield
    finally:
        watch.set_events(tool, 0)
        watch.register_callback(tool, watch.events.LINE, None)
        watch.free_tool_id(tool)


def check(data: bytes) -> bool:
    """Process the file. Whether it was processed; if so, its output is all that is guaranteed."""
    began = time.process_time()
    with bounded_work(), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            processed = imaging.process(data)
        except Rejection:
            return False
        finally:
            assert time.process_time() - began < MOST_SECONDS
    assert [str(each.message) for each in said] == []
    with Image.open(io.BytesIO(processed.data)) as output:
        output.load()
        assert output.format == processed.format == ("JPEG" if data[:1] == b"\xff" else "PNG")
        assert output.size == (processed.width, processed.height)
        assert output.mode in ("L", "RGB") or output.format == "PNG"
        assert max(output.size) <= imaging.BOX
        assert dict(output.getexif()) == {}
        assert set(output.info) <= MEANT
    assert processed.source_width > 0
    assert processed.source_height > 0
    return True


def test_sound_files_are_processed(originals: list[File]) -> None:
    """What is damaged below is sound, but for the animation at the end."""
    assert [check(data) for data in originals] == [True] * (len(originals) - 1) + [False]


@settings(
    max_examples=EXAMPLES,
    derandomize=not LONG,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_damaged_file_is_processed_or_rejected(
    originals: list[File], data: st.DataObject
) -> None:
    """A damaged file is processed or rejected, with bounded work and not a word in the log."""
    with pytest.MonkeyPatch.context() as patch:
        # A header costs four bytes to change, and its pixels seconds: those are tried below.
        patch.setattr(imaging, "MAX_PIXELS", 4_000_000)
        check(data.draw(damaged(originals)))


@settings(max_examples=EXAMPLES // 2, derandomize=not LONG, print_blob=True)
@given(data=st.data())
def test_broken_baggage_does_not_spoil_a_picture(
    originals: list[File], data: st.DataObject
) -> None:
    """EXIF data and profiles without sense do not make the picture a bad one."""
    assert check(data.draw(with_broken_baggage(originals[:-1])))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> list[File]:
    """Files that take as much memory as is allowed, or hardly less."""
    store = Pictures(tmp_path_factory.mktemp("pictures"))
    phone = picture("fuzz.jpg", 0, KINDS["phone"])
    noise = Image.effect_noise((1400, 1100), 60).resize((5600, 4400))
    ink = Image.merge("CMYK", (noise,) * 4)
    files = [
        store.render(phone),
        edge_cases.vast_photo()[0],
        edge_cases.wall()[0],
        encoded(ink, "JPEG", quality=40, progressive=True, subsampling="4:4:4"),
        black_png((9_000, 9_000), 16, COLOUR_ALPHA, 4),
        black_png((13_000, 9_000), 16, GREY, 1, chunk(b"tRNS", b"\0\1")),
        black_png((1_800, 65_535), 8, PALETTE, 1, chunk(b"PLTE", bytes(768))),
    ]
    return [File(data) for data in files]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's VmHWM")
def test_damaged_large_files_stay_within_the_memory(large: list[File]) -> None:
    """However large files are damaged, one function that gets them all stays below its memory."""
    with Function() as function:

        @settings(
            max_examples=LONG // 40 or 10,
            derandomize=not LONG,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(data=st.data())
        def stays_small(data: st.DataObject) -> None:
            outcome, peak_mb = function.process(data.draw(damaged(large)))
            assert outcome in ("processed", "rejected")
            assert peak_mb < MEMORY_MB - 32

        for file in large:
            assert function.process(file)[0] == "processed"
        stays_small()
