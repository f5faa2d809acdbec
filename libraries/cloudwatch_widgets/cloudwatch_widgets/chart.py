"""Lines over time, as CloudWatch draws them: two axes, annotations, legend; no data is a gap.

A point without neighbours is a dot, since a line through it would have no length.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudwatch_widgets import drawing, ticks
from cloudwatch_widgets.drawing import Theme, tag, text
from cloudwatch_widgets.request import Line, Point
from cloudwatch_widgets.times import NotDrawn, moment

_DASHES = (None, "6 3", "2 3", "8 3 2 3")  # beside colour, for those who see none
_SMALL, _TITLE = 11, 14
_GAP = 1.6  # periods without a point, from which on a line is broken


@dataclass(frozen=True)
class Frame:
    """Where the plot stands in the picture, and what it spans. Pixels; seconds since 1970."""

    left: float
    top: float
    right: float
    bottom: float
    start: float
    end: float

    def x(self, at: float) -> float:
        """The pixel of a moment."""
        share = (at - self.start) / (self.end - self.start)
        return self.left + share * (self.right - self.left)


@dataclass(frozen=True)
class Axis:
    """A vertical scale with its ticks."""

    ticks: list[float]
    label: str = ""

    def y(self, value: float, frame: Frame) -> float:
        """The pixel of a value, kept within the plot."""
        low, high = self.ticks[0], self.ticks[-1]
        share = min(max((value - low) / ((high - low) or 1), 0.0), 1.0)
        return frame.bottom - share * (frame.bottom - frame.top)


def draw(
    properties: Mapping[str, Any],
    lines: Sequence[Line],
    start: float,
    end: float,
    *,
    width: int,
    height: int,
    theme: Theme = drawing.LIGHT,
) -> str:
    """A time series widget as SVG. Raises NotDrawn for an axis or annotation that has no sense."""
    title = str(properties.get("title", ""))
    stacked = properties.get("stacked") is True
    shown = _stacked(lines) if stacked else list(lines)
    marks = _horizontal(properties)
    left = _axis(properties, "left", [line for line in shown if not line.row.right], marks, height)
    right_lines = [line for line in shown if line.row.right]
    right = _axis(properties, "right", right_lines, marks, height) if right_lines else None
    legend, legend_height = _legend(properties, lines, width, height, theme)
    margin = 16 + max(drawing.text_width(ticks.number_text(each), _SMALL) for each in left.ticks)
    frame = Frame(
        left=max(36.0, margin),
        top=34.0 if title else 16.0,
        right=width - (48.0 if right else 14.0),
        bottom=height - legend_height - 22.0,
        start=start,
        end=end,
    )
    content = [
        text(
            10,
            20,
            drawing.cut(title, width - 20, _TITLE),
            size=_TITLE,
            fill=theme.text,
            weight="600",
        )
        if title
        else "",
        *_grid(frame, left, right, theme),
        *_horizontal_marks(marks, frame, left, right, theme),
        *_vertical_marks(properties, frame, theme, end),
    ]
    for index, line in enumerate(shown):
        axis = right if line.row.right and right else left
        below = shown[index - 1] if stacked and index else None
        content += _line(line, below if stacked else None, axis, frame, filled=stacked)
    if not any(line.points for line in lines):
        middle = (frame.left + frame.right) / 2
        content.append(
            text(
                middle,
                (frame.top + frame.bottom) / 2,
                "No data",
                fill=theme.soft,
                anchor="middle",
                size=13,
            )
        )
    return drawing.picture(width, height, theme, title or "Metrics", *content, *legend)


def _axis(
    properties: Mapping[str, Any],
    side: str,
    lines: Sequence[Line],
    marks: Sequence[Mapping[str, Any]],
    height: int,
) -> Axis:
    """The scale of one side, grown so that its annotations fit."""
    axes = properties.get("yAxis")
    given = axes.get(side) if isinstance(axes, dict) else None
    given = given if isinstance(given, dict) else {}
    fixed = tuple(_number(given.get(name), f"yAxis.{side}.{name}") for name in ("min", "max"))
    values = [value for line in lines for _, value in line.points]
    values += [
        mark["value"] for mark in marks if (mark.get("yAxis") == "right") == (side == "right")
    ]
    lowest, highest = ticks.limits(values)
    return Axis(
        ticks.scale(lowest, highest, max(2, height // 60), (fixed[0], fixed[1])),
        str(given.get("label", "")),
    )


def _number(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotDrawn(f"{name} is no number.")
    return float(value)


def _grid(frame: Frame, left: Axis, right: Axis | None, theme: Theme) -> Iterator[str]:
    for value in left.ticks:
        y = left.y(value, frame)
        yield tag("line", x1=frame.left, y1=y, x2=frame.right, y2=y, stroke=theme.grid)
        said = ticks.number_text(value)
        yield text(frame.left - 6, y + 4, said, size=_SMALL, fill=theme.soft, anchor="end")
    for value in right.ticks if right else ():
        y = right.y(value, frame) if right else 0.0
        yield text(frame.right + 6, y + 4, ticks.number_text(value), size=_SMALL, fill=theme.soft)
    for at, said in ticks.time_ticks(frame.start, frame.end, int(frame.right - frame.left) // 70):
        x = frame.x(at)
        yield tag("line", x1=x, y1=frame.bottom, x2=x, y2=frame.bottom + 4, stroke=theme.soft)
        yield text(x, frame.bottom + 16, said, size=_SMALL, fill=theme.soft, anchor="middle")
    if left.label:
        yield text(frame.left, frame.top - 5, left.label, size=_SMALL, fill=theme.soft)
    if right and right.label:
        yield text(
            frame.right, frame.top - 5, right.label, size=_SMALL, fill=theme.soft, anchor="end"
        )


def _line(
    line: Line, below: Line | None, axis: Axis, frame: Frame, *, filled: bool
) -> Iterator[str]:
    colour = line.row.shown_as
    dash = _DASHES[line.row.number // 7 % len(_DASHES)]
    base = dict(below.points) if below else {}
    for run in _runs(line.points, line.row.period, frame):
        path = " ".join(
            f"{'L' if index else 'M'}{frame.x(at):.1f} {axis.y(value, frame):.1f}"
            for index, (at, value) in enumerate(run)
        )
        if filled and len(run) > 1:
            back = " ".join(
                f"L{frame.x(at):.1f} {axis.y(base.get(at, 0.0), frame):.1f}"
                for at, _ in reversed(run)
            )
            yield tag("path", d=f"{path} {back} Z", fill=colour, fill_opacity=0.3)
        if len(run) > 1:
            yield tag(
                "path", d=path, fill="none", stroke=colour, stroke_width=2, stroke_dasharray=dash
            )
        else:
            (at, value) = run[0]
            yield tag("circle", cx=frame.x(at), cy=axis.y(value, frame), r=3, fill=colour)


def _runs(points: Sequence[Point], period: int, frame: Frame) -> Iterator[list[Point]]:
    """Points that follow each other without a gap, of those that are in the plot."""
    run: list[Point] = []
    for point in points:
        if not frame.start <= point[0] <= frame.end or not math.isfinite(point[1]):
            continue
        if run and point[0] - run[-1][0] > _GAP * period:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _stacked(lines: Sequence[Line]) -> list[Line]:
    """Each line on top of those before it."""
    sums: dict[float, float] = {}
    found = []
    for line in lines:
        points = []
        for at, value in line.points:
            sums[at] = sums.get(at, 0.0) + value
            points.append((at, sums[at]))
        found.append(Line(line.row, line.label, tuple(points)))
    return found


def _horizontal(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The horizontal annotations, those of bands one after the other."""
    annotations = properties.get("annotations")
    given = annotations.get("horizontal", []) if isinstance(annotations, dict) else []
    flat = [each for mark in given for each in (mark if isinstance(mark, list) else [mark])]
    found: list[Mapping[str, Any]] = []
    for mark in flat:
        if not isinstance(mark, dict) or mark.get("visible") is False:
            continue
        value = _number(mark.get("value"), "The value of an annotation")
        if value is not None:
            found.append({**mark, "value": value})
    return found


