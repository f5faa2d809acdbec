"""SVG, as little of it as charts need: elements whose texts and attributes are escaped.

Nothing a metric or a person has named can become an element, an attribute or a style.
"""

from dataclasses import dataclass
from html import escape

FONT = "Aileron"  # the one that Pillow brings, for PNGs; browsers take their own after it
CHARACTER = 0.62  # of the font's size: wide, so that texts never touch


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    back: str
    text: str
    soft: str
    grid: str
    warning: str = "#e69f00"


LIGHT = Theme("#ffffff", "#16191f", "#5f6b7a", "#e3e6ea")
DARK = Theme("#14171b", "#e8ebee", "#a3adb8", "#38414b")
THEMES = {"light": LIGHT, "dark": DARK}


def tag(name: str, *children: str, **attributes: object) -> str:
    """An element; `_` in an attribute's name stands for `-`, and None leaves it out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 11,
    fill: str,
    anchor: str = "start",
    weight: str | None = None,
) -> str:
    """A line of text that begins at, ends at or is centred on `x`, as `anchor` says."""
    return tag(
        "text",
        escape(printable(content)),
        x=x,
        y=y,
        font_size=size,
        fill=fill,
        text_anchor=anchor,
        font_weight=weight,
    )


def cut(content: str, width: float, size: float) -> str:
    """`content`, cut in the middle if it is wider than `width` pixels at this size."""
    most = max(4, int(width / (size * CHARACTER)))
    if len(content) <= most:
        return content
    half = (most - 1) // 2
    return f"{content[:half]}…{content[len(content) - half :]}"


def text_width(content: str, size: float) -> float:
    """About how many pixels a text takes."""
    return len(content) * size * CHARACTER


def picture(width: int, height: int, theme: Theme, title: str, *content: str) -> str:
    """The whole document."""
    return tag(
        "svg",
        tag("title", escape(printable(title))),
        tag("rect", width=width, height=height, fill=theme.back),
        *content,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        font_family=f"{FONT}, system-ui, sans-serif",
        role="img",
    )


def printable(content: str) -> str:
    """Without what XML does not allow and what turns the text beside it around."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in content)


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
