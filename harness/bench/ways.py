"""The ways of an image that are compared: a bare loop, and the pipeline with nobody watching."""

import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from harness.images.corpus import Picture
from harness.images.pictures import Pictures
from harness.polling import wait_until
from harness.stack.deployed import Stack
from harness.targets.target import Target

CORES = os.cpu_count() or 1
WARM_UP = 8 * CORES  # images
_UPLOADS_AT_A_TIME = 8
_LOOK_EVERY_S = 0.25
_PER_IMAGE_DEADLINE_S = 2.0  # a pipeline slower than this is broken
_CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}


@dataclass(frozen=True)
class Upload:
    """A picture as a file, and what its upload says of it; `path` is the end of its key."""

    file: Path
    path: str
    content_type: str
    metadata: Mapping[str, str]


def write(folder: Path, pictures: Sequence[Picture], store: Pictures) -> list[Upload]:
    """Make the file of each picture, so that making it costs nothing later."""
    store.prepare(pictures)
    uploads = []
    for picture in pictures:
        file = folder / f"{picture.index:05}"
        file.write_bytes(store.render(picture))
        kind = _CONTENT_TYPES[picture.kind.form]
        uploads.append(Upload(file, picture.path, kind, picture.metadata))
    return uploads


def bare_loop(package: Path, uploads: Sequence[Upload]) -> tuple[float, float]:
    """Seconds, and CPU seconds, that the function's imaging takes with one process per core."""
    files = [upload.file for upload in uploads]
    with ProcessPoolExecutor(
        CORES, mp_context=get_context("spawn"), initializer=_import_imaging, initargs=(package,)
    ) as pool:
        list(pool.map(_process, files[:WARM_UP]))
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


def through_pipeline(target: Target, stack: Stack, uploads: Sequence[Upload]) -> float:
    """Seconds from the first upload until the last output is there.

    Raises DeadlineExceeded if the pipeline loses images.
    """
    s3, run = target.client("s3"), f"bench-{secrets.token_hex(4)}"

    def send(upload: Upload) -> None:
        s3.put_object(
            Bucket=stack.upload_bucket,
            Key=f"{stack.keys.uploads}{run}/{upload.path}",
            Body=upload.file.read_bytes(),
            ContentType=upload.content_type,
            Metadata=dict(upload.metadata),
        )

    def done() -> int:
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=stack.processed_bucket, Prefix=f"{stack.keys.outputs}{run}/"
        )
        return sum(page["KeyCount"] for page in pages)

    began = time.perf_counter()
    with ThreadPoolExecutor(_UPLOADS_AT_A_TIME) as pool:
        list(pool.map(send, uploads))
        wait_until(
            done,
            until=partial(int.__le__, len(uploads)),
            deadline_s=30 + len(uploads) * _PER_IMAGE_DEADLINE_S,
            interval_s=_LOOK_EVERY_S,
            describe=f"{len(uploads)} outputs",
        )
    return time.perf_counter() - began
