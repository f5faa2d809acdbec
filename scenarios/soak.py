"""The daily load over and over: what is right on the first day stays right, and nothing piles up.

Arrange: one stack. Drive: the same small day round by round for a set time, each round's objects
deleted after it. Expect: every image of every round is right; memory, disk, open files, processes
and threads of the emulator, the functions and the harness stay flat; latency does not creep.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

from harness.evidence.check import Check, Verdict
from harness.evidence.observations import Run
from harness.evidence.trend import growth
from harness.images.corpus import plan
from harness.run.scenario import Context
from harness.run.soak import Round, Soak, soak
from harness.targets.usage import PARTS
from scenarios import daily_load

TITLE = "the daily load over and over, and whether anything piles up"
GATE = 0
OPTIONS = ("images", "day", "for")

IMAGES = 200  # each round
DAY_S = 15.0
FOR_S = 600.0

WARM_UP = 0.25  # of the rounds: pools and caches fill, functions start
LEAST = 3  # rounds after that, or there is no trend


@dataclass(frozen=True)
class Limit:
    """How much something may grow: `floor` in all, as it varies anyway, and so much per image.

    Of the functions there may be one execution environment more, which takes so much.
    """

    floor: float
    per_image: float = 0.0
    environment: float = 0.0


LIMITS = {
    "memory": Limit(32e6, 1_000, environment=64e6),
    "disk": Limit(4e6, 100),
    "files": Limit(8),
    "processes": Limit(3),  # one execution environment
    "threads": Limit(8),
}
# What CloudWatch keeps is no leak: in memory the text of log events, which takes twice its size
# with all that belongs to an event, and on disk eight rows of metrics for each invocation.
PER_LOG_BYTE = 2.0
METRICS_PER_IMAGE = 1_500

CREEP = 0.5  # of what it was at first, that latency and CPU time per image may grow
CREEP_FLOOR_MS = {"latency": 500.0, "CPU": 5.0}
BUSY = 0.2  # of the processors, used by others: then times are theirs as much as ours


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send the rounds and judge them."""
    options = context.options
    pictures = plan(options.images or IMAGES, options.seed)
    day_s, for_s = options.day_s or DAY_S, options.for_s or FOR_S
    soaked = soak(context, pictures, day_s, for_s, daily_load.judge)
    context.facts["rounds"] = [asdict(each) for each in soaked.rounds]
    return soaked.run, [*soaked.checks, *judge(soaked)]


# --- What must hold for the rounds among each other -----------------------------------------------


def judge(soaked: Soak) -> list[Check]:
    """Nothing grows, of the rounds after those that warm up."""
    rounds = soaked.rounds[int(len(soaked.rounds) * WARM_UP) :]
    found = []
    for part in PARTS:
        for what in LIMITS:
            found.append(
                _check(f"{part}-{what}", f"{what} of the {part}", _flat(rounds, part, what))
            )
        cpu = _slows("CPU", rounds, [each.cpu_ms[part] for each in rounds])
        found.append(_check(f"{part}-cpu", f"CPU time of the {part}", cpu))
    latency = _slows("latency", rounds, [each.latency_ms for each in rounds])
    found.append(_check("latency", "latency", latency))
    if len(rounds) < LEAST:
        reason = soaked.unseen or f"{len(rounds)} rounds after the warm-up show no trend"
        return [replace(check, passed=None, detail=reason) for check in found]
    return found


def _check(id_: str, subject: str, verdict: Verdict) -> Check:
    return Check(f"flat-{id_}", f"No growth in {subject}", *verdict, "TapStack: nothing piles up")


def _flat(rounds: Sequence[Round], part: str, what: str) -> Verdict:
    """Whether a part has no more of something than it may have after so many images."""
    found = [_amount(each, part, what, n) for n, each in enumerate(rounds)]
    values = [value for value in found if value is not None]
    if len(values) < len(found) or not found:
        return None, "it cannot be seen on this target"
    images = sum(each.images for each in rounds[1:])
    grown, limit = growth(values), LIMITS[what]
    allowed = limit.floor + limit.per_image * images
    allowed += limit.environment if part == "functions" else 0.0
    detail = (
        f"{_in_words(what, grown, signed=True)} in {images} images, "
        f"from {_in_words(what, values[0])}; allowed {_in_words(what, allowed, signed=True)}"
    )
    if what in ("memory", "disk"):
        detail += f"; {grown / max(1, images):+.0f} bytes per image"
    return grown <= allowed, detail


def _amount(each: Round, part: str, what: str, number: int) -> float | None:
    """What a part has after a round, without what CloudWatch keeps."""
    use = each.usage[part]
    if what == "disk":
        kept = number * each.images * METRICS_PER_IMAGE if part == "emulator" else 0
        return None if use.disk is None else use.disk - kept
    value: float = getattr(use, what)
    if what == "memory" and part == "emulator":
        value -= PER_LOG_BYTE * each.log_bytes
    return value


def _slows(what: str, rounds: Sequence[Round], values: Sequence[float]) -> Verdict:
    """Whether the time for an image creeps, as far as the machine had nothing else to do.

    CPU time is no better a measure than latency then: who shares caches waits for memory.
    """
    quiet = [value for each, value in zip(rounds, values, strict=True) if each.others <= BUSY]
    if len(quiet) < LEAST:
        share = max((each.others for each in rounds), default=0.0)
        return None, f"other work used up to {share:.0%} of the machine's processors meanwhile"
    passed, detail = _creeps(what, quiet)
    return passed, f"{detail}; in {len(quiet)} of {len(rounds)} rounds, the others were disturbed"


def _creeps(what: str, values: Sequence[float]) -> Verdict:
    """Whether milliseconds per image stay what they were."""
    if not values:
        return None, "it was not measured"
    grown, first = growth(values), values[0]
    allowed = max(CREEP * median(values), CREEP_FLOOR_MS[what])
    return grown <= allowed, (
        f"{grown:+.1f} ms from {first:.1f} ms per image, allowed {allowed:+.1f} ms"
    )


def _in_words(what: str, amount: float, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    if what in ("memory", "disk"):
        return f"{amount / 1e6:{sign}.1f} MB"
    return f"{amount:{sign}.0f} {what}"
