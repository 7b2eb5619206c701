"""Spheres from their sections: closed forms, the gate of D50 and D90, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from support.spheres import cut_spheres, folds_of, volume_quantiles
from transect.measure.estimates import Estimates
from transect.measure.sizes import ENOUGH, OF_VOLUME, Sections, add_sizes
from transect.statistics import lognormal
from transect.statistics.bootstrap import resample
from transect.statistics.iso13322 import status
from transect.statistics.unfolding import blur_of, choose_width, likelihood, unfold
from transect.statistics.wicksell import chances, content, cumulative, grid, quantiles

SHARES = np.array([0.1, 0.5, 0.9])


def test_chance_of_a_section_is_wicksells_density() -> None:
    edges = np.array([1.0, 2.0, 3.0, 4.0])
    # Spheres of one diameter, as good as.
    found = chances(np.array([4.0, 4.0 + 1e-9]), edges)[0]
    for k in range(3):
        # Density of the section of a met sphere: d / (D sqrt(D^2 - d^2)).
        exact = quad(lambda d: d / (4 * np.sqrt(max(16 - d * d, 1e-12))), edges[k], edges[k + 1])[0]
        assert found[k] == pytest.approx(exact, abs=2e-3)
    assert found.sum() == pytest.approx(np.sqrt(1 - 1 / 16), abs=1e-4)


def test_content_of_one_class_is_the_mean_of_the_power_over_it() -> None:
    classes = grid(1.0, 30.0)
    met = np.zeros(classes.middles.size)
    met[7] = 2.0
    low, high = np.log(classes.edges[7:9])
    for power in (0, 1, 2, 3, 4):
        exact = 2 * quad(lambda u, p=power - 1: np.exp(p * u), low, high)[0] / (high - low)
        assert content(classes, met, power)[7] == pytest.approx(exact)
    ends = quantiles(classes, met, 3, np.array([1e-9, 1 - 1e-9]))
    assert ends == pytest.approx(classes.edges[7:9], rel=1e-6)


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.01, 0.3),
    st.floats(0.05, 5.0),
    st.integers(2, 300),
)
def test_unfolded_counts_are_a_distribution(
    seed: int, width: float, smallest: float, n: int
) -> None:
    rng = np.random.default_rng(seed)
    diameters = smallest * np.exp(np.abs(rng.normal(size=n)))
    classes = grid(smallest, float(diameters.max()))
    counts = folds_of(classes, diameters).sum(axis=0)
    met = unfold(classes, counts[None], width)[0]
    assert (met >= 0).all()
    assert np.dot(met, classes.seen) == pytest.approx(1)
    rising = cumulative(classes, met, 3)
    assert rising[0] == 0
    assert rising[-1] == pytest.approx(1)
    assert (np.diff(rising) >= 0).all()
    assert (np.diff(quantiles(classes, met, 3, SHARES)) >= 0).all()


def test_size_of_all_scales_with_the_unit() -> None:
    diameters = cut_spheres(2000, 1.4, seed=3)
    found = []
    for factor in (1.0, 1000.0):
        classes = grid(0.4 * factor, float(diameters.max()) * factor)
        counts = folds_of(classes, diameters * factor)
        met = unfold(classes, counts.sum(axis=0)[None], choose_width(classes, counts))[0]
        found.append(quantiles(classes, met, 3, SHARES) / factor)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_likelihood_never_falls_without_smoothing() -> None:
    diameters = cut_spheres(1500, 1.5, seed=5)
    classes = grid(0.4, float(diameters.max()))
    counts = folds_of(classes, diameters).sum(axis=0)
    scores = [
        likelihood(classes, unfold(classes, counts[None], 0.0, steps=n)[0], counts)
        for n in (1, 2, 5, 10, 30, 100)
    ]
    assert (np.diff(scores) >= -1e-9).all()


def test_smoothing_keeps_the_number_of_spheres() -> None:
    classes = grid(0.4, 20.0)
    np.testing.assert_allclose(blur_of(classes, 0.1).sum(axis=0), 1)
    np.testing.assert_array_equal(blur_of(classes, 0.0), np.eye(classes.middles.size))


@pytest.mark.parametrize("gsd", [1.2, 1.4, 1.6])
def test_gate_of_unfolded_diameters(gsd: float) -> None:
    """D50 within 3 % and D90 within 4 % at 3,000 sections, as the mean over 20 seeds."""
    truth, ours, parametric, raw = volume_quantiles(gsd, SHARES), [], [], []
    for seed in range(20):
        diameters = cut_spheres(3000, gsd, seed=seed)
        classes = grid(0.4, float(diameters.max()))
        folds = folds_of(classes, diameters)
        counts = folds.sum(axis=0)
        met = unfold(classes, counts[None], choose_width(classes, folds))[0]
        ours.append(quantiles(classes, met, 3, SHARES) / truth - 1)
        fit = lognormal.fit(lognormal.Model.of(classes), counts)
        assert fit is not None
        parametric.append(np.array([fit.quantile(q, 3) for q in SHARES]) / truth - 1)
        order = np.sort(diameters)
        area = np.cumsum(order**2)
        raw.append(order[np.searchsorted(area, 0.5 * area[-1])] / truth[1] - 1)
    for found in (ours, parametric):
        bias = np.abs(np.mean(found, axis=0))
        assert bias[0] < 0.03
        assert bias[1] < 0.03
        assert bias[2] < 0.04
    # What unfolding is for.
    assert np.mean(raw) < -0.05


def test_lognormal_fit_finds_its_parameters() -> None:
    diameters = cut_spheres(40_000, 1.5, seed=1, median=4.0)
    classes = grid(0.4, float(diameters.max()))
    counts = folds_of(classes, diameters).sum(axis=0)
    found = lognormal.fit(lognormal.Model.of(classes), counts)
    assert found is not None
    assert found.sd == pytest.approx(np.log(1.5), rel=0.02)
    assert np.exp(found.mean) == pytest.approx(4.0, rel=0.02)
    # Hatch and Choate: the median by volume lies 3 variances above that by number.
    assert found.quantile(0.5, 3) == pytest.approx(np.exp(found.mean + 3 * found.sd**2))
    assert found.below(np.array([found.quantile(0.3, 2)]), 2) == pytest.approx(0.3)


def test_one_diameter_has_no_lognormal_spread() -> None:
    classes = grid(1.0, 5.0)
    counts = np.zeros(classes.middles.size)
    assert lognormal.fit(lognormal.Model.of(classes), counts) is None
    counts[3] = 9
    assert lognormal.fit(lognormal.Model.of(classes), counts) is None


def test_nothing_unfolds_to_nothing() -> None:
    classes = grid(1.0, 5.0)
    none = np.zeros((3, classes.middles.size))
    met = unfold(classes, none, 0.05)
    assert not met.any()
    assert np.isnan(quantiles(classes, met[0], 3, SHARES)).all()
    assert choose_width(classes, none) > 0


def sections_of(n: int, seed: int = 0) -> Sections:
    diameters = cut_spheres(n, 1.4, seed)
    blocks = np.arange(diameters.size) % 64
    return Sections(diameters, np.ones(diameters.size), blocks, 0.4)


def test_three_distributions_and_their_intervals() -> None:
    estimates = Estimates(resample(64, 1, 200, seed=1))
    table = add_sizes(estimates, sections_of(3000), 0.9)
    assert set(table["method"]) == {"raw", "unfolded", "lognormal"}
    for name in ("q0", "q2", "q3"):
        assert (table[f"{name}_low"] <= table[name] + 1e-12).all()
        assert (table[f"{name}_high"] >= table[name] - 1e-12).all()
    rows = {row["metric"]: row for row in estimates.rows}
    truth = volume_quantiles(1.4, SHARES)
    for k, q in enumerate((10, 50, 90)):
        row = rows[f"d{q}_volume_um"]
        assert row["ci_low"] < row["value"] < row["ci_high"]
        assert row["value"] == pytest.approx(truth[k], rel=0.08)
        assert "spheres assumed" in row["note"]
        assert "ISO 13322-1" in row["note"]
    # D[3,2] and D[4,3] of a log-normal distribution: 2.5 and 3.5 variances above its median.
    for name, times in (("d32_um", 2.5), ("d43_um", 3.5)):
        exact = 5.0 * np.exp(times * np.log(1.4) ** 2)
        assert rows[name]["value"] == pytest.approx(exact, rel=0.06)


@pytest.mark.parametrize(
    ("n", "aspect", "words"),
    [(3000, 0.55, "0.55"), (ENOUGH - 10, 0.9, "at least"), (3000, float("nan"), "no spheres")],
)
def test_what_is_not_unfolded_says_why(n: int, aspect: float, words: str) -> None:
    estimates = Estimates(resample(64, 1, 100, seed=1))
    table = add_sizes(estimates, sections_of(n), aspect)
    assert set(table["method"]) == {"raw"}
    assert {row["metric"] for row in estimates.rows} == set(OF_VOLUME)
    for row in estimates.rows:
        assert np.isnan(row["value"])
        assert words in row["note"]


def test_status_of_a_count() -> None:
    assert "too few" in status(6000)
    assert "not for D90" in status(6001)
    assert "enough for D90" in status(61_000)
