"""The verdicts of a soak, on rounds in which all is flat or one thing piles up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.run.soak import Round, Soak
from harness.targets.usage import PARTS, Usage
from scenarios.soak import LEAST, METRICS_PER_IMAGE, PER_LOG_BYTE, judge
from tests.unit.runs import good_run

USE = Usage(memory=100_000_000, files=50, processes=3, threads=20, cpu_s=1.0, disk=10_000_000)
LEAKS: Mapping[str, int] = {
    "memory": 20_000_000,  # more than an execution environment, after all rounds
    "disk": 3_000_000,
    "files": 5,
    "processes": 3,
    "threads": 5,
}


def rounds(part: str = "", **more: int) -> list[Round]:
    """Eight rounds of 100 images; in each, `part` has so much more of something."""
    return [
        Round(
            images=100,
            seconds=10.0,
            latency_ms=300.0,
            cpu_ms=dict.fromkeys(PARTS, 20.0),
            usage={
                each: replace(
                    USE,
                    **{
                        what: getattr(USE, what) + number * step
                        for what, step in more.items()
                        if each == part
                    },
                )
                for each in PARTS
            },
            log_bytes=0,
        )
        for number in range(8)
    ]


def failed(found: list[Round], unseen: str = "") -> list[str]:
    """The ids of the checks that fail on these rounds."""
    checks = judge(Soak(good_run(), [], found, unseen))
    return [check.id for check in checks if check.passed is False]


def test_rounds_that_are_alike_pass() -> None:
    """GIVEN eight equal rounds THEN every check passes."""
    checks = judge(Soak(good_run(), [], rounds()))
    assert all(check.passed for check in checks)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("what", LEAKS)
def test_what_piles_up_is_named(part: str, what: str) -> None:
    """GIVEN one part that has more of one thing after every round THEN that check alone fails."""
    assert failed(rounds(part, **{what: LEAKS[what]})) == [f"flat-{part}-{what}"]


def test_a_leak_is_reported_in_bytes_per_image() -> None:
    """What is to be fixed can be compared with the size of what an image leaves."""
    found = judge(Soak(good_run(), [], rounds("emulator", memory=10_000_000)))
    [check] = [check for check in found if check.id == "flat-emulator-memory"]
    assert "+100000 bytes per image" in check.detail


def test_log_events_are_no_leak() -> None:
    """GIVEN an emulator that grows by what its log groups hold THEN that is accounted for."""
    kept = [
        replace(each, log_bytes=10_000_000 * number)
        for number, each in enumerate(rounds("emulator", memory=int(10_000_000 * PER_LOG_BYTE)))
    ]
    assert failed(kept) == []


def test_metrics_are_no_leak() -> None:
    """GIVEN a disk that grows by the rows of metrics THEN that is accounted for."""
    assert failed(rounds("emulator", disk=100 * METRICS_PER_IMAGE)) == []


@pytest.mark.parametrize(
    ("change", "id_"),
    [
        (lambda n, each: {"latency_ms": 300.0 + 200 * n}, "flat-latency"),
        (
            lambda n, each: {"cpu_ms": {**each.cpu_ms, "emulator": 20.0 + 5 * n}},
            "flat-emulator-cpu",
        ),
    ],
)
def test_what_creeps_is_named(change: Any, id_: str) -> None:
    """GIVEN rounds that take longer and longer THEN that check alone fails."""
    found = [replace(each, **change(number, each)) for number, each in enumerate(rounds())]
    assert failed(found) == [id_]


def test_one_bad_round_is_no_trend() -> None:
    """GIVEN one round during which the machine was busy THEN nothing fails."""
    found = rounds()
    found[4] = replace(found[4], latency_ms=9_000.0, cpu_ms=dict.fromkeys(PARTS, 90.0))
    assert failed(found) == []


def test_latency_on_a_busy_machine_proves_nothing() -> None:
    """GIVEN rounds that other work disturbed THEN slower ones are not held against the project."""
    found = [
        replace(each, others=0.5, latency_ms=300.0 + 500 * number)
        for number, each in enumerate(rounds())
    ]
    [check] = [c for c in judge(Soak(good_run(), [], found)) if c.id == "flat-latency"]
    assert check.passed is None


def test_too_few_rounds_prove_nothing() -> None:
    """GIVEN fewer rounds than a trend needs THEN nothing is checked."""
    checks = judge(Soak(good_run(), [], rounds()[: LEAST - 1]))
    assert {check.passed for check in checks} == {None}
    assert "no trend" in checks[0].detail


def test_what_cannot_be_seen_is_not_checked() -> None:
    """GIVEN a target whose processes cannot be seen THEN the reason is told."""
    checks = judge(Soak(good_run(), [], [], "its processes cannot be seen"))
    assert {check.passed for check in checks} == {None}
    assert checks[0].detail == "its processes cannot be seen"
