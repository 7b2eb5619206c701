"""Shading is found where tiles agree, and nothing is where they do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from support.raw_folder import SHAPE, texture, write_hitachi
from transect.config import TilesConfig
from transect.tiles.build import build_index
from transect.tiles.check import check_tiles
from transect.tiles.fields import read_shading, shading_arrays
from transect.tiles.npz import read_npz, write_npz
from transect.tiles.shading import estimate_shading

WIDE = (384, 512)


def _shading(shape: tuple[int, int] = SHAPE) -> np.ndarray:
    y = np.linspace(-1, 1, shape[0])[:, None]
    x = np.linspace(-1, 1, shape[1])[None, :]
    gain = 1 + 0.08 * x - 0.05 * y - 0.10 * (x**2 + y**2)
    return gain / gain.mean()


def _estimate(folder: Path, threads: int = 2) -> np.ndarray:
    index = build_index(folder, TilesConfig())
    checks = check_tiles(folder, index)
    return estimate_shading(folder, index, checks, index.channels[0], threads).gain


def test_shading_of_many_tiles_is_recovered(tmp_path: Path) -> None:
    gain = _shading()

    def field(row: int, column: int) -> np.ndarray:
        return np.clip(texture(row * 100 + column) * gain, 0, 255).astype(np.uint8)

    found = _estimate(write_hitachi(tmp_path, 6, 8, field=field))
    assert found.shape == SHAPE
    assert found.mean() == pytest.approx(1.0, abs=1e-5)
    before = np.abs(gain - 1).max()
    error = np.abs(found / gain - 1)
    assert before > 0.15
    assert error.max() < 0.05
    assert np.sqrt((error**2).mean()) < 0.015


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (1, 4), (3, 3), (6, 8)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_texture_alone_stays_flat(tmp_path: Path, rows: int, columns: int, seed: int) -> None:
    found = _estimate(write_hitachi(tmp_path, rows, columns, seed=seed))
    assert np.abs(found - 1).max() < 0.02


def test_real_tiles_without_evidence_stay_flat(data: Path) -> None:
    for name in ("bse-grid", "sem-grid", "sem-grid-exact"):
        config = TilesConfig(pixel_nm=10.0)
        index = build_index(data / name, config)
        checks = check_tiles(data / name, index)
        gain = estimate_shading(data / name, index, checks, "grey").gain
        assert np.abs(gain - 1).max() < 0.03


def test_layers_at_one_height_are_not_shading(tmp_path: Path) -> None:
    def field(row: int, column: int) -> np.ndarray:
        tile = texture(row * 100 + column)
        tile[: SHAPE[0] // 3 + 20 * row] //= 4
        return tile

    found = _estimate(write_hitachi(tmp_path, 2, 20, field=field))
    assert np.abs(found - 1).max() < 0.02


def test_threads_do_not_matter(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path, 4, 5)
    np.testing.assert_array_equal(_estimate(raw, 1), _estimate(raw, 3))


def test_file_has_the_same_bytes_and_reads_back(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 2, 2)
    index = build_index(raw, TilesConfig())
    checks = check_tiles(raw, index)
    shadings = [estimate_shading(raw, index, checks, c) for c in index.channels]
    write_npz(tmp_path / "a.npz", shading_arrays(shadings))
    write_npz(tmp_path / "b.npz", shading_arrays(shadings))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(read_npz(tmp_path / "a.npz")) == ["gain_0", "offset_0"]
    (back,) = read_shading(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.gain, shadings[0].gain)
    assert back.gain.dtype == np.float32
    assert back.offset == 0.0


def _cut(gain: np.ndarray, steps: float) -> Callable[[int, int], np.ndarray]:
    """Tiles of one specimen with 10 % overlap, each with its own brightness."""
    specimen = texture(1, (4 * WIDE[0], 7 * WIDE[1]))
    rng = np.random.default_rng(2)
    own = 1 + steps * rng.normal(size=(4, 7))

    def field(row: int, column: int) -> np.ndarray:
        top, left = round(row * 0.9 * WIDE[0]), round(column * 0.9 * WIDE[1])
        part = specimen[top : top + WIDE[0], left : left + WIDE[1]]
        noisy = part * gain * own[row, column] + rng.normal(0, 4, WIDE)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    return field


def test_overlaps_tell_small_shading_of_few_rows(tmp_path: Path) -> None:
    gain = 1 + (_shading(WIDE) - 1) / 2
    found = _estimate(write_hitachi(tmp_path, 3, 7, field=_cut(gain, 0.02), shape=WIDE))
    before = np.sqrt(((gain - 1) ** 2).mean())
    after = np.sqrt(((gain / gain.mean() / found - 1) ** 2).mean())
    assert before > 0.02
    assert after < before / 2


def test_overlaps_without_shading_stay_nearly_flat(tmp_path: Path) -> None:
    found = _estimate(write_hitachi(tmp_path, 3, 7, field=_cut(np.ones(WIDE), 0.02), shape=WIDE))
    assert np.sqrt(((found - 1) ** 2).mean()) < 0.012


def test_a_spot_of_dirt_is_found_in_what_has_one_grey(tmp_path: Path) -> None:
    y, x = np.indices(WIDE)
    spot = 1 - 0.1 * np.exp(-((x - 330) ** 2 + (y - 120) ** 2) / 40**2)
    found = _estimate(write_hitachi(tmp_path, 4, 7, field=_cut(spot, 0.02), shape=WIDE))
    error = found / (spot / spot.mean()) - 1
    assert found[120, 330] < 0.94
    assert np.sqrt((error**2).mean()) < 0.006


def test_a_foil_at_one_height_in_all_tiles_is_not_shading(tmp_path: Path) -> None:
    def field(row: int, column: int) -> np.ndarray:
        tile = texture(row * 100 + column, WIDE)
        tile[150:230] = np.random.default_rng(column).normal(195, 4, (80, WIDE[1]))
        return tile

    found = _estimate(write_hitachi(tmp_path, 2, 20, field=field, shape=WIDE))
    assert np.abs(found - 1).max() < 0.02
