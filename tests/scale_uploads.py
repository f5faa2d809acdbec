"""Cost of an upload over the number of uploads: `python -m tests.scale_uploads 100000`.

Sends thumbnails, with metadata as a run has it, into one versioned and encrypted bucket of an
emulator of its own, and prints for each stretch the processor time of the emulator for an upload
and its memory by then. No function takes them: what is looked for is what grows with the objects.
The requests are signed and sent without a client of boto3, which takes twice what the emulator
takes for its answer.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import psutil
import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.images.corpus import KINDS, Picture, of_kind
from harness.images.pictures import Pictures
from harness.settings import ROOT
from harness.targets.emulator import EmulatorConfig, RunningEmulator, start
from tests.emulator.conftest import REGION, Emulator

_BUCKET = "many-thumbnails"
_THREADS = 4
_FILES = 100  # that are different
_STRETCHES = 20


@dataclass(frozen=True)
class Stretch:
    """So many uploads by its end: CPU of the emulator for one, ms, its memory, MB, and the time."""

    uploads: int
    cpu_ms: float
    memory_mb: float
    seconds: float


def measure(count: int) -> Iterator[Stretch]:
    """Upload so many thumbnails, in equal stretches, and yield what each took."""
    with TemporaryDirectory() as folder:
        state = Path(folder)
        config = EmulatorConfig(state_dir=state, port=0, installation=ROOT / ".tapstack")
        with start(config, background=False) as running:
            s3 = Emulator(running).client("s3")
            _create_bucket(s3)
            thumbnails = of_kind(KINDS["thumbnail"], count, seed=1)
            files = _files(Pictures(state / "pictures"), thumbnails[:_FILES])
            yield from _stretches(running, files, thumbnails)


def _create_bucket(s3: Any) -> None:
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(
        Bucket=_BUCKET, ServerSideEncryptionConfiguration={"Rules": [by_default]}
    )


def _files(pictures: Pictures, some: Sequence[Picture]) -> list[bytes]:
    pictures.prepare(some)
    return [pictures.render(each) for each in some]


def _stretches(
    running: RunningEmulator, files: Sequence[bytes], thumbnails: Sequence[Picture]
) -> Iterator[Stretch]:
    process = psutil.Process(running.pid)
    connections = urllib3.PoolManager(maxsize=_THREADS)
    signer = S3SigV4Auth(Credentials("test", "test"), "s3", REGION)

    def upload(picture: Picture) -> None:
        url = f"{running.endpoint}/{_BUCKET}/uploads/{quote(picture.path)}"
        headers = {f"x-amz-meta-{name}": value for name, value in picture.metadata.items()}
        body = files[picture.index % len(files)]
        request = AWSRequest("PUT", url, {**headers, "Content-Type": "image/jpeg"}, body)
        signer.add_auth(request)
        sent = dict(request.headers.items())
        answer = connections.request("PUT", url, body=body, headers=sent, retries=False)
        assert answer.status == 200, answer.data

    began, size = time.monotonic(), max(1, len(thumbnails) // _STRETCHES)
    with ThreadPoolExecutor(_THREADS) as pool:
        for first in range(0, len(thumbnails), size):
            part = thumbnails[first : first + size]
            before = sum(process.cpu_times()[:2])
            list(pool.map(upload, part))
            spent_ms = 1000 * (sum(process.cpu_times()[:2]) - before)
            memory = process.memory_info().rss / 1e6
            seconds = time.monotonic() - began
            yield Stretch(first + len(part), spent_ms / len(part), memory, seconds)


if __name__ == "__main__":
    print("uploads,emulator CPU ms an upload,emulator MB,seconds")
    for each in measure(int(sys.argv[1])):
        print(
            f"{each.uploads},{each.cpu_ms:.2f},{each.memory_mb:.1f},{each.seconds:.0f}", flush=True
        )
