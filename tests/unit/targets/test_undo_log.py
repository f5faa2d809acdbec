"""What a process has to undo is written down where no other command takes it for a dead one's."""

import threading
from pathlib import Path
from typing import Any, cast

from harness.targets.target import Target
from harness.targets.undo_log import Undo, in_use, note, take_abandoned


class _Here:
    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir

    def status(self) -> dict[str, Any]:
        return {"endpoint": "http://127.0.0.1:4566", "pid": 1}


def test_what_is_noted_while_another_command_looks_for_the_dead_stays(tmp_path: Path) -> None:
    """GIVEN one that takes what dead processes left THEN it takes nothing of one that lives."""
    target, over = cast(Target, _Here(tmp_path)), threading.Event()
    taken: list[list[Undo]] = []

    def take() -> None:
        while not over.is_set():
            taken.extend(take_abandoned(target))

    thread = threading.Thread(target=take)
    thread.start()
    try:
        for number in range(1000):
            undone = note(target, Undo("queue", str(number)))
            assert [step.what for step in in_use(tmp_path)] == [str(number)]
            undone()
    finally:
        over.set()
        thread.join()
    assert taken == []
