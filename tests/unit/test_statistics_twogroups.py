"""Tests of two groups of cells against closed forms, other implementations and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats

from transect.statistics.twogroups import adjusted, hedges, permutation, welch

values = st.lists(st.floats(-100, 100).map(lambda v: round(v, 3)), min_size=2, max_size=6)


def spread(groups: list[list[float]]) -> bool:
    return any(np.ptp(group) > 0.01 for group in groups)


@given(values, values)
def test_welch_is_scipys(a: list[float], b: list[float]) -> None:
    assume(spread([a, b]))
    first, second = np.array(a), np.array(b)
    ours, theirs = welch(first, second), stats.ttest_ind(second, first, equal_var=False)
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-9)
    interval = theirs.confidence_interval(0.95)
    assert ours.interval == pytest.approx((interval.low, interval.high))


@given(values, values, st.floats(0.5, 50))
def test_equivalence_is_that_the_90_percent_interval_lies_within(
    a: list[float], b: list[float], margin: float
) -> None:
    assume(spread([a, b]))
    found = welch(np.array(a), np.array(b))
    half = stats.t.ppf(0.95, found.freedom) * found.error
    within = -margin < found.difference - half and found.difference + half < margin
    assert (found.equivalence(margin) < 0.05) == within


@example([0.0, 0.0, 0.0, 0.0, 2.125, 3.281], [0.0, 0.0, 0.0, 2.0, 2.062, 1.281])
@given(values, values)
def test_permutation_is_scipys_and_symmetric(a: list[float], b: list[float]) -> None:
    # Whole numbers: SciPy takes two equal differences for two where they are rounded.
    first, second = np.rint(1000 * np.array(a)), np.rint(1000 * np.array(b))
    p, least = permutation(first, second, seed=0)
    theirs = stats.permutation_test(
        (first, second),
        lambda x, y, axis: abs(x.sum(axis) * y.shape[axis] - y.sum(axis) * x.shape[axis]),
        vectorized=True, n_resamples=np.inf, alternative="greater",
    )  # fmt: skip
    assert p == pytest.approx(theirs.pvalue, abs=0.02 if np.ptp([*a, *b]) else 1)
    assert permutation(second, first, seed=0)[0] == pytest.approx(p)
    assert p >= least - 1e-12


def test_drawn_permutations_agree_with_all() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0, 1, 12), rng.normal(0.8, 1, 12)
    p, _ = permutation(first, second, seed=3)
    assert p == pytest.approx(welch(first, second).p, abs=0.02)
    assert p == permutation(first, second, seed=3)[0]


def test_two_cells_against_two_cannot_reach_a_small_p() -> None:
    p, least = permutation(np.array([0.0, 0.1]), np.array([9.0, 9.1]), seed=0)
    assert p == least == pytest.approx(1 / 3)


def test_hedges_g_of_a_known_case() -> None:
    first, second = np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0])
    g, low, high = hedges(first, second)
    d = 2 / np.sqrt(5 / 3)
    # The usual approximation of the factor is good to 1e-3 here.
    assert g == pytest.approx(d * (1 - 3 / (4 * 6 - 1)), rel=2e-3)
    assert low < g < high
    # The ends are those whose noncentral t has the found value at 97.5 and 2.5 %.
    factor = g / d
    for end, share in ((low, 0.975), (high, 0.025)):
        centre = end / factor * np.sqrt(2)
        assert stats.nct.cdf(d * np.sqrt(2), 6, centre) == pytest.approx(share, abs=1e-6)


def test_interval_of_g_covers_the_truth() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(400):
        _, low, high = hedges(rng.normal(0, 1, 4), rng.normal(1.2, 1, 4))
        factor = 1 - 3 / (4 * 6 - 1)
        held += low <= factor * 1.2 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_groups_without_any_spread_are_not_tested() -> None:
    same = np.ones(3)
    found = welch(same, same + 1)
    assert found.difference == 1
    assert np.isnan(found.p)
    assert np.isnan(found.equivalence(0.5))
    assert np.isnan(hedges(same, same + 1)).all()


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=30))
def test_adjusted_p_values_are_scipys(p: list[float]) -> None:
    found, known = adjusted(np.array(p)), np.isfinite(p)
    assert np.isnan(found[~known]).all()
    if known.any():
        theirs = stats.false_discovery_control(np.array(p)[known])
        np.testing.assert_allclose(found[known], theirs)


def test_false_discoveries_are_few_where_nothing_differs() -> None:
    rng, wrong = np.random.default_rng(2), 0
    for _ in range(200):
        p = [welch(rng.normal(size=4), rng.normal(size=4)).p for _ in range(20)]
        wrong += bool((adjusted(np.array(p)) < 0.05).any())
    assert wrong / 200 < 0.09
