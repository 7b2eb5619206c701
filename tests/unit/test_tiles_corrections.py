"""Curtains, streaks and drift come off by what they are; what is none of them stays."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from support.raw_folder import texture
from transect.config import FusionConfig
from transect.tiles.charging import charging_index, find_drift, find_streaks, flatten_charging
from transect.tiles.clean import Wanted, cleaned, wanted
from transect.tiles.curtaining import curtaining_index, find_curtains, remove_curtaining

SHAPE = (640, 800)
BOTH = Wanted(curtains=True, charging=True)
ON = FusionConfig(remove_curtaining=True, flatten_charging=True)
Image = npt.NDArray[np.float64]


def electrode(seed: int = 1, noise: float = 5.0) -> Image:
    """Bright particles of one grey in a dark matrix, grey and noise as of a detector."""
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=SHAPE), (0, 0), 9)
    grey = np.where(smooth > 0, 200.0, 40.0)
    return cv2.GaussianBlur(grey, (0, 0), 1) + rng.normal(0, noise, SHAPE)


def curtains(amplitude: float, tilt_deg: float = 0.0, seed: int = 5) -> Image:
    """Factor by which stripes of a few columns darken and brighten, standard deviation given."""
    rng = np.random.default_rng(seed)
    rows, columns = SHAPE
    line = cv2.GaussianBlur(rng.normal(size=(1, columns + 200)), (0, 0), 4)[0]
    x = np.arange(columns) + 100 - np.tan(np.radians(tilt_deg)) * np.arange(rows)[:, None]
    return 1 + amplitude * np.interp(x, np.arange(columns + 200), line / line.std())


def as_dtype(image: Image, dtype: str) -> npt.NDArray[np.generic]:
    if dtype == "float32":
        return image.astype(np.float32)
    factor = 257 if dtype == "uint16" else 1
    return np.clip(image * factor + 0.5, 0, 255 * factor).astype(dtype)


def rms(image: Image) -> float:
    return float(np.sqrt((np.asarray(image, dtype=float) ** 2).mean()))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("tilt_deg", [-2.0, 0.0, 1.5])
def test_curtains_lose_most_of_their_strength(dtype: str, tilt_deg: float) -> None:
    plain = electrode()
    bright = plain > 150
    tile = as_dtype(plain * curtains(0.05, tilt_deg), dtype)
    clean = remove_curtaining(tile)
    assert clean.dtype == tile.dtype
    assert np.isfinite(clean.astype(float)).all()
    want = as_dtype(plain, dtype).astype(float)
    before, after = rms((tile - want)[bright]), rms((clean - want)[bright])
    assert after < 0.4 * before
    assert find_curtains(tile).tilt_deg == pytest.approx(tilt_deg, abs=0.5)


def test_tiles_without_stripes_stay_as_they_are() -> None:
    for tile in (as_dtype(electrode(), "uint8"), texture(3, SHAPE)):
        # A fiftieth of the contrast at most: rounding alone gives 0.3 grey.
        assert rms(remove_curtaining(tile).astype(float) - tile) < 0.8
        assert rms(flatten_charging(tile).astype(float) - tile) < 0.8


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_severity_follows_the_strength(dtype: str) -> None:
    plain = electrode()
    found = []
    for amplitude in (0.0, 0.01, 0.02, 0.04, 0.08):
        tile = as_dtype(plain * curtains(amplitude), dtype)
        found.append(curtaining_index(tile, float(tile.std())))
    assert found[0] < 0.005
    # Stripes of 200 grey over a contrast of 80.
    expected = np.array([0.01, 0.02, 0.04, 0.08]) * 200 / plain.std()
    np.testing.assert_allclose(found[1:], expected, rtol=0.25)


def test_curtains_agree_where_tiles_overlap() -> None:
    specimen = as_dtype(electrode() * curtains(0.06), "uint8")
    first, second = remove_curtaining(specimen[:, :500]), remove_curtaining(specimen[:, 400:])
    apart = first[:, 400:].astype(float) - second[:, :100]
    assert rms(apart) < 0.25 * rms((specimen - electrode())[:, 400:500])


def test_drift_from_line_to_line_comes_off() -> None:
    plain = electrode()
    drift = 0.06 * np.sin(np.arange(SHAPE[0]) / 90)
    tile = as_dtype(plain * np.exp(drift - drift.mean())[:, None], "uint8")
    left = np.log(plain[plain > 150].mean() / 200) + find_drift(tile.astype(np.float32))
    assert rms(left - left.mean() - (drift - drift.mean())) < 0.25 * drift.std()
    clean = flatten_charging(tile)
    assert clean.dtype == np.uint8
    assert rms((clean - plain)[plain > 150]) < 0.6 * rms((tile - plain)[plain > 150])


def test_streaks_come_off_what_is_calm_and_edges_stay() -> None:
    rng = np.random.default_rng(2)
    plain = np.where(np.arange(SHAPE[0])[:, None] < 300, 80.0, 190.0) + rng.normal(0, 6, SHAPE)
    streak = 20.0 * (rng.random(SHAPE[0]) < 0.06)
    streak[280:330] = 0
    tile = as_dtype(plain + streak[:, None], "uint8")
    clean = flatten_charging(tile)
    assert rms((clean - plain).mean(axis=1)) < 0.35 * rms(streak)
    np.testing.assert_array_equal(clean[295:305], tile[295:305])
    index = charging_index(tile, float(tile.std()))
    assert index == pytest.approx(rms(streak) / tile.std(), rel=0.35)
    assert charging_index(as_dtype(plain, "uint8"), 55.0) < 0.005


def test_layers_and_gaps_along_the_lines_are_no_streaks() -> None:
    tile = electrode(4)
    tile[200:320] = 122 + np.random.default_rng(0).normal(0, 4, (120, SHAPE[1]))
    tile[320:345] = 14
    assert rms(find_streaks(tile.astype(np.float32))[190:360]) < 1.0


def test_a_flat_field_is_looked_past_and_stays() -> None:
    plain = electrode()
    gain = (1 + 0.1 * np.linspace(-1, 1, SHAPE[0])[:, None] * np.ones(SHAPE)).astype(np.float32)
    tile = as_dtype(plain * gain * curtains(0.05), "uint8")
    clean = cleaned(tile, gain, BOTH) / gain
    want = plain[plain > 150]
    assert rms(clean[plain > 150] - want) < 0.5 * rms((tile / gain)[plain > 150] - want)
    assert cleaned(tile, gain, Wanted()) is tile


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (200, 200), (513, 600)])
@pytest.mark.parametrize("grey", [0, 90])
def test_small_and_even_tiles_pass(shape: tuple[int, int], grey: int) -> None:
    tile = np.full(shape, grey, np.uint8)
    np.testing.assert_array_equal(cleaned(tile, None, BOTH), tile)
    assert charging_index(tile, 1.0) == 0.0
    assert curtaining_index(tile, 1.0) == 0.0


def test_the_same_tile_gives_the_same_bytes() -> None:
    tile = as_dtype(electrode() * curtains(0.05), "uint8")
    assert cleaned(tile, None, BOTH).tobytes() == cleaned(tile.copy(), None, BOTH).tobytes()


def _checks(curtaining: list[float], charging: list[float], status: str = "ok") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tile": [f"r00_c{k:02d}" for k in range(len(curtaining))],
            "channel": "BSE",
            "status": ["ok"] * (len(curtaining) - 1) + [status],
            "curtaining_index": curtaining,
            "charging_index": charging,
        }
    )


def test_only_what_the_checks_show_is_taken_off() -> None:
    faint = wanted(_checks([0.01, 0.02, 0.2], [0.0, 0.02, 0.0]), ON)
    assert set(faint.values()) == {Wanted()}
    strong = wanted(_checks([0.01, 0.04, 0.2], [0.0, 0.2, np.nan]), ON)
    # Curtains off all tiles, charging off its own.
    assert [strong["BSE", f"r00_c{k:02d}"] for k in range(3)] == [
        Wanted(True, False),
        Wanted(True, True),
        Wanted(True, False),
    ]
    unasked = wanted(_checks([0.3, 0.3], [0.3, 0.3]), FusionConfig())
    assert set(unasked.values()) == {Wanted()}


def test_tiles_left_out_have_no_say() -> None:
    found = wanted(_checks([0.0, 0.5], [0.0, 0.5], status="quarantined"), ON)
    assert found == {("BSE", "r00_c00"): Wanted()}
