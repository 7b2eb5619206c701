"""Points near each other: the pairs that a search of all gives, whatever the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from transect.near import Floats, pairs_within

PLACES = arrays(
    np.float64,
    st.tuples(st.integers(0, 40), st.just(2)),
    elements=st.floats(-9, 9, allow_nan=False).map(lambda v: round(v, 2)),
)


def by_search(points: Floats, reach: float) -> list[tuple[int, int]]:
    """Compare every point with every other."""
    return [
        (i, j)
        for i in range(len(points))
        for j in range(i + 1, len(points))
        if np.hypot(*(points[i] - points[j])) <= reach
    ]


@given(PLACES, st.sampled_from([0.1, 1.0, 1.26, 5.0, 100.0]))
def test_pairs_are_those_of_a_search_of_all(points: Floats, reach: float) -> None:
    """Every pair once, the lower number first, in order."""
    assert [tuple(p) for p in pairs_within(points, reach).tolist()] == by_search(points, reach)


def test_pairs_of_a_long_grid() -> None:
    """Twenty thousand points: neighbours beside, below and across, nothing around the ends."""
    rows, columns = 20, 1000
    at = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    pairs = pairs_within(at.astype(np.float64), 1.0)
    assert len(pairs) == rows * (columns - 1) + (rows - 1) * columns
    step = at[pairs[:, 1]] - at[pairs[:, 0]]
    assert np.abs(step).sum(axis=1).max() == 1


@pytest.mark.parametrize("count", [0, 1])
def test_no_pair_of_fewer_than_two(count: int) -> None:
    """None, with the shape of pairs."""
    assert pairs_within(np.zeros((count, 2)), 1.0).shape == (0, 2)
