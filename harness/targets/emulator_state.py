"""What the emulator holds as a whole: dropped without a restart."""

import json
import urllib.error
from typing import Any

from harness.problems import Problem
from harness.targets import own_routes
from harness.targets.target import Target

_RESET = "/_localstack/state/reset"
_WITHIN_S = 120.0


def reset(target: Target) -> None:
    """Have the emulator hold nothing. Problem, with everything there, if it is busy or another."""
    _ask(target, _RESET, "POST")


def _ask(target: Target, path: str, method: str) -> Any:
    if target.endpoint is None:
        raise Problem("The target is AWS, whose state is not ours.", "Name another target.")
    try:
        return own_routes.ask(target.endpoint, path, method, within_s=_WITHIN_S)
    except urllib.error.HTTPError as refused:
        with refused:
            raise Problem(_reason(refused.read()), "Nothing was changed.") from None
    except (OSError, ValueError) as error:
        raise Problem(
            f"The emulator at {target.endpoint} gives no answer: {error}.",
            "`tapstack logs --emulator` shows what it says.",
        ) from None


def _reason(body: bytes) -> str:
    """The emulator's sentence; another emulator says something else, or nothing."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "What runs there is another emulator, or an older one, that does not do this."
