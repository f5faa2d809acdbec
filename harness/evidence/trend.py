"""Trend: whether a series grows, by a slope that single bad rounds do not bend. Pure functions."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median


def growth(values: Sequence[float]) -> float:
    """How much `values` grew from the first to the last, by the Theil–Sen estimator.

    The median of the slopes between all pairs, times the distance: up to 29 % of the values may be
    arbitrarily wrong. 0 for fewer than two.

    >>> growth([10, 11, 12, 500, 14])
    4.0
    """
    pairs = combinations(enumerate(values), 2)
    slopes = [(later - earlier) / (j - i) for (i, earlier), (j, later) in pairs]
    return float(median(slopes)) * (len(values) - 1) if slopes else 0.0
