"""The figures of a tile move with what they are named after, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.raw_folder import texture
from transect.tiles.curtaining import find_curtains
from transect.tiles.pixels import read_pixels
from transect.tiles.quality import focus_um, grey_values, is_blank, judge_tile, lattice, noise_sd

SHAPE = (768, 1024)


@settings(max_examples=15, deadline=None)
@given(sd=st.floats(2.0, 20.0), seed=st.integers(0, 1000))
def test_noise_is_measured_through_texture(sd: float, seed: int) -> None:
    assert noise_sd(texture(seed, (400, 500), sd)) == pytest.approx(sd, rel=0.12, abs=0.3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_grey_values_are_exact(dtype: str) -> None:
    tile = np.random.default_rng(0).integers(1, 255, (90, 130)).astype(dtype)
    top = 65535 if dtype == "uint16" else 255
    tile[:9, :13] = top
    tile[9:18, :13] = 0
    mean, sd, saturated = grey_values(tile)
    assert mean == pytest.approx(tile.astype(float).mean())
    assert sd == pytest.approx(tile.astype(float).std())
    assert saturated == pytest.approx(0.02, abs=2e-4)


def test_focus_grows_with_blur_and_scales_with_the_pixel() -> None:
    sharp = texture(1, SHAPE, noise=0.0).astype(np.float32)
    rng = np.random.default_rng(0)
    found = []
    for sigma in (0.0, 1.5, 3.0, 6.0):
        blurred = cv2.GaussianBlur(sharp, (0, 0), sigma) if sigma else sharp
        noisy = np.clip(blurred + rng.normal(0, 6, SHAPE), 0, 255).astype(np.uint8)
        found.append(focus_um(noisy, 0.025))
    assert found == sorted(found)
    assert found[-1] > 1.3 * found[0]
    assert focus_um(texture(1, SHAPE), 0.05) == pytest.approx(
        2 * focus_um(texture(1, SHAPE), 0.025)
    )


def test_focus_of_one_wave_is_its_length() -> None:
    x = np.arange(512)
    wave = np.tile(120 + 60 * np.sin(2 * np.pi * x / 16), (512, 1)).astype(np.float32)
    assert focus_um(wave, 0.1) == pytest.approx(1.6, rel=0.1)


def test_focus_does_not_depend_on_the_noise() -> None:
    quiet, loud = texture(4, SHAPE, 2.0), texture(4, SHAPE, 12.0)
    assert focus_um(loud, 1.0) == pytest.approx(focus_um(quiet, 1.0), rel=0.1)


def test_focus_of_noise_alone_is_unknown() -> None:
    noise = np.random.default_rng(1).normal(100, 9, SHAPE).astype(np.uint8)
    assert np.isnan(focus_um(noise, 1.0))


def _scaled(image: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "float32":
        return image.astype(np.float32)
    factor = 257 if dtype == "uint16" else 1
    return np.clip(image * factor + 0.5, 0, 255 * factor).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_charging_lines_and_curtains_are_told_apart(dtype: str) -> None:
    rng = np.random.default_rng(3)
    plain = texture(2, SHAPE).astype(np.float64)
    lines = plain + 25 * (rng.random((SHAPE[0], 1)) < 0.05)
    stripe = cv2.GaussianBlur(rng.normal(size=(1, SHAPE[1])), (0, 0), 3)
    curtains = plain * (1 + 0.05 * stripe / stripe.std())
    found = {
        name: judge_tile(_scaled(image, dtype), 0.025)
        for name, image in {"plain": plain, "lines": lines, "curtains": curtains}.items()
    }
    assert found["plain"].charging_index < 0.02
    assert found["curtains"].charging_index < 0.02
    # Lines of 25 grey, one in twenty: 5.4 grey over 41, of which texture hides a third.
    assert found["lines"].charging_index == pytest.approx(0.09, rel=0.3)
    assert found["plain"].curtaining_index < 0.02
    assert found["lines"].curtaining_index < 0.02
    # 5 % of the commoner grey, 70 or 170.
    commonest = find_curtains(_scaled(curtains, dtype)).grey / (257 if dtype == "uint16" else 1)
    expected = 0.05 * commonest / plain.std()
    assert found["curtains"].curtaining_index == pytest.approx(expected, rel=0.35)


def test_a_foil_is_neither_charging_nor_curtains() -> None:
    tile = texture(6, SHAPE)
    tile[300:420] = np.random.default_rng(0).normal(200, 5, (120, SHAPE[1])).astype(np.uint8)
    quality = judge_tile(tile, 0.025)
    assert quality.charging_index < 0.02
    assert quality.curtaining_index < 0.04


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_blank_is_decided_by_contrast_against_noise(dtype: str) -> None:
    rng = np.random.default_rng(5)
    factor = 1 if dtype == "uint8" else 200
    ramp = np.linspace(-15, 15, SHAPE[1])
    blank = 60 + ramp + rng.normal(0, 8, SHAPE)
    spot = blank.copy()
    spot[100:220, 300:420] += 40
    faint = blank + 0.12 * (texture(1, SHAPE, 0.0).astype(float) - 120)
    for image, expected in ((blank, True), (spot, False), (faint, False), (blank * 0 + 9, True)):
        tile = (image * factor).clip(0).astype(dtype)
        assert is_blank(tile, noise_sd(tile)) is expected


def test_real_tiles_are_not_blank(data: Path) -> None:
    for name in (
        "sem-grid/tile_r1_c1.tif",
        "bse-grid/tile_c0_r0.jpg",
        "nmc-bse/nmc-cross-section.tif",
    ):
        quality = judge_tile(read_pixels(data / name), 0.025)
        assert not quality.blank
        assert 0.05 < quality.focus_um < 3.0
        assert 0 < quality.noise_sd < quality.sd_grey


def test_real_curtains_are_seen(data: Path) -> None:
    milled = judge_tile(read_pixels(data / "nmc-bse/nmc-cross-section.tif"), 0.025)
    others = [
        judge_tile(read_pixels(data / f"sem-grid/tile_r{r}_c{c}.tif"), 0.025).curtaining_index
        for r, c in ((1, 1), (2, 2), (3, 3))
    ]
    assert milled.curtaining_index > max(others)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (20, 15), (130, 5)])
def test_tiny_tiles_have_figures(shape: tuple[int, int]) -> None:
    quality = judge_tile(np.zeros(shape, np.uint8), 1.0)
    assert quality.blank
    assert quality.noise_sd == 0.0


def test_lattice_covers_and_never_overlaps() -> None:
    spots = lattice((960, 1280), 96, 4)
    assert len(spots) == 16
    hits = np.zeros((960, 1280), int)
    for spot in spots:
        hits[spot] += 1
    assert hits.max() == 1
    assert hits[0, 0] == hits[-1, -1] == 1
