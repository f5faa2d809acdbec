"""Prices of AWS as data, with the day on which they were quoted; see prices.yml."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from harness.problems import Problem

_FILE = Path(__file__).with_name("prices.yml")


@dataclass(frozen=True)
class Prices:
    """The prices of a Region in USD for one unit, and what of each is free each month."""

    region: str
    quoted: date
    usd: Mapping[str, float]
    free: Mapping[str, float]
    sources: tuple[str, ...]


def prices_of(region: str) -> Prices:
    """The prices of a Region. Problem for one whose prices are not known here."""
    document = _document()
    found = document["regions"].get(region)
    if not found:
        raise Problem(
            f"The prices of {region} are not known here.",
            f"Choose --region {' or '.join(document['regions'])}.",
        )
    return Prices(
        region,
        found["quoted"],
        {name: price["usd"] / price["per"] for name, price in found["prices"].items()},
        document["free"],
        tuple(document["sources"].values()),
    )


@cache
def _document() -> dict[str, Any]:
    return dict(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
