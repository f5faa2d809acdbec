"""Recorded answers: one JSON file for each scenario, which says where and when they were given."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.play import Answer
from tests.conformance.scenario import Scenario

FOLDER = Path(__file__).parent / "recordings"
AWS, EMULATOR = "AWS", "the emulator"


@dataclass(frozen=True)
class Recording:
    """What was answered; `source` is AWS or the emulator, `date` the day in ISO form."""

    source: str
    date: str
    answers: list[Answer]


def stored(scenario: Scenario) -> Recording | None:
    """Return the recording of a scenario, if there is one."""
    file = _file(scenario)
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return Recording(found["source"], found["date"], found["answers"])


def store(scenario: Scenario, answers: Sequence[Answer], source: str) -> None:
    """Keep answers as the recording of a scenario."""
    content = {
        "scenario": scenario.name,
        "rows": scenario.rows,
        "source": source,
        "date": f"{datetime.now(tz=UTC):%Y-%m-%d}",
        "answers": list(answers),
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    _file(scenario).write_text(f"{text}\n", encoding="utf-8")


def _file(scenario: Scenario) -> Path:
    return FOLDER / f"{scenario.name}.json"
