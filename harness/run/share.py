"""A share of a plan: what one process sends of it, and how it keeps step with the others.

By default that is all of it, and there are no others.
"""

from dataclasses import replace

from harness.evidence.ledger import Ledger
from harness.images.corpus import Picture, Plan


class Share:
    """Every `of`-th image of a plan from `number` on; `run` is the name of its run, if it has one.

    An image's index is its place in the share. Its path is that of the plan.
    """

    def __init__(self, number: int = 0, of: int = 1, run: str = "") -> None:
        self.number, self.of, self.run = number, of, run
        self._planned = 0

    def of_plan(self, count: int, seed: int) -> list[Picture]:
        """The pictures of the share, out of a plan of `count`."""
        self._planned = count
        mine = Plan(count, seed).every(self.of, self.number)
        return [replace(picture, index=place) for place, picture in enumerate(mine)]

    def least(self, images: int) -> int:
        """How many images the smallest share has, where this one has `images`."""
        return self._planned // self.of if self.of > 1 else images

    def whole(self, images: int) -> int:
        """How many images all shares have left, where this one has `images`, the last of it."""
        if self.of == 1:
            return images
        sent = len(range(self.number, self._planned, self.of)) - images
        return self._planned - sent * self.of

    def meet(self, point: str, value: float) -> float:
        """Wait until every share has come to this point; the largest of their values."""
        return value

    def watch(self, ledger: Ledger) -> None:
        """Follow what becomes of the share's images from now on."""
