"""The benchmark: two corpora, each through every way in turns, and what that costs."""

import io
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.alive import OnProgress
from harness.bench.usage import Usage, measured
from harness.bench.ways import CORES, WARM_UP, Upload, bare_loop, through_pipeline, write
from harness.files import trusted_folder
from harness.images.corpus import KINDS, of_kind, plan
from harness.images.pictures import Pictures
from harness.polling import stretched
from harness.problems import Problem
from harness.run.scenario import RunOptions, run_scenario
from harness.settings import Settings
from harness.stack.deployed import Stack
from harness.targets.target import Target

KIND = KINDS["messenger"]  # 1280 × 960
SEED = 1
ROUNDS = 3
# Everything is due at once: uploads follow one another as fast as they are answered.
_DAY_S = 1.0
_SETTLE_S = 3.0  # in which log and metrics are written, one batch a second


@dataclass(frozen=True)
class _Round:
    """How long one round of one way took, and what was used meanwhile."""

    seconds: float
    usage: Usage


def run_bench(
    target: Target,
    settings: Settings,
    stack: Stack,
    images: int,
    other: tuple[Target, Stack] | None = None,
    *,
    on_progress: OnProgress,
) -> Mapping[str, Any]:
    """Measure `images` pictures of one kind, and as many of the day's mix, each way.

    The ways are `bare` (imaging alone, on all cores), `pipeline` (files made before, nothing
    judged), `beside` (the same through the `other` target, if there is one), and for the day `run`:
    the scenario daily-load from making its pictures to its verdict.
    All get the same files, in turns; the best round of each counts, as whatever else the machine
    does makes a round slower and never faster. Functions are warm, and the emulator is idle while
    the bare loop runs. Raises Problem if images are lost, or if the run does not pass.
    """
    store = Pictures(settings.pictures)
    with tempfile.TemporaryDirectory(dir=trusted_folder(settings.state_dir)) as name:
        folder = Path(name)
        one_kind, mix, first = folder / "one-kind", folder / "mix", folder / "warm-up"
        for each in (one_kind, mix, first):
            each.mkdir()
        on_progress(
            f"making {images} JPEGs of {KIND.width} × {KIND.height}, and {images} of the day's"
        )
        files = write(one_kind, of_kind(KIND, images, SEED), store)
        day = write(mix, plan(images, SEED), store)
        on_progress("pipeline: warming up")
        warm_up = write(first, of_kind(KIND, WARM_UP, SEED + 1), store)
        pipelines = {"pipeline": (target, stack)} | ({"beside": other} if other else {})
        for where, what in pipelines.values():
            through_pipeline(where, what, warm_up)

        def measuring(uploads: Sequence[Upload]) -> dict[str, Callable[[], _Round]]:
            return {
                name: _measuring(where, partial(through_pipeline, where, what, uploads))
                for name, (where, what) in pipelines.items()
            }

        def verified() -> float:
            return _verified_run(target, replace(settings, reports_dir=folder), stack, images)

        verified_day = measuring(day) | {"run": _measuring(target, verified)}
        return {
            "cores": CORES,
            KIND.name: _compare(settings, files, measuring(files), on_progress),
            "day": _compare(settings, day, verified_day, on_progress),
        }


def _measuring(target: Target, way: Callable[[], float]) -> Callable[[], _Round]:
    def measure() -> _Round:
        with measured(target) as usage:
            seconds = way()
        return _Round(seconds, usage)

    return measure


def _compare(
    settings: Settings,
    files: Sequence[Upload],
    ways: Mapping[str, Callable[[], _Round]],
    on_progress: OnProgress,
) -> dict[str, Any]:
    """The best of some rounds of the bare loop and of `ways`, in images a second and the rest."""
    images, bare = len(files), []
    rounds: dict[str, list[_Round]] = {name: [] for name in ways}
    for number in range(1, ROUNDS + 1):
        bare.append(bare_loop(settings.build_dir / "image_processor", files))
        for name, way in ways.items():
            rounds[name].append(way())
        rates = [f"{name} {images / done[-1].seconds:.1f}" for name, done in rounds.items()]
        on_progress(
            f"round {number} of {ROUNDS}: bare loop {images / bare[-1][0]:.1f} images/s on "
            f"{CORES} cores, {', '.join(rates)}"
        )
    bare_s, bare_cpu_s = min(bare)
    best = {name: min(done, key=lambda each: each.seconds) for name, done in rounds.items()}
    return {
        "images": images,
        "images_per_s": {
            "bare": round(images / bare_s, 2),
            **{name: round(images / each.seconds, 2) for name, each in best.items()},
        },
        "ratio": {name: round(each.seconds / bare_s, 2) for name, each in best.items()},
        "cpu_ms_per_image": {
            "bare": {"functions": round(1000 * bare_cpu_s / images, 1)},
            **{
                name: {
                    who: round(1000 * spent / images, 1) for who, spent in each.usage.cpu_s.items()
                }
                for name, each in best.items()
            },
        },
        "peak_mb": {
            name: {who: round(peak / 1e6) for who, peak in each.usage.peak_bytes.items()}
            for name, each in best.items()
        },
    }


def _verified_run(target: Target, settings: Settings, stack: Stack, images: int) -> float:
    """Seconds of a whole daily-load; Problem if it does not pass."""
    shown = Console(file=io.StringIO(), width=100)
    # The round before ends with its last output, and what is logged and counted of that comes a
    # moment later: it must not count as the run's.
    time.sleep(stretched(_SETTLE_S))
    began = time.perf_counter()
    options = RunOptions(images=images, day_s=_DAY_S, seed=SEED)
    result = run_scenario("daily-load", target, settings, stack, options, shown, not_proven=False)
    seconds = time.perf_counter() - began
    if not result.passed:
        failed = [check["id"] for check in result.report["checks"] if check["passed"] is False]
        raise Problem(
            f"The verified run did not pass: {', '.join(failed) or result.report['ended_early']}.",
            "`tapstack run daily-load` shows why; what is wrong is not worth measuring.",
        )
    return seconds
