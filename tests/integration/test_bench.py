"""The benchmark, with too few images to mean anything."""

import json
from pathlib import Path

from tests.integration.conftest import Tapstack


def test_the_benchmark_writes_what_it_measured(tapstack: Tapstack, tmp_path: Path) -> None:
    """Rates, ratio, CPU and memory are in reports/bench.json and, with --json, on the output."""
    done = tapstack("bench", "--images", "4", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert json.loads((tmp_path / "reports" / "bench.json").read_text()) == result
    assert result["images"] == 4
    assert result["ratio"] > 0
    assert set(result["cpu_ms_per_image"]) == {"emulator", "functions", "harness", "bare"}
    assert set(result["peak_mb"]) <= {"emulator", "functions", "harness"}
