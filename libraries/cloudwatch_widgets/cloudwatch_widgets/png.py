"""SVG as PNG, by resvg, with the font that Pillow brings and no other.

So a picture is the same on every machine. The packages resvg-py and pillow are needed here, and
only here: the console shows the SVG itself. resvg draws no text at all in a font it does not find.
"""

from tempfile import NamedTemporaryFile

import resvg_py
from PIL import ImageFont

from cloudwatch_widgets.drawing import FONT


def png(svg: str) -> bytes:
    """The picture as PNG, of the size in pixels that the SVG says."""
    font = ImageFont.load_default(16)  # of any size: resvg takes the file and scales it
    assert isinstance(font, ImageFont.FreeTypeFont)
    with NamedTemporaryFile(suffix=".ttf") as file:  # resvg takes fonts by path alone
        file.write(font.font_bytes)
        file.flush()
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg,
                skip_system_fonts=True,
                font_files=[file.name],
                font_family=FONT,
                sans_serif_family=FONT,
            )
        )
