"""Broken day: a day during which the emulator is killed.

A second emulator of the same kind is started beside the one that the person works with, and
`tapstack run daily-load` runs on it as a person runs it. A BrokenDay is what the command printed
and left.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from harness.faults.emulator_restart import kill, revive
from harness.polling import DeadlineExceeded, wait_until
from harness.problems import Problem
from harness.run.scenario import Context
from harness.settings import Settings
from harness.targets import ports
from harness.targets.choosing import TARGETS

END_WITHIN_S = 90.0  # of the kill: silence, uploads under way and the report take their time
_BEGIN_WITHIN_S = 300.0  # deployment, and half of the day
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class BrokenDay:
    """A day whose emulator was killed: what the command said and left.

    `exit_code` is None if it had to be ended, as it did not end in time; `ended_after_s` counts
    from the kill. `proven` is how many images it had reported as processed before. `report` and
    `entries` are those it wrote; empty without a report.
    """

    planned: int
    killed_at: float
    proven: int
    exit_code: int | None
    ended_after_s: float
    said: str
    report: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]


@contextmanager
def second_emulator(context: Context) -> Iterator[Context]:
    """The same context with an emulator of its own, of the same kind; it is gone at the end.

    It has its own state folder, port and, in Docker, project, so that nothing of it is shared.
    """
    folder = context.settings.state_dir / "restart"
    shutil.rmtree(folder, ignore_errors=True)
    settings = replace(
        context.settings,
        target=context.target.name,
        state_dir=folder,
        reports_dir=context.settings.reports_dir / "broken-days",
        port=ports.choose_port(0),
    )
    target = TARGETS[settings.target](settings)
    try:
        target.start(background=False)
        yield replace(context, target=target, settings=settings, facts={})
    finally:
        target.stop()
        shutil.rmtree(folder, ignore_errors=True)


def broken_day(context: Context, images: int, day_s: float, *, comes_back: bool) -> BrokenDay:
    """Run a day on the context's emulator and kill that when half of the images came out.

    With `comes_back` it is started again at once, empty. Either way it is there when this returns.
    Raises Problem where the day did not get so far.
    """
    target, settings, begun = context.target, context.settings, time.time()
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "harness", "run", "daily-load"),
            *("--images", str(images), "--day", f"{day_s:g}s", "--seed", str(context.options.seed)),
        ],
        cwd=settings.root,
        env={**os.environ, **_environment(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    listener = threading.Thread(target=_listen, args=(process, said), daemon=True)
    listener.start()
    try:
        wait_until(
            lambda: process.poll() is not None or _came_out(context) >= images // 2,
            deadline_s=_BEGIN_WITHIN_S,
            interval_s=_LOOK_EVERY_S,
            describe="half of the images",
        )
        if process.poll() is not None:
            raise Problem(
                "The day ended before its emulator could be killed.",
                "Its last lines may say why; a longer --day helps if the machine is fast.",
                details="".join(f"  | {line}" for line in said[-10:]),
            )
        proven = _processed(said)
        kill(target)
        killed_at = time.time()
        if comes_back:
            revive(target)
        exit_code = end_of(process)
        ended_after_s = time.time() - killed_at
    finally:
        process.kill()
        process.wait()
    listener.join(5)
    if not target.running():
        revive(target)
    report, entries = _written(settings.reports_dir, begun)
    return BrokenDay(
        *(images, killed_at, proven, exit_code, ended_after_s, "".join(said), report, entries)
    )


def end_of(process: "subprocess.Popen[str]", within_s: float = END_WITHIN_S) -> int | None:
    """The exit code of a run that ends by itself in time, None of one that does not.

    `within_s` is meant for a quiet machine, as are the run's own deadlines: beside load a run waits
    longer until it takes its emulator for gone.
    """
    with suppress(DeadlineExceeded):
        wait_until(
            lambda: process.poll() is not None,
            deadline_s=within_s,
            interval_s=_LOOK_EVERY_S,
            describe="the run to end",
        )
    return process.poll()


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as the variables that a person would set."""
    return {
        "TARGET": settings.target,
        "TAPSTACK_STATE": str(settings.state_dir),
        "TAPSTACK_REPORTS": str(settings.reports_dir),
        "TAPSTACK_PORT": str(settings.port),
        "TAPSTACK_REGION": settings.region,
        "TAPSTACK_TEMPLATE": str(settings.template),
        "ENVIRONMENT": settings.suffix,
        "NOTIFICATION_EMAIL": settings.email,
        "TAPSTACK_IMAGE": settings.image,
        "BASE_IMAGE": settings.base_image,
        "TAPSTACK_NODE": settings.node_versions,
    }


def _listen(process: "subprocess.Popen[str]", said: list[str]) -> None:
    assert process.stdout
    said += process.stdout


def _came_out(context: Context) -> int:
    """How many objects the processed bucket holds; none while there is no such bucket."""
    pages = context.target.client("s3").get_paginator("list_objects_v2")
    try:
        found = pages.paginate(Bucket=context.stack.processed_bucket)
        return sum(page["KeyCount"] for page in found)
    except ClientError:
        return 0


def _processed(said: Sequence[str]) -> int:
    """How many images were processed by the last line of progress."""
    counts = re.findall(r" (\d+) processed \(", "".join(said))
    return int(counts[-1]) if counts else 0


def _written(reports: Path, since: float) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """The report that was written since then, and the images of its ledger; empty without one."""
    folder = reports / "latest"
    if not folder.exists() or folder.stat().st_mtime < since:
        return {}, []
    report: Mapping[str, Any] = json.loads((folder / "report.json").read_text())
    lines = map(json.loads, (folder / "ledger.jsonl").read_text().splitlines())
    return report, [line for line in lines if "stray" not in line]
