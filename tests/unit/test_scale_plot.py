"""The plot of memory and processor time over images in docs/performance.md."""

from xml.etree import ElementTree

from tests.scale import CSV, SVG, read
from tests.scale_plot import PARTS, Sample, drawn

_SVG = "{http://www.w3.org/2000/svg}"


def test_the_plot_shows_what_was_measured() -> None:
    """`python -m tests.scale plot` draws it anew."""
    assert SVG.read_text(encoding="utf-8") == drawn(read(CSV))


def test_lines_are_memory_and_processor_time_over_images() -> None:
    """Flat where each image costs the same, up where it adds to memory."""
    samples = [
        Sample(
            float(done),
            done,
            dict.fromkeys(PARTS, 100.0 + done / 10),
            dict.fromkeys(PARTS, 0.01 * done),
        )
        for done in range(0, 1001, 50)
    ]
    plot = ElementTree.fromstring(drawn(samples))
    memory, cpu = (
        [
            [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
            for line in plot.iter(f"{_SVG}polyline")
        ][number]
        for number in (0, -1)
    )
    assert memory[0][1] > memory[-1][1]  # downwards is more in SVG
    assert len({y for _, y in cpu}) == 1
    assert [x for x, _ in memory] == sorted(x for x, _ in memory)
    texts = [text.text for text in plot.iter(f"{_SVG}text")]
    assert {"emulator", "functions", "harness", "1,000", "processor time, ms an image"} <= {*texts}
