"""The events of a log stream on disk: the same answers as of a sorted list, and little memory."""

import resource
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localstack_parity.logs.event_store import Event, EventStore

BATCHES = st.lists(
    st.lists(st.integers(0, 50), max_size=6).map(sorted),  # PutLogEvents wants them in order
    max_size=12,
)


def texts(store: EventStore, start: int | None = None, end: int | None = None) -> list[str]:
    return [event.message for event in store.at(*store.between(start, end))]


@settings(deadline=None)
@given(batches=BATCHES, start=st.integers(-1, 51), end=st.integers(-1, 51))
def test_events_are_found_by_time(batches: list[list[int]], start: int, end: int) -> None:
    """Whatever the order of the batches: by time, and those of one millisecond as they came."""
    with tempfile.TemporaryDirectory() as folder:
        store = EventStore(Path(folder))
        written: list[Event] = []
        for batch in batches:
            events = [(at, f"{len(written)}.{place} – é\ud83c") for place, at in enumerate(batch)]
            written += store.add(events, ingested=1)
        wanted = sorted(written, key=lambda event: (event.timestamp, event.id))
        within = [event for event in wanted if start <= event.timestamp <= end]
        assert store.at(*store.between(None, None)) == wanted == list(store.after((0, -1)))
        assert store.at(*store.between(start, end)) == within
        for shown in within:  # a reader goes on behind whatever it has seen last
            beyond = [event for event in within if event[:2] > shown[:2]]
            assert list(store.after(shown[:2], end)) == beyond


def test_ids_grow_over_all_stores(tmp_path: Path) -> None:
    one, other = EventStore(tmp_path), EventStore(tmp_path)
    added = [*one.add([(1, "a")], 1), *other.add([(1, "b")], 1), *one.add([(1, "c")], 1)]
    assert added == sorted(added, key=lambda event: event.id)


def test_a_saved_store_has_all_of_it_and_goes_on(tmp_path: Path) -> None:
    saved = EventStore(tmp_path / "one")
    saved.add([(1, "first"), (5, "last")], ingested=6)
    loaded = EventStore(tmp_path / "other")
    loaded.take_over(saved.content())
    saved.add([(7, "only here")], ingested=8)
    (added,) = loaded.add([(3, "between")], ingested=9)
    assert texts(loaded) == ["first", "between", "last"]
    assert added.id > max(event.id for event in loaded.at(0, 3) if event != added)
    assert texts(saved) == ["first", "last", "only here"]


def test_what_did_not_fit_on_the_disk_spoils_nothing_that_comes_later(tmp_path: Path) -> None:
    """A full disk takes a part of a batch; a limit on the size of files does the same."""
    store = EventStore(tmp_path)
    store.add([(1, "before")], ingested=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            store.add([(2, "x" * 1_000_000)], ingested=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    saved = store.content()
    store.add([(3, "after")], ingested=3)
    assert texts(store) == ["before", "after"]
    assert saved.text == b"before"


def test_a_file_is_gone_with_its_store(tmp_path: Path) -> None:
    store = EventStore(tmp_path)
    store.add([(1, "text")], ingested=1)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["text"]
    del store
    assert list(tmp_path.iterdir()) == []


def test_an_image_takes_a_few_hundred_bytes_of_memory(tmp_path: Path) -> None:
    """Its function logs five lines of 600 characters; 20,000 of them were most of 100 MB."""
    store, images = EventStore(tmp_path), 2000
    tracemalloc.start()
    try:
        for number in range(images):
            store.add([(number, f"{number:0600}")] * 5, ingested=number)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(store) == 5 * images
    assert kept < 300 * images, kept / images


def test_a_page_costs_what_is_on_it(tmp_path: Path) -> None:
    """However many events there are: of those that are not asked for, few are read."""
    store = EventStore(tmp_path)
    store.add([(at, "x" * 1000) for at in range(20_000)], ingested=1)
    tracemalloc.start()
    try:
        assert next(store.after((10_000, -1))).timestamp == 10_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000
