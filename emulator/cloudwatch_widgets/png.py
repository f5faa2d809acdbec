"""SVG as PNG, by resvg: needs the package resvg-py, which only the emulator has.

Pictures are drawn with the font that is shipped beside this module and no other, so that they are
the same on every machine. resvg draws no text at all in a font that it does not find.
"""

from pathlib import Path

import resvg_py

FONT_FILE = Path(__file__).parent / "Roboto-Regular.ttf"


def png(svg: str) -> bytes:
    """The picture as PNG, of the size in pixels that the SVG says."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_files=[str(FONT_FILE)],
            font_family="Roboto",
            sans_serif_family="Roboto",
        )
    )