def _horizontal_marks(
    marks: Sequence[Mapping[str, Any]], frame: Frame, left: Axis, right: Axis | None, theme: Theme
) -> Iterator[str]:
    for mark in marks:
        axis = right if mark.get("yAxis") == "right" and right else left
        y, colour = axis.y(mark["value"], frame), _colour(mark)
        edge = {"above": frame.top, "below": frame.bottom}.get(str(mark.get("fill")))
        if edge is not None:
            yield tag(
                "rect",
                x=frame.left,
                y=min(y, edge),
                width=frame.right - frame.left,
                height=abs(edge - y),
                fill=colour,
                fill_opacity=0.12,
            )
        yield tag(
            "line", x1=frame.left, y1=y, x2=frame.right, y2=y, stroke=colour, stroke_dasharray="5 3"
        )
        said = drawing.cut(str(mark.get("label", "")), frame.right - frame.left, _SMALL)
        yield text(frame.right - 4, y - 4, said, size=_SMALL, fill=theme.text, anchor="end")


def _vertical_marks(
    properties: Mapping[str, Any], frame: Frame, theme: Theme, now: float
) -> Iterator[str]:
    annotations = properties.get("annotations")
    given = annotations.get("vertical", []) if isinstance(annotations, dict) else []
    for mark in (each for pair in given for each in (pair if isinstance(pair, list) else [pair])):
        if not isinstance(mark, dict) or mark.get("visible") is False:
            continue
        at = moment(mark.get("value"), now)
        if not frame.start <= at <= frame.end:
            continue
        x, colour = frame.x(at), _colour(mark)
        edge = {"before": frame.left, "after": frame.right}.get(str(mark.get("fill")))
        if edge is not None:
            yield tag(
                "rect",
                x=min(x, edge),
                y=frame.top,
                width=abs(edge - x),
                height=frame.bottom - frame.top,
                fill=colour,
                fill_opacity=0.12,
            )
        yield tag(
            "line", x1=x, y1=frame.top, x2=x, y2=frame.bottom, stroke=colour, stroke_dasharray="5 3"
        )
        yield text(x + 4, frame.top + 12, str(mark.get("label", "")), size=_SMALL, fill=theme.text)


