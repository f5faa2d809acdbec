"""What tests/scale.py has measured as SVG: memory, and processor time of an image, over images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

PARTS = ("emulator", "functions", "harness")
_COLOURS = {"emulator": "#0072b2", "functions": "#009e73", "harness": "#d55e00"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _GAP = 800, 200, 64, 28, 36, 24
_STRETCHES = 20  # of a run: processor time is the mean of each
_TICKS = 4


@dataclass(frozen=True)
class Sample:
    """One look: when, images done by then, and of each part the memory and the CPU used so far."""

    at: float
    images: int
    memory_mb: Mapping[str, float]
    cpu_s: Mapping[str, float]


type Points = Sequence[tuple[float, float]]


def drawn(samples: Sequence[Sample]) -> str:
    """Two plots, one above the other, for light and dark pages."""
    images = samples[-1].images
    memory = {p: [(s.images, s.memory_mb[p]) for s in samples] for p in ("emulator", "harness")}
    panels = [
        _panel("memory, MB", memory, images, 0),
        _panel("processor time, ms an image", _cpu_of_stretches(samples), images, 1),
    ]
    height = 2 * (_TOP + _HEIGHT + _BOTTOM)
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="13"'
            f' viewBox="0 0 {_LEFT + _WIDTH + _GAP} {height}">',
            '<rect width="100%" height="100%" fill="#fff"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _cpu_of_stretches(samples: Sequence[Sample]) -> Mapping[str, Points]:
    """Milliseconds of each part for an image, in stretches of equally many images."""
    size = max(1, samples[-1].images // _STRETCHES)
    ends = [samples[0]]
    for each in samples:
        if each.images - ends[-1].images >= size:
            ends.append(each)
    return {
        part: [
            (
                (before.images + after.images) / 2,
                1000 * (after.cpu_s[part] - before.cpu_s[part]) / (after.images - before.images),
            )
            for before, after in pairwise(ends)
        ]
        for part in PARTS
    }


def _panel(title: str, lines: Mapping[str, Points], images: int, place: int) -> str:
    """One plot with axes, ticks and names of its lines."""
    highest = max((y for points in lines.values() for _, y in points), default=1.0)
    most = _round(highest)
    top = place * (_TOP + _HEIGHT + _BOTTOM) + _TOP
    bottom = top + _HEIGHT

    def x(value: float) -> float:
        return round(_LEFT + _WIDTH * value / max(images, 1), 1)

    def y(value: float) -> float:
        return round(bottom - _HEIGHT * value / most, 1)

    parts = [f'<text x="{_LEFT}" y="{top - 10}" font-weight="bold" fill="#222">{title}</text>']
    for number in range(_TICKS + 1):
        level, count = most * number / _TICKS, images * number // _TICKS
        parts += [
            f'<path d="M{_LEFT} {y(level)}h{_WIDTH}" stroke="#ddd"/>',
            _label(_LEFT - 8, y(level) + 4, "end", f"{level:g}"),
            _label(x(count), bottom + 18, "middle", f"{count:,}"),
        ]
    for number, (name, points) in enumerate(lines.items()):
        path = " ".join(f"{x(images_)},{y(value)}" for images_, value in points)
        colour, at = _COLOURS[name], _LEFT + _WIDTH - 90 * (len(lines) - number)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{at}" y="{top - 10}" fill="{colour}">{name}</text>',
        ]
    return "\n".join(parts)


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#555">{text}</text>'


def _round(highest: float) -> float:
    """The end of an axis: a number of four even steps that is not below `highest`."""
    steps = (digit * 10.0**power for power in range(6) for digit in (1, 2, 5))
    return next(step * _TICKS for step in steps if step * _TICKS >= highest)
