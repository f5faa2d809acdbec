"""The pictures of a day of uploads, in order: the same for the same count and seed."""

import random
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Form = Literal["JPEG", "PNG"]

# AWS: "user-defined metadata is limited to 2 KB", the sum of the bytes of all keys and values
# (S3 User Guide, Working with object metadata).
METADATA_LIMIT = 2048


@dataclass(frozen=True)
class Kind:
    """One sort of picture that people upload. `share` is in thousandths of all uploads.

    `mode` is how pixels are stored: RGB, L, CMYK, P, PA (palette with transparency), RGBA, or
    I;16 and RGB;16 with sixteen bits per channel. `camera` files carry EXIF with place and device.
    """

    name: str
    share: int
    width: int
    height: int
    form: Form = "JPEG"
    mode: str = "RGB"
    quality: int = 85
    content: Literal["photo", "screen", "graphic"] = "photo"
    progressive: bool = False
    camera: bool = False


# What an upload form of a photo service sees: photos straight from phones are a tenth of the
# uploads and most of the bytes; the greater part has been through a messenger or an editor, which
# scale to 1280–2048 pixels; thumbnails, avatars and screenshots fill the rest, and every variant
# of the formats that real files use occurs. JPEG leads by far, PNG is screenshots and graphics.
# Two thousand of them are about 1.2 GB.
MIX = (
    Kind("thumbnail", 60, 160, 120, quality=80),
    Kind("avatar", 50, 320, 320, quality=82),
    Kind("web", 120, 800, 600, quality=82),
    Kind("messenger", 200, 1280, 960),
    Kind("portrait", 60, 960, 1280),
    Kind("social", 130, 1600, 1200),
    Kind("wide", 90, 1920, 1080, quality=86),
    Kind("camera", 80, 2592, 1944, quality=90, camera=True),
    Kind("phone", 90, 4032, 3024, quality=92, camera=True),
    Kind("progressive", 30, 1200, 800, progressive=True),
    Kind("grey", 12, 1024, 1536, mode="L"),
    Kind("print", 8, 1504, 1000, mode="CMYK"),
    Kind("screenshot", 35, 1080, 2340, "PNG", content="screen"),
    Kind("logo", 10, 800, 800, "PNG", "RGBA", content="graphic"),
    Kind("icon", 10, 512, 512, "PNG", "PA", content="graphic"),
    Kind("desktop", 9, 1920, 1080, "PNG", "P", content="screen"),
    Kind("scan", 3, 1000, 1400, "PNG", "I;16"),
    Kind("render", 3, 640, 480, "PNG", "RGB;16"),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in MIX}
SCENES = 2  # of every kind

# How phones are held, by EXIF orientation; the mirrored ones (2, 4, 5, 7) are rare but real.
_HELD = {1: 50, 6: 26, 8: 8, 3: 8, 2: 2, 4: 2, 5: 2, 7: 2}
_ALBUMS = ("holiday", "Summer 2026", "Åre & Östersund", "дача/лето", "東京", "a+b", "100% wool")
_NAMES = (
    "café terrasse",
    "été à la mer (2)",
    "c++ poster",
    "50%25 off",
    "写真",
    "снимок",
    "🌄 dawn",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One upload: which picture, under which path, with which metadata.

    With `file`, these bytes are sent in place of the picture.

    `path` is relative to the run's folder in the bucket. `code` is the unique colour code that is
    painted on it, 6 bits per tile. `orientation` is EXIF's; 1 where there is no EXIF.
    """

    index: int
    path: str
    kind: Kind
    scene: int
    code: int
    orientation: int
    metadata: Mapping[str, str]
    file: bytes | None = None

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height as a viewer shows it, that is after the EXIF orientation."""
        width, height = self.kind.width, self.kind.height
        return (height, width) if self.orientation >= 5 else (width, height)


class Plan:
    """`count` pictures in the shares of MIX, shuffled; equal arguments give equal pictures.

    Each is drawn by its own index when it is asked for: of a plan there is no more in memory than
    the pictures' kinds, a byte each. A process that sends a part of it makes no more than that.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._seed, self._kinds = seed, bytearray(_in_shares(count))
        random.Random(f"corpus {seed}").shuffle(self._kinds)

    def picture(self, index: int) -> Picture:
        """The picture at that place."""
        rng = random.Random(f"corpus {self._seed} {index}")
        return _picture(index, MIX[self._kinds[index]], rng)

    def every(self, of: int, number: int = 0) -> Iterator[Picture]:
        """Every `of`-th picture from `number` on, made one by one."""
        return (self.picture(index) for index in range(number, len(self._kinds), of))


def plan(count: int, seed: int) -> list[Picture]:
    """All pictures of a Plan."""
    return list(Plan(count, seed).every(1))


def of_kind(kind: Kind, count: int, seed: int) -> list[Picture]:
    """`count` pictures of one kind, each with its own path and code; the benchmark uses it."""
    rng = random.Random(f"{kind.name} {seed}")
    return [_picture(index, kind, rng) for index in range(count)]


def _in_shares(count: int) -> Iterator[int]:
    """`count` kinds as places in MIX, in its shares, rounded by the largest remainder."""
    total = sum(kind.share for kind in MIX)
    exact = {kind.name: count * kind.share / total for kind in MIX}
    whole = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: count - sum(whole.values())]:
        whole[name] += 1
    return (place for place, kind in enumerate(MIX) for _ in range(whole[kind.name]))


def _picture(index: int, kind: Kind, rng: random.Random) -> Picture:
    orientation = rng.choices(list(_HELD), list(_HELD.values()))[0] if kind.camera else 1
    return Picture(
        index=index,
        path=_path(index, kind, rng),
        kind=kind,
        scene=rng.randrange(SCENES),
        code=rng.getrandbits(60),
        orientation=orientation,
        metadata=_metadata(index, rng),
    )


def _path(index: int, kind: Kind, rng: random.Random) -> str:
    """Every path holds the index, so it is unique. One in a hundred has the wrong extension."""
    own = [".png"] if kind.form == "PNG" else [".jpg", ".jpg", ".jpeg"]
    other = [".jpg"] if kind.form == "PNG" else [".png"]
    extension = rng.choice(other if rng.random() < 0.01 else own)
    folder = f"user-{rng.randrange(200):03}"
    if rng.random() < 0.3:
        folder += f"/{rng.choice(_ALBUMS)}"
    usual = "IMG_" if kind.camera else f"{kind.name}-"
    name = f"{rng.choice(_NAMES)} " if rng.random() < 0.1 else usual
    return f"{folder}/{name}{index:05}{extension}"


def _metadata(index: int, rng: random.Random) -> dict[str, str]:
    """User metadata, ASCII as S3 demands; one in fifty reaches the limit of 2 KB to the byte."""
    chance = rng.random()
    if chance < 0.3:
        return {}
    metadata = {
        "uploader": f"user-{rng.randrange(200):03}",
        "title": quote(f"Bild {index} – übrig"),
    }
    if chance > 0.98:
        metadata["note"] = ""
        room = METADATA_LIMIT - metadata_bytes(metadata)
        metadata["note"] = "".join(rng.choices(string.ascii_letters, k=room))
    return metadata


def metadata_bytes(metadata: Mapping[str, str]) -> int:
    """The size of user metadata as S3 counts it against the limit."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in metadata.items())
