"""The images that are not as they should be, each with its pictures and its story."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.evidence.explain import all_of_key, story
from harness.evidence.observations import Run, Shown
from harness.page.columns import prefix_of
from harness.page.judged import Judged

_CARDS = 36
_NAMES = 500
_STORY_BYTES = 300_000


@dataclass(frozen=True)
class Pictures:
    """The small pictures of an image in base64; empty where there is none."""

    sent: str
    got: str
    wanted: str


@dataclass(frozen=True)
class Card:
    """One image: where it stands in the table, what became of it, why, and its story."""

    index: int
    key: str
    outcome: str
    why: str
    story: str
    shown: Pictures | None


@dataclass(frozen=True)
class Gallery:
    """`total` images are not as they should be: `cards`, then `names` as (outcome, key).

    `left_out` says what there was no room for.
    """

    total: int
    cards: list[Card]
    names: list[tuple[str, str]]
    left_out: str


def gallery(report: Mapping[str, Any], run: Run, images: Sequence[Judged]) -> Gallery:
    """The cards, those with pictures first: an image that was never sent explains the least."""
    open_ = ("unsent", "unfinished") if run.seen.ended_early else ()
    bad = [image for image in images if image.bad and image.outcome not in open_]
    bad.sort(key=lambda each: (each.entry.index not in run.shown, each.entry.uploaded is None))
    prefix = prefix_of(run.ledger.entries)
    room = _STORY_BYTES
    cards, left = [], 0
    scenario = f"{report['scenario']} on {report['target']}"
    for image in bad[:_CARDS]:
        text = "\n".join(story(run, all_of_key(run.ledger, image.entry), scenario))
        room -= len(text.encode("utf-8", "replace"))
        left += room < 0
        shown = run.shown.get(image.entry.index)
        cards.append(
            Card(
                image.place,
                image.entry.key.removeprefix(prefix),
                image.outcome,
                image.why,
                text if room >= 0 else "",
                _encoded(shown) if shown else None,
            )
        )
    others = bad[_CARDS:]
    names = [(each.outcome, each.entry.key.removeprefix(prefix)) for each in others[:_NAMES]]
    left_out = []
    if cut_off := sum(image.outcome in open_ for image in images):
        left_out.append(f"{cut_off} were not sent or not finished: the run ended early")
    if left:
        left_out.append(f"{left} stories had no room here: `explain` has them")
    if len(others) > _NAMES:
        left_out.append(f"{len(others) - _NAMES} more are in report.json")
    return Gallery(len(bad), cards, names, "; ".join(left_out))


def _encoded(shown: Shown) -> Pictures:
    texts = [base64.b64encode(data).decode() for data in (shown.sent, shown.got, shown.wanted)]
    return Pictures(*texts)
