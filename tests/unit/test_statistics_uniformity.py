"""Covariance against closed forms, and whether stretches vary by more than the grain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transect.config import StatisticsConfig
from transect.measure.estimates import Estimates
from transect.measure.uniformity import OF_RANGE, OF_STRETCHES, Series, add_uniformity
from transect.statistics.bootstrap import resample
from transect.statistics.covariance import fraction_interval, lagged
from transect.statistics.uniformity import FEWEST, stretches


def grain(n: int, seed: int, span: int = 4) -> np.ndarray:
    """Shares around 0.35 that are correlated over a few blocks, as overlapping particles are."""
    noise = np.random.default_rng(seed).normal(size=n + span - 1)
    return np.asarray(0.35 + 0.03 * np.convolve(noise, np.ones(span), "valid") / np.sqrt(span))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40))
def test_lagged_products_are_sums(values: list[float]) -> None:
    series = np.array(values)
    exact = [float(np.dot(series[k:], series[: series.size - k])) for k in range(series.size)]
    np.testing.assert_allclose(lagged(series), exact, atol=1e-6)


def test_error_of_a_moving_average_is_its_integral() -> None:
    """Variance of the mean of a moving average: span x variance / n."""
    errors = [
        fraction_interval(grain(4000, seed), np.ones(4000)).standard_error for seed in range(20)
    ]
    assert np.mean(errors) == pytest.approx(0.03 * np.sqrt(4 / 4000), rel=0.08)


def test_a_gap_makes_no_pairs() -> None:
    part, whole = grain(2000, 1), np.ones(2000)
    whole[900:1100] = part[900:1100] = 0
    found = fraction_interval(part, whole)
    assert found.value == pytest.approx(part.sum() / 1800)
    assert found.standard_error == pytest.approx(0.03 * np.sqrt(4 / 1800), rel=0.25)


def test_ratio_is_one_for_grain_alone_and_its_interval_holds_one() -> None:
    found = [stretches(grain(800, seed), np.ones(800), 40, 8) for seed in range(200)]
    ratios = [cut.ratio for cut in found]
    assert np.mean([r for r, _ in ratios]) == pytest.approx(1, abs=0.12)
    held = np.mean([low <= 1 <= high for _, (low, high) in ratios])
    assert 0.92 <= held <= 1


def test_a_slow_wave_is_not_uniform() -> None:
    wave = 0.03 * np.sin(np.arange(1600) * 2 * np.pi / 800)
    cut = stretches(grain(1600, 3) + wave, np.ones(1600), 40, 8)
    ratio, (low, _) = cut.ratio
    assert ratio > 5
    assert low > 1
    index, (least, most) = cut.index
    assert least < index < most
    assert index == pytest.approx(1 - np.std(cut.fractions, ddof=1) / np.mean(cut.fractions))


def added(part: np.ndarray, whole: np.ndarray, **config: float) -> dict[str, dict[str, object]]:
    estimates = Estimates(resample(part.size, 1, 100, 1))
    add_uniformity(estimates, Series(part, whole, 5.0, 0.05), StatisticsConfig(**config))
    return {row["metric"]: row for row in estimates.rows}


def test_required_width_is_of_the_target() -> None:
    part, whole = 300 * grain(2000, 1), np.full(2000, 300.0)
    one, two = added(part, whole), added(part, whole, target=0.02)
    width = one["required_width_mm"]
    assert width["value"] == pytest.approx(4 * two["required_width_mm"]["value"])
    assert width["ci_low"] < width["value"] < width["ci_high"]
    assert "1 points" in width["note"]
    # A section as wide as that has the half width of the target.
    found = fraction_interval(part, whole)
    half = 1.96 * found.standard_error * np.sqrt(2000 * 5e-3 / width["value"])
    assert half == pytest.approx(0.01, rel=1e-3)
    # Var = f (1 - f) A2 / A, and an x-block is 300 um2.
    f = found.value
    exact = 0.03**2 * 4 * 300 / (f * (1 - f))
    assert one["integral_range_um2"]["value"] == pytest.approx(exact, rel=0.3)


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (np.zeros(50), np.zeros(50), "no coating"),
        (np.zeros(50), np.ones(50), "no pores"),
        (np.ones(50), np.ones(50), "nothing but pores"),
        (np.array([0.3]), np.array([1.0]), "at least 4"),
        (np.zeros(0), np.zeros(0), "no coating"),
    ],
)
def test_what_cannot_be_told_says_why(part: np.ndarray, whole: np.ndarray, words: str) -> None:
    rows = added(part, whole)
    assert set(rows) == {*OF_RANGE, *OF_STRETCHES}
    for row in rows.values():
        assert np.isnan(row["value"])
        assert words in str(row["note"])


def test_a_short_section_has_no_stretches() -> None:
    rows = added(grain(100, 1), np.ones(100))
    assert np.isfinite(rows["integral_range_um2"]["value"])
    for metric in OF_STRETCHES:
        assert f"at least {FEWEST}" in str(rows[metric]["note"])


def test_the_wider_interval_is_published_for_every_phase() -> None:
    for seed in range(6):
        part, whole = grain(300, seed, span=1 + seed), np.ones(300)
        estimates = Estimates.over(part, 200, 1)
        estimates.ratio("porosity_total", part, whole, 300, bounds=(0.0, 1.0))
        estimates.fraction("phase_fraction_binder", part, whole, 0.05)
        bootstrap, published = estimates.rows
        low, high = fraction_interval(part, whole).ends
        widths = [high - low, bootstrap["ci_high"] - bootstrap["ci_low"]]
        assert published["ci_high"] - published["ci_low"] == pytest.approx(max(widths))
        assert ("two-point" in str(published["method"])) == (widths[0] > widths[1])
