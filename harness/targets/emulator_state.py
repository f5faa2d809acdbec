"""What the emulator holds as a whole: saved into a file, loaded from one, dropped.

The files lie beside the emulator's work, and the emulator alone writes and loads them; what they
say of themselves is read here too, for they stay when it ends. Those of the emulator in a container
are in a volume of their own, where only their names can be seen while it does not run.
"""

import contextlib
import json
import re
import shutil
import urllib.error
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.files import check_folder
from harness.problems import Problem
from harness.targets import own_routes
from harness.targets.container import ComposeTarget
from harness.targets.embedded import EmbeddedTarget
from harness.targets.state_folder import states_path
from harness.targets.target import Target

_RESET = "/_localstack/state/reset"
_STATES = "/_tapstack/states"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# As the emulator's state/files.py writes them: this line, one of JSON, and what only it may read.
_FORMAT, _SUFFIX, _LONGEST_LINE = b"TAPSTACK STATE 1\n", ".state", 65_536
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


def keeps_files_here(target: Target) -> bool:
    """Whether its saved states are files of this machine, there whether it runs or not."""
    return isinstance(target, EmbeddedTarget)


def kept(target: Target) -> list[str]:
    """The names of the saved states that are there whether the target runs or not."""
    if isinstance(target, ComposeTarget):
        return target.saved_states()
    return [path.stem for path in _files(target)] if keeps_files_here(target) else []


def remove_all(target: Target) -> list[str]:
    """Remove all saved states of a target, and return the names that there were."""
    names = kept(target)
    if isinstance(target, ComposeTarget):
        target.remove_saved()
    elif keeps_files_here(target):
        shutil.rmtree(states_path(target.state_dir), ignore_errors=True)
    return names


def require_saved(target: Target, name: str) -> None:
    """Problem unless there is a state of that name; it need not be one that can be loaded."""
    _path(name)
    known = kept(target) if keeps_files_here(target) else [each.name for each in saved(target)]
    if name not in known:
        there = f"There are: {', '.join(known)}." if known else "There is none at all."
        raise Problem(f"There is no state {name}.", there)


def saved(target: Target) -> list[Saved]:
    """What there is, by name. Problem where only the emulator knows it, and gives no answer."""
    if keeps_files_here(target):
        check_folder(states_path(target.state_dir))
        return [found for path in _files(target) if (found := _read(path))]
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


def _files(target: Target) -> list[Path]:
    return sorted(states_path(target.state_dir).glob(f"[!.]*{_SUFFIX}"))


def _read(path: Path) -> Saved | None:
    """What a file says of itself, unchecked; None if it is no state of this version's format."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
        if file.readline(_LONGEST_LINE) == _FORMAT:
            about = json.loads(file.readline(_LONGEST_LINE))
            return _saved({"name": path.stem, "size": path.stat().st_size, "about": about})
    return None


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
