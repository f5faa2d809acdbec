"""Which processes an execution environment has, of which a look at its memory asks each."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from localstack_parity.lambda_runtime.family import Family, read

_PARENT = """
import subprocess, sys, threading
start = lambda: subprocess.Popen(["sleep", "60"])
start()
thread = threading.Thread(target=start)  # each thread has children of its own
thread.start()
thread.join()
for line in sys.stdin:
    start()
    print("started", flush=True)
"""


@contextmanager
def _parent() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _PARENT]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield parent
    finally:
        family = Family(parent.pid).walk()
        parent.kill()
        for pid in family:
            psutil.Process(pid).kill()
        parent.communicate()


def _start_another(parent: subprocess.Popen[str]) -> None:
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write("\n")
    parent.stdin.flush()
    assert parent.stdout.readline() == "started\n"


def _children(parent: subprocess.Popen[str]) -> list[int]:
    return sorted(each.pid for each in psutil.Process(parent.pid).children(recursive=True))


def test_a_process_that_began_since_is_found() -> None:
    """GIVEN processes are known WHEN another one begins THEN it is among them at once."""
    with _parent() as parent:
        _start_another(parent)
        family = Family(parent.pid)
        assert sorted(family.known()) == _children(parent)
        assert len(family.known()) == 3
        _start_another(parent)
        assert sorted(family.known()) == _children(parent)
        assert len(family.known()) == 4


def test_nobody_is_looked_for_where_no_process_began() -> None:
    """GIVEN nothing began on this machine THEN what is known is what was found by the walk."""
    family, deadline = Family(os.getpid()), time.monotonic() + 30
    while time.monotonic() < deadline:
        walked = family.walk()
        if family.known() is walked:
            return
    raise AssertionError("each time it was walked through again")


def test_who_looks_while_another_thread_walks_sees_all() -> None:
    """GIVEN one thread walks through them time and again THEN another one never finds fewer."""
    with _parent() as parent:
        _start_another(parent)
        family, over = Family(parent.pid), threading.Event()
        family.walk()

        def walk() -> None:
            while not over.is_set():
                family.walk()

        thread = threading.Thread(target=walk)
        thread.start()
        try:
            seen = {len(family.known()) for _ in range(5000)}
        finally:
            over.set()
            thread.join()
    assert seen == {3}


def test_a_process_that_has_ended_has_no_others_below_it() -> None:
    """GIVEN a process that is gone THEN there is nobody, and no error."""
    with _parent() as parent:
        pass
    assert Family(parent.pid).known() == []


def test_a_file_longer_than_a_page_is_read_whole() -> None:
    """GIVEN a file of /proc that the kernel hands out by pages THEN all of it is read."""
    content = read("/proc/self/smaps")
    assert len(content) > 3 * 4096
    assert content.rpartition(b"\n")[0].rpartition(b"\n")[2].startswith(b"VmFlags:")
