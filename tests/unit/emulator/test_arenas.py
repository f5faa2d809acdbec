"""Threads of the emulator share memory that they free."""

import ctypes
import os
import subprocess
import sys

import pytest

from harness.settings import ROOT

# Memory that every thread has at the same time, and how many arenas glibc made for that.
COUNT = """
import ctypes, sys, threading
from localstack_parity.launch import share_arenas

if sys.argv[1] == "shared":
    share_arenas()
libc, all_have_it = ctypes.CDLL(None), threading.Barrier(6)
libc.malloc.restype, libc.fdopen.restype = ctypes.c_void_p, ctypes.c_void_p
libc.malloc_info.argtypes = (ctypes.c_int, ctypes.c_void_p)
libc.fclose.argtypes = (ctypes.c_void_p,)

def allocate():
    all_have_it.wait()
    for _ in range(100):
        libc.malloc(50_000)
    all_have_it.wait()

threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
output = libc.fdopen(1, b"w")
libc.malloc_info(0, output)
libc.fclose(output)
"""


def arenas(mode: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", COUNT, mode],
        env={**os.environ, "PYTHONPATH": str(ROOT / "emulator")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_threads_share_two_arenas() -> None:
    assert arenas("shared") <= 2 < arenas("as it comes")
