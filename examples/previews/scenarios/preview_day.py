"""A day of pictures, and a grey preview of each.

Expect: every picture exactly one preview, small, grey and upright, and one announcement.
"""

from PIL import Image

from harness.evidence import checks
from harness.evidence.check import Check
from harness.evidence.observations import Run
from harness.images.corpus import plan
from harness.run.scenario import Context

TITLE = "a day of pictures, each with its grey preview"
GATE = 1

SIDE = 256
RULES = (
    *(checks.all_sent, checks.one_output, checks.right_pixels, checks.right_size),
    *(checks.right_format, checks.nothing_private, checks.encrypted, checks.nothing_extra),
    *(checks.one_notification, checks.in_time, checks.no_error_notification, checks.accounted),
    *(checks.enough_invocations, checks.no_errors, checks.log_retention, checks.structured_logs),
)


def wanted(picture: Image.Image) -> Image.Image:
    """The preview of a picture as the harness has it: upright, within 1024 × 1024."""
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    grey = picture.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return grey


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send the day and judge it."""
    options = context.options
    pictures = plan(options.images or 200, options.seed)
    finished = context.send(
        pictures, options.day_s or 20.0, fitted=options.day_s is None, wanted=wanted
    )
    return finished, [rule(finished) for rule in RULES]
