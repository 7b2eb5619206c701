"""Fusion: every pixel where it belongs, and blends that are ramps."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fusing import cut, fused
from transect.mosaic.fusion.joints import FAR, Sides, joints
from transect.mosaic.fusion.sample import taps
from transect.mosaic.fusion.scene import snapped


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_whole_shifts_give_back_the_image_exactly(dtype):
    image = np.random.default_rng(1).integers(0, 255, (340, 460)).astype(dtype)
    image = image * dtype(200) if dtype is np.uint16 else image
    tiles, corners = cut(image, 100, 40)
    pixels, valid = fused(tiles, corners)
    assert pixels.dtype == dtype
    # Sums of floats round in their last digits.
    assert np.abs(pixels - image).max() <= (1e-4 if dtype is np.float32 else 0)
    assert valid.all()


def test_a_battery_cut_into_tiles_is_the_same_image_again(data):
    image = cv2.imread(str(data / "nmc-bse/nmc-cross-section.tif"), cv2.IMREAD_UNCHANGED)
    tiles, corners = cut(image, 250, 50)
    pixels, valid = fused(tiles, corners)
    whole = image[: pixels.shape[0], : pixels.shape[1]]
    assert valid.all()
    assert np.array_equal(pixels, whole)


def test_outside_the_blends_each_pixel_is_its_own_tile():
    random = np.random.default_rng(2)
    tiles = [random.integers(0, 255, (80, 100)).astype(np.uint8) for _ in range(2)]
    pixels, _ = fused(tiles, [(0, 0), (60, 0)], feather=10)
    # The overlap is columns 60 to 100; the blend its middle 10.
    assert np.array_equal(pixels[:, :75], tiles[0][:, :75])
    assert np.array_equal(pixels[:, 85:], tiles[1][:, 25:])
    mixed = pixels[:, 75:85].astype(int)
    low = np.minimum(tiles[0][:, 75:85], tiles[1][:, 15:25])
    high = np.maximum(tiles[0][:, 75:85], tiles[1][:, 15:25])
    assert (mixed >= low).all()
    assert (mixed <= high).all()


def test_a_blend_is_a_straight_ramp():
    tiles = [np.full((40, 100), v, np.uint8) for v in (50, 150)]
    pixels, _ = fused(tiles, [(0, 0), (60, 0)], feather=20)
    ramp = pixels[20, 70:90].astype(float)
    assert ramp == pytest.approx(50 + 100 * (np.arange(20) + 0.5) / 20, abs=0.6)


@given(
    step=st.floats(20, 99),
    aside=st.floats(-15, 15),
    feather=st.floats(1, 60),
    lead=st.integers(0, 90),
)
@settings(max_examples=50, deadline=None)
def test_two_tiles_add_up_to_one_across_their_joint(step, aside, feather, lead):
    every = joints(np.array([[0, 40], [step, 40 + aside]]), (100, 100), feather)
    assert len(every) == 1
    (a, _), (b, _) = (Sides(every).of(tile, 0, lead, (200, 110)) for tile in (0, 1))
    inside = slice(every[0].start, every[0].stop)
    place = (np.arange(110) + np.float32(0.5))[:, None]
    # The left tile's far side against the right tile's near side.
    left = np.clip((a[2, inside] - place) * a[3, inside] + 0.5, 0, 1)
    right = np.clip((place - b[0, inside]) * b[1, inside] + 0.5, 0, 1)
    assert np.abs(left + right - 1).max() < 1e-4
    outside = np.delete(np.arange(200), np.arange(200)[inside])
    assert (a[2, outside] == FAR).all()
    assert (b[0, outside] == -FAR).all()


def test_beside_a_neighbour_that_begins_lower_a_tile_goes_on():
    tiles = [np.full((80, 100), v, np.uint8) for v in (50, 150)]
    pixels, valid = fused(tiles, [(0, 0), (60, 20)], feather=10)
    assert (pixels[:20, :100] == 50).all()
    assert (pixels[20:80, 85:160] == 150).all()
    assert (pixels[80:, 60:] == 150).all()
    assert not valid[:20, 100:].any()


def test_a_tile_that_is_moved_to_whole_pixels_meets_its_neighbours_there():
    random = np.random.default_rng(9)
    tiles = [random.integers(0, 255, (80, 100)).astype(np.uint8) for _ in range(2)]
    pixels, _ = fused(tiles, [(0, 0.004), (60.01, 0.009)], feather=10)
    assert np.array_equal(pixels[:, :75], tiles[0][:, :75])
    assert np.array_equal(pixels[:, 85:], tiles[1][:, 25:])


def test_where_four_tiles_meet_askew_nothing_is_left_out():
    image = np.random.default_rng(5).integers(0, 255, (240, 240)).astype(np.uint8)
    corners = [(0, 0), (108, 20), (25, 110), (140, 140)]
    tiles = [image[y : y + 100, x : x + 100] for x, y in corners]
    tiles = [np.pad(t, ((0, 100 - t.shape[0]), (0, 100 - t.shape[1]))) for t in tiles]
    corners[1:3] = [(88, 20), (25, 85)]
    tiles[1:3] = [image[y : y + 100, x : x + 100] for x, y in corners[1:3]]
    corners[3], tiles[3] = (110, 105), image[105:205, 110:210]
    pixels, valid = fused(tiles, corners, feather=8)
    assert np.array_equal(pixels[valid > 0], image[: pixels.shape[0], : pixels.shape[1]][valid > 0])
    covered = np.zeros(valid.shape, np.uint8)
    for x, y in corners:
        covered[y : y + 100, x : x + 100] = 1
    assert np.array_equal(valid, covered)


@given(fraction=st.floats(0, 1, exclude_max=True))
def test_greys_between_pixels_keep_slopes_and_noise(fraction):
    weights = taps(fraction).astype(float)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert weights @ np.arange(-2, 4) == pytest.approx(fraction, abs=1e-6)
    # Straight lines between two pixels would leave half of the variance.
    assert (weights**2).sum() > 0.77


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.99), st.floats(0, 0.99))
@settings(max_examples=10, deadline=None)
def test_sampling_is_six_points_along_each_axis(seed, fx, fy):
    tile = np.random.default_rng(seed).random((70, 140)).astype(np.float32)
    pixels, valid = fused([tile], [(fx, fy)])
    place = snapped(np.array([[fx, fy]]))[0]
    first = np.ceil(place)
    ahead = taps(first[1] - place[1])[:, None] * taps(first[0] - place[0])
    want = (tile[18:24, 98:104] * ahead).sum()
    r, c = 20 + int(first[1]), 100 + int(first[0])
    assert valid[r, c]
    assert pixels[r, c] == pytest.approx(want, abs=1e-5)


def test_parts_of_a_pixel_are_interpolated():
    columns = np.arange(64, dtype=np.float32)
    tile = np.tile(100 + columns, (64, 1))
    pixels, valid = fused([tile, tile], [(0.0, 0.0), (40.25, 0.5)])
    # Where only the second tile is: mosaic column x shows its column x - 40.25.
    assert pixels[20, 70] == pytest.approx(100 + 70 - 40.25, abs=1e-3)
    assert pixels.shape == (64, 104)
    assert valid[:, :64].all()
    assert not valid[0, 70:].any()
    assert valid[1:, 64:].all()


def test_a_shift_of_a_hundredth_of_a_pixel_is_no_reason_to_interpolate():
    assert snapped(np.array([[10.013, 5.4]])).tolist() == [[10.0, 5.4]]


def test_what_no_tile_shows_is_masked_and_zero():
    tiles = [np.full((50, 50), 9, np.uint8)] * 2
    pixels, valid = fused(tiles, [(0, 0), (80, 0)])
    assert pixels.shape == (50, 130)
    assert (valid == np.r_[[1] * 50, [0] * 30, [1] * 50]).all()
    assert (pixels[valid == 0] == 0).all()


def test_greys_are_corrected_and_kept_in_range():
    random = np.random.default_rng(3)
    truth = random.integers(20, 200, (60, 60)).astype(np.float64)
    shading = 1 + 0.2 * np.linspace(-1, 1, 60, dtype=np.float32)[None, :].repeat(60, axis=0)
    raw = np.rint(truth * shading / 1.1 + 7).astype(np.uint16)
    pixels, _ = fused([raw], [(0, 0)], shading=shading, gain=[1.1], offset=[0], dark=7.0)
    assert np.abs(pixels - truth).max() <= 1
    pixels, _ = fused([np.full((9, 9), 250, np.uint8)], [(0, 0)], gain=[1.5], offset=[0])
    assert (pixels == 255).all()
    pixels, _ = fused([np.full((9, 9), 3, np.uint8)], [(0, 0)], offset=[-9])
    assert (pixels == 0).all()
