"""Widgets that show one value of each line: single value, gauge, bar, pie."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloudwatch_widgets import drawing, ticks
from cloudwatch_widgets.drawing import Theme, tag, text
from cloudwatch_widgets.request import Line
from cloudwatch_widgets.times import NotDrawn

_TITLE, _SMALL = 14, 11


def single_value(
    properties: Mapping[str, Any], lines: Sequence[Line], *, width: int, height: int, theme: Theme
) -> str:
    """The latest value of each line, side by side."""
    cell = width / max(1, len(lines))
    content = [_title(properties, width, theme)]
    for number, line in enumerate(lines):
        middle = cell * (number + 0.5)
        said = "–" if line.last is None else ticks.number_text(line.last)
        size = min(36.0, height / 3, cell / (0.62 * max(3, len(said))))
        label = drawing.cut(line.label, cell - 10, _SMALL)
        content += [
            text(middle, height / 2 + size / 3, said, size=size, fill=theme.text, anchor="middle"),
            text(middle, height - 12, label, size=_SMALL, fill=theme.soft, anchor="middle"),
        ]
    return drawing.picture(width, height, theme, _name(properties), *content)


def gauge(
    properties: Mapping[str, Any], lines: Sequence[Line], *, width: int, height: int, theme: Theme
) -> str:
    """The latest value of the first line between the limits of the left axis.

    Raises NotDrawn without yAxis.left.min and max, which a gauge must have.
    """
    axes = properties.get("yAxis")
    left = axes.get("left") if isinstance(axes, dict) else None
    low, high = (left.get("min"), left.get("max")) if isinstance(left, dict) else (None, None)
    if not (isinstance(low, int | float) and isinstance(high, int | float) and low < high):
        raise NotDrawn("A gauge needs yAxis.left.min and yAxis.left.max.")
    x, y = width / 2, height * 0.72
    radius = min(width * 0.4, height * 0.48)
    content = [_title(properties, width, theme), _arc(x, y, radius, 1.0, theme.grid)]
    line = lines[0] if lines else None
    said = "–"
    if line and line.last is not None:
        share = min(max((line.last - low) / (high - low), 0.0), 1.0)
        said = ticks.number_text(line.last)
        content.append(_arc(x, y, radius, share, line.row.shown_as))
    content += [
        text(x, y, said, size=min(30.0, radius / 2), fill=theme.text, anchor="middle"),
        text(
            x - radius,
            y + 16,
            ticks.number_text(low),
            size=_SMALL,
            fill=theme.soft,
            anchor="middle",
        ),
        text(
            x + radius,
            y + 16,
            ticks.number_text(high),
            size=_SMALL,
            fill=theme.soft,
            anchor="middle",
        ),
        text(
            x,
            height - 10,
            line.label if line else "",
            size=_SMALL,
            fill=theme.soft,
            anchor="middle",
        ),
    ]
    return drawing.picture(width, height, theme, _name(properties), *content)


def bar(
    properties: Mapping[str, Any], lines: Sequence[Line], *, width: int, height: int, theme: Theme
) -> str:
    """The latest value of each line as a horizontal bar from zero."""
    highest = max([line.last or 0.0 for line in lines], default=0.0) or 1.0
    top, step = 36.0, min(34.0, (height - 44) / max(1, len(lines)))
    label_width = min(
        width * 0.4, 12 + max((drawing.text_width(each.label, _SMALL) for each in lines), default=0)
    )
    content = [_title(properties, width, theme)]
    for number, line in enumerate(lines):
        y, value = top + step * number, max(line.last or 0.0, 0.0)
        long = (width - label_width - 70) * value / highest
        said = "–" if line.last is None else ticks.number_text(line.last)
        content += [
            text(
                label_width,
                y + step / 2 + 4,
                drawing.cut(line.label, label_width - 8, _SMALL),
                size=_SMALL,
                fill=theme.text,
                anchor="end",
            ),
            tag(
                "rect",
                x=label_width + 8,
                y=y + 3,
                width=long,
                height=step - 6,
                fill=line.row.shown_as,
                rx=2,
            ),
            text(label_width + 14 + long, y + step / 2 + 4, said, size=_SMALL, fill=theme.text),
        ]
    return drawing.picture(width, height, theme, _name(properties), *content)


def pie(
    properties: Mapping[str, Any], lines: Sequence[Line], *, width: int, height: int, theme: Theme
) -> str:
    """The share of each line's latest value in their sum, with a legend."""
    shares = [max(line.last or 0.0, 0.0) for line in lines]
    total = sum(shares)
    x, y, radius = width * 0.3, height / 2 + 10, min(width * 0.25, height * 0.36)
    content = [_title(properties, width, theme), *_slices(lines, shares, total, x, y, radius)]
    if not total:
        content.append(text(x, y, "No data", size=13, fill=theme.soft, anchor="middle"))
    for number, (line, value) in enumerate(zip(lines, shares, strict=True)):
        at = 44 + 18 * number
        part = (
            f"{line.label} {ticks.number_text(value)}{f' ({value / total:.0%})' if total else ''}"
        )
        content += [
            tag("rect", x=width * 0.6, y=at - 9, width=11, height=11, fill=line.row.shown_as, rx=2),
            text(
                width * 0.6 + 17,
                at,
                drawing.cut(part, width * 0.4 - 24, _SMALL),
                size=_SMALL,
                fill=theme.text,
            ),
        ]
    return drawing.picture(width, height, theme, _name(properties), *content)


def _slices(
    lines: Sequence[Line], shares: Sequence[float], total: float, x: float, y: float, radius: float
) -> Iterator[str]:
    begun = 0.0
    for line, value in zip(lines, shares, strict=True):
        share = value / total if total else 0.0
        if share >= 0.9999:
            yield tag("circle", cx=x, cy=y, r=radius, fill=line.row.shown_as)
        elif share > 0:
            first, last = (2 * math.pi * part - math.pi / 2 for part in (begun, begun + share))
            from_x, from_y = x + radius * math.cos(first), y + radius * math.sin(first)
            to_x, to_y = x + radius * math.cos(last), y + radius * math.sin(last)
            large = int(share > 0.5)
            path = (
                f"M{x:.1f} {y:.1f} L{from_x:.1f} {from_y:.1f} "
                f"A{radius:.1f} {radius:.1f} 0 {large} 1 {to_x:.1f} {to_y:.1f} Z"
            )
            yield tag("path", d=path, fill=line.row.shown_as)
        begun += share


def _arc(x: float, y: float, radius: float, share: float, colour: str) -> str:
    """A part of the half circle above (x, y), from the left."""
    angle = math.pi * (1 - share)
    to_x, to_y = x + radius * math.cos(angle), y - radius * math.sin(angle)
    path = f"M{x - radius:.1f} {y:.1f} A{radius:.1f} {radius:.1f} 0 0 1 {to_x:.1f} {to_y:.1f}"
    return tag("path", d=path, fill="none", stroke=colour, stroke_width=radius / 4)


def _title(properties: Mapping[str, Any], width: int, theme: Theme) -> str:
    said = drawing.cut(str(properties.get("title", "")), width - 20, _TITLE)
    return text(10, 20, said, size=_TITLE, fill=theme.text, weight="600") if said else ""


def _name(properties: Mapping[str, Any]) -> str:
    return str(properties.get("title", "")) or "Metrics"
