"""Defects in what becomes of an image, and how fast."""

from tests.mutants.code_edits import AtTop, Rewrite
from tests.mutants.mutant import Mutant

_HANDLER = "image_processor/handler"
_IMAGING = "image_processor/imaging"
_JPEG_PARTS = "image_processor/jpeg_parts"
_SPEC = "TapStack: what the function guarantees (docs/pipeline.md)"
_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/dg/"

MUTANTS = [
    Mutant(
        "profiles-are-dropped",
        "A colour profile is thrown away without a conversion",
        [
            Rewrite(
                _IMAGING,
                "_in_srgb",
                "if profile:\n    $...BODY",
                'if profile and image.mode == "CMYK":\n    $...BODY',
            )
        ],
        "Photos of newer phones come out pale.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "decodes-at-full-size",
        "A large photo is decoded as it is",
        [
            Rewrite(_IMAGING, "_decode_jpeg", "image.draft(None, $X)", "image.draft(None, stored)"),
            Rewrite(_IMAGING, "", "MAX_WORKING_BYTES = $X", "MAX_WORKING_BYTES = 4096 * 2**20"),
        ],
        "Runtime.OutOfMemory: 120 megapixels take 479 MB.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "contract",
    ),
    Mutant(
        "believes-every-header",
        "No limit on pixels and memory",
        [
            Rewrite(_IMAGING, "", "MAX_PIXELS = $X", "MAX_PIXELS = 10**12"),
            Rewrite(_IMAGING, "", "MAX_WORKING_BYTES = $X", "MAX_WORKING_BYTES = 10**12"),
        ],
        "Runtime.OutOfMemory for a file of 0.7 MB.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "contract",
    ),
    Mutant(
        "orientation-is-ignored",
        "Photos stay as the sensor saw them",
        [Rewrite(_IMAGING, "process", "orientation in _TO_UPRIGHT", "orientation > 8")],
        "Portraits lie on their side.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "place-is-kept",
        "EXIF, and with it the place, goes into the output",
        [
            Rewrite(
                _JPEG_PARTS,
                "essentials",
                "exif.append($X)",
                "kept.append(segment.whole)\nsize += len(segment.whole)\nexif.append($X)",
            ),
            Rewrite(_IMAGING, "_encode", '("transparency",)', '("transparency", "exif")'),
            Rewrite(
                _IMAGING,
                "_encode",
                'image.save(file, "JPEG", $...ARGS)',
                'image.save(file, "JPEG", exif=image.info.get("exif", b""), $...ARGS)',
            ),
        ],
        "Whoever sees the picture can see where its maker lives.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "small-images-are-enlarged",
        "Every output has 1024 pixels",
        [Rewrite(_IMAGING, "fitted", "min(1.0, $X)", "$X")],
        "Avatars come out blurred and several times as large.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "transparency-is-lost",
        "Every picture becomes RGB",
        [Rewrite(_IMAGING, "_in_srgb", '$X if image.mode == "CMYK" else image', "$X")],
        "Logos get a black ground.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "is-slow",
        "Every upload takes 50 seconds",
        [
            AtTop(_HANDLER, "from time import sleep"),
            Rewrite(
                _HANDLER,
                "_process",
                "started = perf_counter()",
                "started = perf_counter()\nsleep(50)",
            ),
        ],
        "Within ten seconds of the timeout, and over the threshold of the alarm.",
        f"{_LAMBDA}configuration-timeout.html",
        "contract",
    ),
]
