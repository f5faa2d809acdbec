"""Fault injection, and time that passes faster, for as long as a `with` block lasts.

emulator/README.md, "Faults on purpose", says what a rule can have in it.
"""

import json
import math
import urllib.error
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.evidence.ledger import RUN_FOLDER
from harness.problems import Problem
from harness.stack.abandoned import faults_off, time_setting
from harness.targets import chaos
from harness.targets.target import Target
from harness.targets.undo_log import note

type Rule = dict[str, Any]


def can_disturb(target: Target) -> bool:
    """Whether faults can be had on this target; "faults" in its `shows` says the same."""
    return chaos.takes_faults(target.endpoint)


class Disturbance:
    """What goes wrong at the moment."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def journal(self) -> list[dict[str, Any]]:
        """What has struck since the beginning: "at" (seconds since 1970), "kind", "rule", whom."""
        lines: list[dict[str, Any]] = _ask(self._target, "GET", "/journal")
        return lines

    def off(self) -> None:
        """Have nothing go wrong any more; what struck stays in the journal.

        An emulator that is gone has taken its faults with it.
        """
        for kind in chaos.KINDS:
            try:
                _ask(self._target, "DELETE", kind)
            except _Gone:
                return


@contextmanager
def disturbed(
    target: Target,
    *,
    faults: Sequence[Rule] = (),
    latency_ms: float = 0,
    events: Sequence[Rule] = (),
    invocations: Sequence[Rule] = (),
    seed: int = 1,
) -> Iterator[Disturbance]:
    """Have things go wrong until the block ends: the same ones whenever the seed is the same.

    `latency_ms` is for every call from outside the emulator, and a fault without "caller" is so
    too: those of the harness are among them. Raises Problem for a rule that is none, and where
    nothing can be disturbed.
    """
    disturbance = Disturbance(target)
    _ask(target, "DELETE", "/journal")
    undone = note(target, faults_off())
    try:
        _ask(target, "POST", "/seed", {"seed": seed, "disregard": RUN_FOLDER})
        _ask(target, "POST", "/events", list(events))
        _ask(target, "POST", "/invocations", list(invocations))
        _ask(target, "POST", "/effects", {"latency": latency_ms})
        _ask(target, "POST", "/faults", list(faults))
        yield disturbance
    finally:
        disturbance.off()
        undone()


@contextmanager
def compressed(target: Target, *, lambda_retry_s: float) -> Iterator[None]:
    """Have Lambda retry sooner: so many seconds after an error, twice that after the second.

    AWS waits one and two minutes. Retries that are due already stay due when they are.
    """
    with _time(target, "lambdaRetryDelay", lambda_retry_s):
        yield


@contextmanager
def alarms_ahead(target: Target, seconds: float) -> Iterator[None]:
    """Have so much time pass, for alarms, since whatever was measured until now.

    They are evaluated at once. What is measured within the block counts as new, so enter it when
    the metrics show what is to be judged. After 60 s alarms judge what was measured just now; after
    `Period * (EvaluationPeriods + 2) + 120` they have left it behind even where no data followed.
    Time that has passed stays passed afterwards: no alarm sees the same breach twice. States that
    change within the block carry the later time.
    """
    with _time(target, "alarmsAhead", math.ceil(seconds)):
        yield


@contextmanager
def _time(target: Target, name: str, seconds: float) -> Iterator[None]:
    """Change one of the settings of time, and back to what it was."""
    before = _ask(target, "GET", "/time")
    undone = note(target, time_setting(name, before[name]))
    try:
        _ask(target, "POST", "/time", {**before, name: seconds})
        yield
    finally:
        try:
            now = _ask(target, "GET", "/time")
            _ask(target, "POST", "/time", {**now, name: before[name]})
        except _Gone:
            pass
        undone()


class _Gone(Problem):
    """Nothing answers."""


def _ask(target: Target, method: str, path: str, document: object = None) -> Any:
    """Call the target's emulator. Raises Problem if it refuses, _Gone if nothing answers."""
    endpoint = target.endpoint
    if endpoint is None:
        raise Problem(
            f"On the target {target.name} nothing can be made to fail.", "Use an emulator for it."
        )
    try:
        return chaos.ask(endpoint, method, path, document)
    except urllib.error.HTTPError as refusal:
        raise _refused(endpoint, path, refusal) from None
    except (OSError, ValueError) as error:
        raise _Gone(
            f"Nothing answers at {endpoint}{chaos.PATH}{path}: {error}.",
            "`tapstack status` shows whether the emulator runs.",
        ) from None


def _refused(endpoint: str, path: str, refusal: urllib.error.HTTPError) -> Problem:
    if refusal.code != 400:
        return Problem(
            f"{endpoint} answers {refusal.code} to {chaos.PATH}{path}: it knows no faults.",
            "Use this project's emulator, of this version.",
        )
    try:
        why = json.load(refusal)["error"]
    except (OSError, ValueError, KeyError, TypeError):
        why = "it does not say why"
    return Problem(
        f"The emulator does not take this as {path[1:]}: {why}",
        'emulator/README.md, "Faults on purpose", says what a rule can have in it.',
    )
