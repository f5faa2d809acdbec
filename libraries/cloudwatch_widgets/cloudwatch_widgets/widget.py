"""A metric widget as SVG, by its view: the one way in for the console and for the emulator."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloudwatch_widgets import chart, drawing, values
from cloudwatch_widgets.request import Line
from cloudwatch_widgets.times import NotDrawn

VALUES = {
    "singleValue": values.single_value,
    "gauge": values.gauge,
    "bar": values.bar,
    "pie": values.pie,
}
VIEWS = ("timeSeries", *VALUES)


def draw(
    properties: Mapping[str, Any],
    lines: Sequence[Line],
    start: float,
    end: float,
    *,
    width: int,
    height: int,
    theme: str = "light",
) -> str:
    """The widget as SVG of this size in pixels; `theme` is light or dark. Raises NotDrawn."""
    view = properties.get("view", "timeSeries")
    colours = drawing.THEMES.get(theme, drawing.LIGHT)
    if view == "timeSeries":
        return chart.draw(properties, lines, start, end, width=width, height=height, theme=colours)
    if view not in VALUES:
        raise NotDrawn(f"The view {view!r} is not drawn: {', '.join(VIEWS)} are.")
    return VALUES[view](properties, lines, width=width, height=height, theme=colours)
