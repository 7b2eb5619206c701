"""Skeletons and their pixels are the same in every window that holds them with its halo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from support.sections import Labels, bare_lines, partials_of
from transect.measure import skeleton
from transect.measure.partials import merge
from transect.phases import Phase


def blotches(seed: int, shape: tuple[int, int], share: float) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2.0)
    return noise > np.quantile(noise, 1 - share)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.25, 0.4]))
def test_a_skeleton_does_not_depend_on_what_lies_far_from_it(seed: int, share: float) -> None:
    mask = blotches(seed, (160, 160), share)
    whole, halo = skeleton.thin(mask), skeleton.HALO
    for row, column in ((0, 0), (60, 60), (70, 30)):
        r = slice(max(row - halo, 0), row + 40 + halo)
        c = slice(max(column - halo, 0), column + 40 + halo)
        part = skeleton.thin(mask[r, c])[row - r.start :, column - c.start :][:40, :40]
        assert np.array_equal(part, whole[row : row + 40, column : column + 40])


def test_a_blot_alone_is_thinned_as_beside_others() -> None:
    """Nothing goes in one half of a round here, and something in the next."""
    blot = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    alone = np.zeros((200, 200), bool)
    alone[20:23, 20:23] = blot
    beside = alone.copy()
    beside[120:160, 100:180] = blotches(1, (40, 80), 0.4)
    assert np.array_equal(skeleton.thin(beside)[:60, :60], skeleton.thin(alone)[:60, :60])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_small_blots_do_not_depend_on_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    whole, parts = np.zeros((40, 400), bool), []
    for k in range(5):
        blot = rng.random((7, 7)) < rng.uniform(0.4, 0.9)
        whole[15:22, 80 * k + 10 : 80 * k + 17] = blot
        parts.append(skeleton.thin(np.pad(blot, 10)))
    thin = skeleton.thin(whole)
    for k, part in enumerate(parts):
        assert np.array_equal(thin[5:32, 80 * k : 80 * k + 27], part)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([41, 64, 97]))
def test_pixels_of_skeletons_do_not_depend_on_windows(seed: int, step: int) -> None:
    shape = (150, 170)
    labels = Labels.empty(shape)
    labels.paint(np.ones(shape, bool))
    labels.phases[blotches(seed, shape, 0.2)] = Phase.CRACK
    labels.grey[:] = np.random.default_rng(seed).integers(0, 255, shape)
    lines = bare_lines(shape)
    one = merge(partials_of(labels, lines, 400))["points"].drop(columns="component")
    many = merge(partials_of(labels, lines, step))["points"].drop(columns="component")
    assert len(one) > 20
    # Ids are of the pieces in a window; all else is of the pixel.
    assert one.equals(many)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_a_straight_band_is_thinned_to_one_line(width: int) -> None:
    mask = np.zeros((40, 80), bool)
    mask[15 : 15 + width, 10:70] = True
    thin = skeleton.thin(mask)
    assert (thin[:, 20:60].sum(axis=0) == 1).all()
