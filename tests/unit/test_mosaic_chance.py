"""Strips: how they are cut and compared, and what those score that cannot match."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from transect.mosaic.align.correlate import chance, draws_of, match
from transect.mosaic.align.pairs import Search, measure
from transect.mosaic.align.strips import StripPlan, correct, prepare, reduced
from transect.mosaic.align.unrelated import threshold, unrelated
from transect.mosaic.align.waves import Shading, waves
from transect.mosaic.layout import Layout, Pairs

PLAN = StripPlan(0, 120, (800, 700), 2)


def specimen(rows, columns, seed):
    noise = np.random.default_rng(seed).normal(size=(rows, columns))
    return (100 + 30 * gaussian_filter(noise, 2.0) / 0.14).astype(np.float32)


def strip(image, plan=PLAN):
    return prepare(reduced(image, plan.binning), plan)


def some_pairs(count):
    every = np.arange(count)
    return Pairs(2 * every, 2 * every + 1, np.zeros(count, dtype=np.int64))


def some_tiles(count, shape=(300, 280)):
    names = tuple(f"t{k}" for k in range(count))
    stage = np.arange(2.0 * count).reshape(count, 2)
    return Layout(names, stage, shape, np.ones(count, dtype=np.bool_))


@pytest.mark.parametrize("kind", ["u1", ">u2", "f4", "i4"])
@pytest.mark.parametrize("binning", [1, 2])
@pytest.mark.parametrize("gain", [None, 0.7 + np.random.default_rng(1).random((90, 80))])
def test_edges_are_the_corrected_and_binned_borders_of_tiles(kind, binning, gain):
    tiles = np.random.default_rng(2).integers(0, 250, (2, 90, 80)).astype(kind)
    shading = Shading(None if gain is None else gain.astype(np.float32), 3.5)
    plan = StripPlan(0, 22, (90, 80), binning)
    found = waves(
        lambda k: tiles[k, ::1], some_tiles(2, (90, 80)), some_pairs(1), {0: plan},
        np.array([0]), shading, 1,
    )  # fmt: skip
    (_, edges), *_ = [(numbers, dict(edges)) for numbers, edges in found]
    for tile, far in ((0, True), (1, False)):
        whole = reduced(correct(tiles[tile], shading.gain, 3.5), binning)
        side = whole[:, -22 // binning :] if far else whole[:, : 22 // binning]
        np.testing.assert_allclose(edges[tile, 0, far], side, rtol=2e-6)


@settings(deadline=None, max_examples=25)
@given(st.integers(-15, 15), st.integers(-12, 12), st.integers(0, 99))
def test_a_strip_is_found_wherever_it_is_within_reach(right, down, seed):
    image = specimen(900, 200, seed)
    far, near = image[50:850, 40:160], image[50 + 2 * down : 850 + 2 * down, 100 + 2 * right :]
    near = np.pad(near, ((0, 0), (0, 120)), mode="reflect")[:, :120]
    found = match(strip(far), strip(near), PLAN, np.array([60.0, 0.0]), 32)
    assert np.abs(found.lag - [60 + 2 * right, 2 * down]).max() < 2
    assert found.ncc > 0.5


def test_scores_of_rolled_strips_are_those_of_pairs_that_cannot_match():
    far, near = ([strip(specimen(800, 120, k + seed)) for seed in range(40)] for k in (0, 100))
    lag, radius = np.array([60.0, 0.0]), 30
    alone = [match(a, b, PLAN, lag, radius).score for a in far for b in near[:12]]
    strange = unrelated(near, PLAN, 12, seed=0)
    moved = [s for a in far for o in strange for s in chance(a, o, PLAN, lag, radius)]
    assert len(moved) == 480 * draws_of(PLAN, radius)
    for share in (0.5, 0.9, 0.98):
        assert np.quantile(moved, share) == pytest.approx(np.quantile(alone, share), rel=0.05)
    assert max(alone) < threshold(moved[::9])


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_as_many_chances_are_drawn_as_asked_whatever_the_pairs(count):
    images = [specimen(300, 280, seed) for seed in range(2 * count)]
    pairs, layout = some_pairs(count), some_tiles(2 * count)
    search = Search(np.tile([250.0, 0.0], (count, 1)), 20, draws=120)
    found = measure(
        lambda k: images[k], layout, pairs, search, np.arange(count), Shading(), threads=2
    )
    assert 120 <= len(found.null[0]) < 130
    assert len(set(found.null[0])) > 100
    assert found.null[1] == []
    again = measure(
        lambda k: images[k], layout, pairs, search, np.arange(count), Shading(), threads=1
    )
    assert again.null == found.null
