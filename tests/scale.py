"""Memory and processor time of a verified run over the number of its images, as data and as a plot.

`python -m tests.scale 20000` sends so many thumbnails, with everything on and judged, to the
emulator of this checkout, and writes docs/scale.csv as it goes: a run that is stopped leaves what
it saw. `--nice 10` leaves the processor to others; `--into FILE` writes another file.
`python -m tests.scale plot` draws docs/scale.svg from docs/scale.csv. Thumbnails, so that what
grows with the number of images is not lost beside what grows with their size.
"""

import argparse
import csv
import os
import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from harness.alive import still
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Parts
from harness.images.corpus import KINDS, Picture, of_kind
from harness.run.parts import PartsMonitor
from harness.run.scenario import RunOptions, run_scenario
from harness.run.share import Share
from harness.settings import ROOT, read_settings
from harness.stack.deploy import bring_up
from harness.targets.choosing import target_to_start
from tests.scale_plot import PARTS, Sample, drawn

CSV = ROOT / "docs" / "scale.csv"
SVG = ROOT / "docs" / "scale.svg"
_ROWS = 300  # of the file, whatever the number of images
_EVERY_S = 15.0  # the file is written


class Thumbnails(Share):
    """A plan of thumbnails alone, and what becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger([])

    def of_plan(self, count: int, seed: int) -> list[Picture]:
        """So many thumbnails."""
        return of_kind(KINDS["thumbnail"], count, seed)

    def watch(self, ledger: Ledger) -> None:
        """Keep it, to count images later."""
        self.ledger = ledger


def measure(images: int, file: Path, nice: int) -> None:
    """Run so many thumbnails and write what was seen. SystemExit if the run does not pass."""
    settings = read_settings()
    target = target_to_start(settings, print)
    stack = bring_up(target, settings, on_progress=print)
    share, options = Thumbnails(), RunOptions(images=images, day_s=1.0, seed=int(time.time()))
    with PartsMonitor(target) as monitor:

        def write_seen() -> None:
            assert monitor.seen is not None, "the processes of this target cannot be seen"
            write(samples(monitor.seen, share.ledger), file)

        write_seen()
        if nice:
            give_way(nice, [os.getpid(), int(str(target.status()["pid"]))])
        print("load:", *os.getloadavg())
        try:
            with still("running", lambda _: write_seen(), _EVERY_S):
                result = run_scenario("daily-load", target, settings, stack, options, share=share)
        finally:
            write_seen()
        print("load:", *os.getloadavg())
    if not result.passed:
        raise SystemExit(f"The run did not pass: {result.folder}")


def give_way(nice: int, pids: Sequence[int]) -> None:
    """Lower the priority of processes and of those below them, also among sessions."""
    for pid in pids:
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                each.nice(nice)
        with suppress(OSError):  # where the kernel does not group processes by session
            Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def samples(seen: Parts, ledger: Ledger) -> list[Sample]:
    """What was seen, each with the images that were notified by then."""
    notified = sorted(entry.notices[0].at for entry in ledger.entries if entry.notices)
    return [
        Sample(
            at - seen.at[0],
            bisect_right(notified, at),
            {part: seen.mb[part][place] for part in PARTS},
            {part: seen.cpu_s[part][place] for part in PARTS},
        )
        for place, at in enumerate(seen.at)
    ]


def write(found: Sequence[Sample], file: Path) -> None:
    """Write samples as CSV: seconds, images, and of each part the MB and the CPU seconds so far."""
    step = len(found) // _ROWS + 1
    names = [*(f"{part} MB" for part in PARTS), *(f"{part} CPU s" for part in PARTS)]
    new = file.with_name(f"{file.name}.new")
    with open(new, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["seconds", "images", *names])
        for each in [*found[:-1:step], found[-1]]:
            held = (f"{each.memory_mb[part]:.1f}" for part in PARTS)
            used = (f"{each.cpu_s[part]:.2f}" for part in PARTS)
            rows.writerow([f"{each.at:.1f}", each.images, *held, *used])
    new.replace(file)


def read(file: Path) -> list[Sample]:
    """The samples that were written there."""
    with open(file, encoding="utf-8", newline="") as lines:
        return [
            Sample(
                float(row["seconds"]),
                int(row["images"]),
                {part: float(row[f"{part} MB"]) for part in PARTS},
                {part: float(row[f"{part} CPU s"]) for part in PARTS},
            )
            for row in csv.DictReader(lines)
        ]


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale")
    parser.add_argument("images", help="how many, or 'plot'")
    parser.add_argument("--nice", type=int, default=0, help="lower the priority by so much")
    parser.add_argument("--into", type=Path, default=CSV, metavar="FILE")
    asked = parser.parse_args()
    if asked.images == "plot":
        SVG.write_text(drawn(read(asked.into)), encoding="utf-8")
    else:
        measure(int(asked.images), asked.into, asked.nice)


if __name__ == "__main__":
    main()
