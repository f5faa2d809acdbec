"""Images to upload: landscapes with the texture of photos, screens and graphics.

A scene's number and size give the same pixels each time. A handful is made, and every upload is
derived from one of them.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

_MASTER = (2016, 1512)


def photo(number: int, width: int, height: int) -> Image.Image:
    """A landscape at dusk, RGB. Sensor noise gives it the byte size of a photo when encoded."""
    picture = ImageOps.fit(landscape(number), (width, height), Image.Resampling.BICUBIC)
    noise = np.random.default_rng([number, width]).integers(0, 15, (height, width), np.uint8)
    grain = Image.fromarray(noise)
    return ImageChops.add(picture, Image.merge("RGB", (grain, grain, grain)), offset=-7)


def screen(number: int, width: int, height: int) -> Image.Image:
    """A screenshot, RGB: flat panels, lines of text and one photo."""
    rng = np.random.default_rng([number, width, height])
    light, accent = 236 + int(rng.integers(16)), tuple(int(c) for c in rng.integers(30, 200, 3))
    picture = Image.new("RGB", (width, height), (light, light, light))
    draw = ImageDraw.Draw(picture)
    line = max(8, height // 80)
    draw.rectangle((0, 0, width, 4 * line), fill=accent)
    for top in range(6 * line, height - 2 * line, 2 * line):
        left = int(rng.integers(1, 4)) * line
        while left < width * rng.uniform(0.4, 0.95):
            word = int(rng.integers(1, 8)) * line // 2
            draw.rectangle((left, top, left + word, top + line * 2 // 3), fill=(60, 60, 70))
            left += word + line // 2
    inset = (width // 2, height // 4)
    picture.paste(ImageOps.fit(landscape(number), inset), (width // 4, height * 3 // 5))
    return picture


def graphic(number: int, width: int, height: int) -> Image.Image:
    """A logo, RGBA: coloured discs with soft edges on a transparent ground."""
    rng = np.random.default_rng([number, width, height, 1])
    colours = Image.new("RGB", (width, height), (250, 250, 250))
    alpha = Image.new("L", (width, height), 0)
    for _ in range(9):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.08, 0.3) * width
        disc = (x - radius, y - radius, x + radius, y + radius)
        ImageDraw.Draw(colours).ellipse(disc, fill=tuple(int(c) for c in rng.integers(0, 255, 3)))
        ImageDraw.Draw(alpha).ellipse(disc, fill=int(rng.integers(120, 256)))
    colours.putalpha(alpha.filter(ImageFilter.GaussianBlur(width / 100)))
    return colours


@lru_cache(maxsize=2)
def landscape(number: int) -> Image.Image:
    """Sky, sun and three ranges of hills; nothing in it is symmetrical, so a flip shows."""
    width, height = _MASTER
    rng = np.random.default_rng(number)

    def colour(low: float, high: float) -> NDArray[np.float32]:
        return rng.uniform(low, high, 3).astype(np.float32)

    across = np.arange(width, dtype=np.float32)
    down = np.arange(height, dtype=np.float32)[:, None]
    top, bottom = colour(40, 120), colour(150, 240)
    scene = top + (bottom - top) * (down / height)[:, :, None]
    scene = scene + 60 * _texture(rng, {3: 0.52, 7: 0.31, 19: 0.17, 60: 0.09})
    sun = np.exp(-np.hypot(across - width * np.float32(rng.uniform(0.6, 0.85)), down - 330) / 160)
    scene += sun[:, :, None] * np.array((170, 136, 68), np.float32)
    texture = _texture(rng, {24: 0.45, 90: 0.32, 300: 0.24, 1000: 0.18})
    for depth in range(3):
        knots = rng.uniform(-0.08, 0.08, 9) + np.linspace(0.02, -0.1, 9) + 0.45 + 0.18 * depth
        ridge = (np.interp(across, np.linspace(0, width, 9), knots) * height).astype(np.float32)
        cover = np.clip((down - ridge) / 2, 0, 1)[:, :, None]
        scene += (colour(30, 110) + (90 + 40 * depth) * texture - scene) * cover
    return Image.fromarray(scene.clip(0, 255).astype(np.uint8))


def _texture(rng: np.random.Generator, bumps: Mapping[int, float]) -> NDArray[np.float32]:
    """Smooth noise: so many bumps across the master, so strong each; rows × columns × 1."""
    width, height = _MASTER
    total = np.zeros((height, width), np.float32)
    for count, strength in bumps.items():
        grid = strength * (rng.random((max(2, count * height // width), count), np.float32) - 0.5)
        total += np.asarray(Image.fromarray(grid).resize(_MASTER, Image.Resampling.BICUBIC))
    return total[:, :, None]
