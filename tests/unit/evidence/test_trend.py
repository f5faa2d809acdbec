"""How growth is told from noise."""

import pytest

from harness.evidence.trend import growth


@pytest.mark.parametrize(
    ("values", "grown"),
    [
        ([5, 5, 5, 5], 0),
        ([1, 2, 3, 4], 3),
        ([10, 11, 12, 500, 14], 4),
        ([4, 3, 2, 1], -3),
        ([7], 0),
        ([], 0),
    ],
)
def test_growth_is_that_of_most_rounds(values: list[float], grown: float) -> None:
    """One bad round among several does not bend the slope."""
    assert growth(values) == pytest.approx(grown)
