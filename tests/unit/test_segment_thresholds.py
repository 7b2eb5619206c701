"""Thresholds: phases that are there are found, and phases that are not are not made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from transect.config import SegmentConfig
from transect.errors import AnalysisError, StorageError
from transect.modes import fit_modes, mixture, otsu
from transect.phases import Phase
from transect.segment.image import segment_image
from transect.segment.scale import scale_of, to_scale
from transect.segment.thresholds import Thresholds, histogram, thresholds_from


def humps(*parts: tuple[float, float, int]) -> npt.NDArray[np.int64]:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(m, s, n) for m, s, n in parts])
    return np.bincount(np.clip(np.rint(values), 0, 255).astype(int), minlength=256)


def test_three_phases_are_found() -> None:
    counts = humps((20, 5, 30_000), (70, 8, 40_000), (200, 6, 90_000))
    modes = fit_modes(counts, counts)
    assert modes.pore == pytest.approx(20, abs=0.5)
    assert modes.binder == pytest.approx(70, abs=0.5)
    assert modes.bright == pytest.approx(200, abs=1)
    assert modes.separation > 5


def test_tail_of_pores_is_no_binder() -> None:
    rng = np.random.default_rng(1)
    tail = np.bincount((20 + rng.exponential(25, 30_000)).astype(int).clip(0, 255), minlength=256)
    counts = tail + humps((200, 10, 60_000))
    assert fit_modes(counts, counts).binder is None


def test_otsu_parts_two_spikes_in_the_middle() -> None:
    counts = np.zeros(256)
    counts[[40, 200]] = 5, 5
    assert 100 < otsu(counts) < 140


def test_mixture_finds_weights() -> None:
    counts = humps((50, 6, 10_000), (150, 10, 30_000)).astype(float)
    means, sds, weights = mixture(counts, np.array([40.0, 180.0]))
    np.testing.assert_allclose(means, [50, 150], atol=0.5)
    np.testing.assert_allclose(sds, [6, 10], atol=0.5)
    np.testing.assert_allclose(weights, [0.25, 0.75], atol=0.01)


def test_one_hump_is_refused() -> None:
    rng = np.random.default_rng(2)
    noise = np.clip(rng.normal(100, 10, (200, 200)), 0, 255).astype(np.uint8)
    with pytest.raises(AnalysisError, match="one hump.*no particles"):
        segment_image(noise)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_constant_image_is_refused(value: int) -> None:
    with pytest.raises(AnalysisError, match=f"every pixel is {value}"):
        segment_image(np.full((50, 60), value, np.uint8))


def test_nothing_but_not_a_number_is_refused() -> None:
    with pytest.raises(AnalysisError, match="no recorded pixel"):
        segment_image(np.full((20, 20), np.nan, np.float32))


def test_scale_of_other_types_keeps_phases() -> None:
    rng = np.random.default_rng(3)
    dark = rng.random((150, 150)) < 0.5
    dark = np.kron(dark[:15, :15], np.ones((10, 10), bool))
    eight = np.where(dark, 30, 180).astype(np.uint8)
    for image in (eight.astype(np.uint16) * 200, eight.astype(np.float32) / 100 - 0.7):
        found = segment_image(image)
        reference = segment_image(eight)
        np.testing.assert_array_equal(found.phases, reference.phases)
        np.testing.assert_array_equal(found.particles, reference.particles)
    image = eight.astype(np.float32)
    image[:3, :3] = np.nan
    assert (segment_image(image).phases == reference.phases).mean() > 0.99


def test_scale_is_the_same_in_every_window() -> None:
    image = np.random.default_rng(4).integers(0, 60_000, (64, 64)).astype(np.uint16)
    scale = scale_of(image, "x")
    np.testing.assert_array_equal(to_scale(image, scale)[10:30], to_scale(image[10:30], scale))


def test_histogram_counts_the_coating_only() -> None:
    grey = np.full((40, 40), 100, np.uint8)
    zone = np.full(grey.shape, Phase.OUTSIDE, np.uint8)
    zone[10:20] = Phase.PORE
    assert histogram(grey, zone).sum() == 400


def test_no_coating_is_said() -> None:
    with pytest.raises(AnalysisError, match="no pixel of coating"):
        thresholds_from(np.zeros((256, 64), np.int64), (0.0, 255.0))


def test_file_is_read_back(tmp_path: Path) -> None:
    limits = Thresholds((0.0, 255.0), 20.0, None, 200.0, 3.0, 5.0, 9)
    limits.save(tmp_path / "t.json")
    assert Thresholds.load(tmp_path / "t.json") == limits
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(StorageError, match="not a file of thresholds.*again"):
        Thresholds.load(tmp_path / "t.json")


def test_edges_stay_where_they_are_beside_any_phase() -> None:
    """A disc has its area whether it lies in pore or in binder: no rim, no halo."""
    y, x = np.mgrid[:240, :480] + 0.5
    fine = np.where(x < 240, 20.0, 70.0)
    disc = ((x % 240 - 120) ** 2 + (y - 120) ** 2) ** 0.5
    share = np.clip(60 + 0.5 - disc, 0, 1)
    image = np.rint(fine + share * (200 - fine)).astype(np.uint8)
    found = segment_image(image, SegmentConfig())
    particle = found.phases == Phase.ACTIVE_MATERIAL
    for half in (particle[:, :240], particle[:, 240:]):
        assert half.sum() == pytest.approx(np.pi * 3600, rel=0.01)
    assert (found.phases[:, :230] == Phase.BINDER).sum() == 0
    assert (found.phases[:, 250:] == Phase.PORE).sum() == 0
