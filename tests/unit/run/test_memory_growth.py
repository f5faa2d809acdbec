"""What counts as growth of a function's memory."""

import pytest

from harness.run.memory_growth import ALLOWED_MB, WARM_UP, grown_mb


@pytest.mark.parametrize(
    ("used", "grown"),
    [
        pytest.param([60] * 200, 0, id="flat"),
        pytest.param([*range(60, 60 + WARM_UP), *([99] * 160)], 0, id="grows only at first"),
        pytest.param([60 + n // 4 for n in range(200)], 39, id="a quarter of a MB each"),
        pytest.param([*([300] * 50), *([60] * 150)], 0, id="another environment"),
        pytest.param([60] * WARM_UP, 0, id="never settled"),
    ],
)
def test_growth_is_what_comes_after_the_warm_up(used: list[int], grown: int) -> None:
    """In the environment that was there at the end."""
    assert grown_mb(used) == grown


def test_a_leak_of_100_kb_each_is_more_than_allowed() -> None:
    """Less than the few hundred that a copy of a small photo takes."""
    assert grown_mb([60 + n * 110 // 1000 for n in range(200)]) > ALLOWED_MB
