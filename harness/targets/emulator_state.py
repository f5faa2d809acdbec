"""What the emulator holds as a whole: saved into a file, loaded from one, dropped.

The files lie beside the emulator's work, and the emulator alone reads and writes them. They are for
the embedded emulator: in a container they would go with it.
"""

import json
import re
import urllib.error
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.problems import Problem
from harness.targets import own_routes
from harness.targets.target import Target

_RESET = "/_localstack/state/reset"
_STATES = "/_tapstack/states"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WITHIN_S = 600.0


@dataclass(frozen=True)
class Saved:
    """A saved state: its size in bytes, when it was saved, and the stacks and objects in it."""

    name: str
    size: int
    at: datetime
    stacks: tuple[str, ...]
    objects: int


def save(target: Target, name: str) -> Saved:
    """Save everything; Problem if the emulator is busy or the name is none: nothing is changed."""
    return _saved(_ask(target, _path(name), "POST"))


def load(target: Target, name: str) -> Saved:
    """Have the emulator hold what was saved, and nothing else. Problem if that cannot be."""
    return _saved(_ask(target, f"{_path(name)}/load", "POST"))


def saved(target: Target) -> list[Saved]:
    """What there is, by name."""
    return [_saved(each) for each in _ask(target, _STATES, "GET")["states"]]


def reset(target: Target) -> None:
    """Have the emulator hold nothing. Problem, with everything there, if it is busy or another."""
    _ask(target, _RESET, "POST")


def _path(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Problem(
            f"{name!r} is no name for a state.",
            "Use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter "
            "or digit.",
        )
    return f"{_STATES}/{name}"


def _saved(document: dict[str, Any]) -> Saved:
    about = document["about"]
    at = datetime.fromisoformat(about["saved"])
    stacks = tuple(about["stacks"])
    return Saved(document["name"], document["size"], at, stacks, about["objects"])


def _ask(target: Target, path: str, method: str) -> Any:
    if target.endpoint is None:
        raise Problem("The target is AWS, whose state is not ours.", "Name another target.")
    try:
        return own_routes.ask(target.endpoint, path, method, within_s=_WITHIN_S)
    except urllib.error.HTTPError as refused:
        with refused:
            raise Problem(*_reason(refused.read())) from None
    except (OSError, ValueError) as error:
        raise Problem(
            f"The emulator at {target.endpoint} gives no answer: {error}.",
            "`tapstack logs --emulator` shows what it says.",
        ) from None


def _reason(body: bytes) -> tuple[str, str]:
    """The emulator's sentence, and what to do; another emulator says something else, or nothing."""
    try:
        document = json.loads(body)
        return str(document["error"]), str(document["remedy"])
    except (ValueError, KeyError, TypeError):
        return (
            "What runs there is another emulator, or an older one, that does not do this.",
            "`tapstack up --target embedded` starts one that does.",
        )
