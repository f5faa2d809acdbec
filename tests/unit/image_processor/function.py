"""The whole function's modules in a process of their own, whose memory can be told.

Files go in one after the other, as into a warm execution environment; what became of each and the
peak of memory come out. test_fuzz.py and test_limits.py use it.
"""

import os
import struct
import subprocess
import sys
from typing import Self

from tests.conftest import ROOT

MEMORY_MB = 512  # the function's MemorySize

# The peak of resident memory in kB: proc(5), VmHWM.
_PROGRAM = """
import struct, sys
import handler, imaging, rejections
while size := sys.stdin.buffer.read(8):
    try:
        imaging.process(sys.stdin.buffer.read(*struct.unpack(">Q", size)))
        outcome = "processed"
    except rejections.Rejection:
        outcome = "rejected"
    except BaseException as error:
        outcome = repr(error)[:500]
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(peak, outcome, flush=True)
"""


class Function:
    """A process that has loaded the function and processes one file at a time."""

    def __init__(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "lambda" / "image_processor"),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "image-processor-test",
            "POWERTOOLS_SERVICE_NAME": "image-processor",
            "POWERTOOLS_METRICS_NAMESPACE": "TapStack",
            "PROCESSED_BUCKET": "processed",
            "TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:topic",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def process(self, data: bytes) -> tuple[str, float]:
        """What became of the file (processed, rejected or an error), and the peak so far in MB."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(struct.pack(">Q", len(data)) + data)
        self._process.stdin.flush()
        answer = self._process.stdout.readline().decode()
        assert answer, f"the process ended with {self._process.wait()}"
        peak, _, outcome = answer.strip().partition(" ")
        return outcome, int(peak) / 1024
