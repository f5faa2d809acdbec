"""The benchmark, with too few images to mean anything."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.conftest import Tapstack


def test_the_benchmark_writes_what_it_measured(tapstack: Tapstack, tmp_path: Path) -> None:
    """Rates, ratio, CPU and memory are in reports/bench.json and, with --json, on the output.

    The emulator beside it, which somebody else has started, is the same one here.
    """
    tapstack("up")
    endpoint = json.loads(tapstack("status", "--json").stdout)["target"]["endpoint"]
    done = tapstack("bench", "--images", "4", "--json", "--beside", endpoint)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert json.loads((tmp_path / "reports" / "bench.json").read_text()) == result
    assert set(result) == {"cores", "messenger", "day"}
    for corpus, ways in (
        ("messenger", {"pipeline", "beside"}),
        ("day", {"pipeline", "beside", "run"}),
    ):
        found = result[corpus]
        assert found["images"] == 4
        assert set(found["ratio"]) == set(found["peak_mb"]) == ways
        assert min(found["images_per_s"][way] for way in ways | {"bare"}) > 0
        for way in ways:
            assert set(found["cpu_ms_per_image"][way]) == {"emulator", "functions", "harness"}
        assert set(found["cpu_ms_per_image"]["bare"]) == {"functions"}


@pytest.fixture
def no_emulator() -> Iterator[str]:
    """The URL of a server that has nothing of AWS's API."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_emulator_that_does_not_take_the_stack_is_not_measured(
    tapstack: Tapstack, no_emulator: str
) -> None:
    """One sentence says which of the two it is, and why, before anything is started."""
    done = tapstack("bench", "--images", "4", "--beside", no_emulator)
    assert done.returncode == 2
    assert f"The emulator at {no_emulator} cannot be measured: " in done.stderr
    assert "Traceback" not in done.stderr
    assert tapstack("status").returncode == 3
