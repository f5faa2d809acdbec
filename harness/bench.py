"""How fast the pipeline is, against the same imaging without any pipeline.

A target with a deployed stack comes in; 1280×960 JPEGs go through a bare loop on all cores and then
through the pipeline; rates, their ratio, CPU and memory go out. `tapstack bench` calls it.
"""

import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from typing import Any

import psutil

from harness.images.corpus import KINDS, of_kind
from harness.images.pictures import Pictures
from harness.settings import Settings
from harness.stack.deploy import Stack
from harness.targets.target import Target
from harness.waiting import wait_until

KIND = KINDS["messenger"]  # 1280 × 960
UPLOADS_AT_A_TIME = 8
WARM_UP_PER_CORE = 8
ROUNDS = 3
_LOOK_EVERY_S = 0.25
_PER_IMAGE_DEADLINE_S = 2.0  # a pipeline slower than this is broken

type Tell = Callable[[str], None]


@dataclass
class Usage:
    """CPU seconds and peak bytes of the emulator, the functions and this process."""

    cpu_s: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)


def run_bench(
    target: Target, settings: Settings, stack: Stack, images: int, *, tell: Tell
) -> Mapping[str, Any]:
    """Measure `images` pictures both ways; return rates per second, ratio, CPU and memory.

    Both get the same files, in turns; the best round of each counts, as whatever else the machine
    does makes a round slower and never faster. Functions are warm, and the emulator is idle while
    the bare loop runs. Raises Problem if the pipeline loses images.
    """
    cores = os.cpu_count() or 1
    warm_up = cores * WARM_UP_PER_CORE
    with tempfile.TemporaryDirectory(dir=_made(settings.state_dir)) as folder:
        tell(f"making {images} JPEGs of {KIND.width} × {KIND.height}")
        files = _write_pictures(Path(folder), settings.state_dir / "pictures", images + warm_up)
        tell("pipeline: warming up")
        _through_pipeline(target, stack, files[images:])
        bare, piped = [], []
        for number in range(1, ROUNDS + 1):
            bare.append(_bare_loop(settings.build_dir / "image_processor", files[:images], cores))
            with _measured(target) as usage:
                pipeline_s = _through_pipeline(target, stack, files[:images])
            piped.append((pipeline_s, usage))
            tell(
                f"round {number} of {ROUNDS}: bare loop {images / bare[-1][0]:.1f} images/s on "
                f"{cores} cores, pipeline {images / pipeline_s:.1f}"
            )
    bare_s, bare_cpu_s = min(bare)
    pipeline_s, usage = min(piped, key=itemgetter(0))
    return {
        "images": images,
        "cores": cores,
        "pipeline_images_per_s": round(images / pipeline_s, 2),
        "bare_images_per_s": round(images / bare_s, 2),
        "ratio": round(pipeline_s / bare_s, 2),
        "cpu_ms_per_image": {
            **{who: round(1000 * spent / images, 1) for who, spent in usage.cpu_s.items()},
            "bare": round(1000 * bare_cpu_s / images, 1),
        },
        "peak_mb": {who: round(peak / 1e6) for who, peak in usage.peak_bytes.items()},
    }


def _write_pictures(folder: Path, bases: Path, count: int) -> list[Path]:
    pictures, store = of_kind(KIND, count, seed=1), Pictures(bases)
    store.prepare(pictures)
    files = []
    for picture in pictures:
        file = folder / f"{picture.index:05}.jpg"
        file.write_bytes(store.render(picture))
        files.append(file)
    return files


def _bare_loop(package: Path, files: Sequence[Path], cores: int) -> tuple[float, float]:
    """Seconds, and CPU seconds, that the function's imaging takes with one process per core."""
    with ProcessPoolExecutor(
        cores, mp_context=get_context("spawn"), initializer=_import_imaging, initargs=(package,)
    ) as pool:
        list(pool.map(_process, files[: cores * WARM_UP_PER_CORE]))
        began = time.perf_counter()
        cpu_s = sum(pool.map(_process, files, chunksize=4))
        return time.perf_counter() - began, cpu_s


def _import_imaging(package: Path) -> None:
    """Let this process import what the function's package holds, Pillow included."""
    sys.path.insert(0, str(package))


def _process(file: Path) -> float:
    """CPU seconds for one image."""
    imaging = import_module("imaging")  # of the function's package
    began = time.process_time()
    imaging.process(file.read_bytes())
    return time.process_time() - began


def _through_pipeline(target: Target, stack: Stack, files: Sequence[Path]) -> float:
    """Seconds from the first upload until the last output is there."""
    s3, outputs = target.client("s3"), stack.outputs
    run = f"bench-{secrets.token_hex(4)}"

    def upload(file: Path) -> None:
        s3.put_object(
            Bucket=outputs["UploadBucketName"],
            Key=f"uploads/{run}/{file.name}",
            Body=file.read_bytes(),
            ContentType="image/jpeg",
        )

    def done() -> int:
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=outputs["ProcessedBucketName"], Prefix=f"processed/{run}/"
        )
        return sum(page["KeyCount"] for page in pages)

    began = time.perf_counter()
    with ThreadPoolExecutor(UPLOADS_AT_A_TIME) as pool:
        list(pool.map(upload, files))
        wait_until(
            done,
            until=partial(int.__le__, len(files)),
            deadline_s=30 + len(files) * _PER_IMAGE_DEADLINE_S,
            interval_s=_LOOK_EVERY_S,
            describe=f"{len(files)} outputs",
        )
    return time.perf_counter() - began


@contextmanager
def _measured(target: Target) -> Iterator[Usage]:
    """Fill a Usage with what is spent and occupied while the context lasts."""
    usage, stop = Usage(), threading.Event()
    pid = target.status().get("pid")
    if not pid:  # its processes cannot be seen from here: only how fast it is can be measured
        yield usage
        return
    emulator = psutil.Process(int(pid))
    before = _cpu_seconds(emulator)

    def sample() -> None:
        while not stop.wait(_LOOK_EVERY_S):
            for who, size in _memory(emulator).items():
                usage.peak_bytes[who] = max(usage.peak_bytes.get(who, 0), size)

    sampler = threading.Thread(target=sample, name="memory", daemon=True)
    sampler.start()
    try:
        yield usage
    finally:
        stop.set()
        sampler.join()
        after = _cpu_seconds(emulator)
        usage.cpu_s = {who: max(0.0, after[who] - before[who]) for who in after}


def _processes(emulator: psutil.Process) -> dict[str, list[psutil.Process]]:
    return {
        "emulator": [emulator],
        "functions": emulator.children(recursive=True),
        "harness": [psutil.Process()],
    }


def _cpu_seconds(emulator: psutil.Process) -> dict[str, float]:
    """What each has used so far; functions that ended since count with the emulator's children."""
    own = {
        who: sum(sum(_times(process)[:2]) for process in processes)
        for who, processes in _processes(emulator).items()
    }
    ended = emulator.cpu_times()
    own["functions"] += ended.children_user + ended.children_system
    return own


def _times(process: psutil.Process) -> tuple[float, float]:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return (0.0, 0.0)
    return (times.user, times.system)


def _memory(emulator: psutil.Process) -> dict[str, int]:
    def resident(process: psutil.Process) -> int:
        try:
            return int(process.memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    return {who: sum(map(resident, processes)) for who, processes in _processes(emulator).items()}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
