"""Log events from the bytes that a function and its runtime write."""

from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.lambda_runtime.log_stream import LogStream

FRAME_TYPE = bytes.fromhex("a55a0003")


def _frame(message: str, at_ms: int = 1_000) -> bytes:
    content = message.encode()
    header = FRAME_TYPE + len(content).to_bytes(4) + (at_ms * 1000).to_bytes(8)
    return header + content


def _messages(*chunks: bytes) -> list[str]:
    stream = LogStream()
    for chunk in chunks:
        stream.feed(chunk)
    return [message for _, message in stream.take()]


def test_each_line_is_an_event_and_empty_ones_are_none() -> None:
    """Plain output is cut at its line ends."""
    assert _messages(b"one\n\ntwo\n") == ["one\n", "two\n"]


def test_a_framed_record_is_one_event_however_many_lines_it_has() -> None:
    """The runtime's frames say where a record ends."""
    assert _messages(_frame("a\nb\nc")) == ["a\nb\nc"]


def test_a_line_that_a_record_interrupts_stays_whole() -> None:
    """Another thread may log between the parts of a line."""
    assert _messages(b"first half, " + _frame("record") + b"second half\n") == [
        "record",
        "first half, second half\n",
    ]


def test_events_are_never_earlier_than_the_one_before() -> None:
    """CloudWatch Logs wants them in order, and a record has an earlier time than a line's."""
    stream = LogStream()
    stream.feed(b"line\n" + _frame("record", at_ms=1_000))
    times = [at for at, _ in stream.take()]

    assert times == sorted(times)


def test_a_records_own_time_is_kept() -> None:
    """It was written then, and read later."""
    stream = LogStream()
    stream.feed(_frame("record", at_ms=1_234))

    assert stream.take() == [(1_234, "record")]


PIECES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1).map(
            lambda line: (line + "\n", (line + "\n").encode())
        ),
        st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: (text, _frame(text))),
    )
)


@given(PIECES, st.data())
def test_events_do_not_depend_on_how_the_bytes_arrive(
    pieces: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    """Any split of the stream gives the same events, in the order they were written."""
    written = b"".join(content for _, content in pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(written)), max_size=5)))
    chunks = [written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)]

    assert _messages(*chunks) == [message for message, _ in pieces]
