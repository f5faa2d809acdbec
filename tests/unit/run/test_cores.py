"""The cores are seen to be full while something takes all of them."""

import os
import subprocess
import sys
import time

from harness.run.cores import CoresMonitor


def test_full_cores_are_seen() -> None:
    """GIVEN as many busy processes as cores, twice, THEN a stretch of time is full."""
    began = time.time()
    busy = []
    with CoresMonitor("http://127.0.0.1:4566") as cores:
        try:
            for _ in range(2 * (os.cpu_count() or 1)):
                busy.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            while not cores.full and time.time() < began + 60:
                time.sleep(0.2)
        finally:
            for each in busy:
                each.kill()
                each.wait()
    assert cores.full
    assert all(began <= since < until <= time.time() for since, until in cores.full)


def test_those_of_another_machine_are_not_known() -> None:
    """Where the stack runs elsewhere, this machine says nothing."""
    with CoresMonitor("http://10.0.0.1:4566") as cores:
        assert cores.full is None
