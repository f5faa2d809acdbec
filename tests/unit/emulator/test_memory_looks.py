"""How soon the memory of an execution environment is looked at again."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack_parity.lambda_runtime import memory
from localstack_parity.lambda_runtime.log_stream import LogStream
from localstack_parity.lambda_runtime.memory import next_look_s
from localstack_parity.lambda_runtime.process import Launch, RuntimeProcess, Stop

MIB = 1024**2
# A runtime whose function takes as many MiB as it is asked for, and then 60 ms.
RUNTIME = """
import http.client, os, time

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def ask(method, path, body=None):
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    return connection.getresponse().read()

taken = []
while True:
    taken.append(b"x" * (int(ask("GET", "next")) << 20))
    time.sleep(0.06)
    ask("POST", "1/response", b"null")
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[RuntimeProcess]:
    """A runtime that has started, and may take 512 MiB."""
    launch = Launch(
        isolated=False,
        root=tmp_path,
        tmp=tmp_path,
        visible={},
        cwd=str(tmp_path),
        argv=[sys.executable, "-I", "-S", "-c", RUNTIME],
        env={},
        memory_limit=512 * MIB,
    )
    process = RuntimeProcess(launch, LogStream())
    try:
        assert process.run(lambda: process.waiting is not None, time.monotonic() + 60) is Stop.DONE
        yield process
    finally:
        process.close()


@pytest.fixture
def known(process: RuntimeProcess, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects how many bytes are taken, as far as is known when the next look is set."""
    found: list[int] = []

    def noted(taken: int, limit: int) -> float:
        found.append(taken)
        return next_look_s(taken, limit)

    monkeypatch.setattr(memory, "next_look_s", noted)
    return found


def _invoke(process: RuntimeProcess, mib: int) -> Stop:
    process.send({}, str(mib).encode())
    stop = process.run(lambda: process.waiting is not None, time.monotonic() + 60)
    if stop is Stop.DONE:
        process.freeze()
    return stop


def test_a_frozen_environment_is_not_looked_at_as_if_nothing_were_known(
    process: RuntimeProcess, known: list[int]
) -> None:
    """GIVEN one far from its limit THEN the first wait is as long as any, not the shortest."""
    _invoke(process, 0)
    known.clear()
    _invoke(process, 0)
    assert 0 < known[0] < 100 * MIB


def test_an_environment_that_was_not_frozen_is_looked_at_soon(
    process: RuntimeProcess, known: list[int]
) -> None:
    """GIVEN that it ran on THEN it may have taken all that it may have."""
    _invoke(process, 0)
    assert known[0] == 512 * MIB


def test_a_thawed_environment_passes_its_limit_all_the_same(process: RuntimeProcess) -> None:
    """GIVEN more taken from call to call THEN it ends when there is too much, and not before."""
    assert [_invoke(process, 200) for _ in range(3)] == [Stop.DONE, Stop.DONE, Stop.OUT_OF_MEMORY]


def test_far_from_the_limit_looks_are_rarer() -> None:
    """GIVEN 1 GiB of room THEN it cannot be filled before the next look, a tenth of a second on."""
    assert next_look_s(resident=100 * MIB, limit=1124 * MIB) == 0.1


def test_looks_come_sooner_the_nearer_the_limit_is() -> None:
    """GIVEN less and less room THEN looks come sooner, down to every 25 ms."""
    waits = [next_look_s(taken * MIB, 1024 * MIB) for taken in range(0, 1200, 50)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == next_look_s(0, 0) == 0.025


def test_no_room_can_be_filled_twice_before_it_is_looked_at() -> None:
    """GIVEN memory taken at 4 GiB a second THEN a look comes before the limit, or within 25 ms."""
    for limit in (128, 512, 1024, 10_240):
        for taken in range(0, limit, 64):
            wait_s = next_look_s(taken * MIB, limit * MIB)
            assert wait_s <= 0.025 or taken * MIB + wait_s * 4 * 1024**3 <= limit * MIB