def _colour(mark: Mapping[str, Any]) -> str:
    colour = str(mark.get("color", ""))
    return (
        colour
        if colour.startswith("#") and colour[1:].isalnum() and len(colour) in (4, 7)
        else "#8a5a00"
    )


def _legend(
    properties: Mapping[str, Any], lines: Sequence[Line], width: int, height: int, theme: Theme
) -> tuple[list[str], float]:
    """The names of the lines below the plot, and the height that they take."""
    given = properties.get("legend")
    if isinstance(given, dict) and given.get("position") == "hidden":
        return [], 6.0
    rows: list[list[tuple[float, Line, str]]] = [[]]
    x = 10.0
    for line in lines:
        said = drawing.cut(line.label, width - 60, _SMALL)
        wide = 30 + drawing.text_width(said, _SMALL)
        if rows[-1] and x + wide > width - 6:
            rows.append([])
            x = 10.0
        rows[-1].append((x, line, said))
        x += wide
    most = max(1, height // 4 // 16)
    content: list[str] = []
    shown = rows[:most]
    for number, row in enumerate(shown):
        y = height - 8 - 16 * (len(shown) - 1 - number)
        for x, line, said in row:
            content.append(_key(line, x, y, theme))
            content.append(text(x + 18, y, said, size=_SMALL, fill=theme.text))
    left_out = sum(len(row) for row in rows[most:])
    if left_out:
        content.append(
            text(
                width - 6,
                height - 8,
                f"+ {left_out} more",
                size=_SMALL,
                fill=theme.soft,
                anchor="end",
            )
        )
    return content, 16.0 * len(shown) + 6


def _key(line: Line, x: float, y: float, theme: Theme) -> str:
    """The sign of a line in the legend: its colour, or a triangle where it has no data."""
    if not line.points:
        return tag("path", d=f"M{x + 6:.1f} {y - 9:.1f} l6 9 h-12 z", fill=theme.warning)
    return tag("rect", x=x, y=y - 8, width=12, height=8, rx=2, fill=line.row.shown_as)
