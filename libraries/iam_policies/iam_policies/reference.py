"""Which actions there are, which resources they work on, and which condition keys they know."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Action:
    """What is known of an action: patterns of ARNs, required ones first, and condition keys."""

    name: str  # with its service: s3:GetObject
    arns: tuple[str, ...]
    keys: frozenset[str]  # in lower case; those of tags end with "/"


@cache
def action(name: str) -> Action | None:
    """Return an action such as s3:GetObject; None if AWS has none of that name."""
    service, _, short = name.partition(":")
    known = _services().get(service)
    if known is None or short not in known["actions"]:
        return None
    entry = known["actions"][short]
    arns = tuple(known["resources"][one] for one in entry.get("resources", ()))
    keys = frozenset(_key(one) for one in entry.get("keys", ()))
    return Action(name, arns, keys)


def names(service: str) -> tuple[str, ...]:
    """Return the actions of a service, without its prefix."""
    return tuple(_services()[service]["actions"])


def covers(service: str) -> bool:
    """Say whether anything is known of a service, by its prefix in action names."""
    return service in _services()


def _key(written: str) -> str:
    """s3:RequestObjectTag/<key> → s3:requestobjecttag/"""
    name, slash, _ = written.lower().partition("/")
    return name + slash


@cache
def _services() -> dict[str, Any]:
    content = json.loads((files(__package__) / "reference.json").read_text())
    services: dict[str, Any] = content["services"]
    return services
