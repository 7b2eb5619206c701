"""Made grids of tiles: the truth beside them is what the tiles show; errors are counted right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tifffile
from mosaic_grid import Grid, make_grid
from mosaic_score import accepted, errors, read_truth
from mosaic_seams import correlation

from transect.config import TilesConfig
from transect.tiles.build import build_index

GRID = Grid(rows=2, columns=3, size=256, overlap=0.35, blank=0.1, stage_sd_px=4.0, seed=5, repeat=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("grid")
    make_grid(out, GRID)
    return out


def images(made):
    return {
        path.stem: tifffile.imread(path).astype(np.float32)
        for path in (made / "tiles").glob("*.tif")
    }


def test_tiles_overlap_where_the_truth_says(made):
    truth, shown = read_truth(made / "truth.csv"), images(made)
    assert len(truth.names) == len(shown) == 12
    # Beside and below, also across the border at which the specimen begins again.
    assert truth.textured.sum() >= 10
    for a, b in zip(truth.a[truth.textured], truth.b[truth.textured], strict=True):
        one, other = shown[truth.names[a]], shown[truth.names[b]]
        shift = truth.places[b] - truth.places[a]
        right = correlation(one, other, shift)
        near = [
            correlation(one, other, shift + d) for d in ((0.7, 0), (-0.7, 0), (0, 0.7), (0, -0.7))
        ]
        assert right > max(near)
        assert right > 0.9


def test_blank_tiles_show_noise_alone(made):
    truth, shown = read_truth(made / "truth.csv"), images(made)
    assert truth.blank.sum() == 2
    for name, blank in zip(truth.names, truth.blank, strict=True):
        means = shown[name].reshape(16, 16, 16, 16).mean((1, 3))
        assert (np.ptp(means) < 20) == blank


def test_the_stage_misses_by_what_was_asked_and_the_microscope_format_says_so(made):
    index = build_index(made / "tiles", TilesConfig())
    assert (len(index.tiles), index.quarantined, index.gaps) == (12, (), ())
    truth = read_truth(made / "truth.csv")
    stage = {t.tile: (t.stage_x_um, t.stage_y_um) for t in index.tiles}
    at = np.array([stage[name] for name in truth.names]) / index.px_um
    missed = truth.places - at @ GRID.turn.T
    missed -= missed.mean(axis=0)
    assert 1 < missed.std() < 8


def test_a_grid_that_is_there_is_not_made_again(made):
    before = (made / "truth.csv").stat().st_mtime_ns
    make_grid(made, GRID)
    assert (made / "truth.csv").stat().st_mtime_ns == before


def test_errors_are_free_of_one_translation_and_blind_to_blank_tiles(made):
    truth = read_truth(made / "truth.csv")
    moved = {n: p + (30, -7) for n, p in zip(truth.names, truth.places, strict=True)}
    blank = truth.names[int(np.flatnonzero(truth.blank)[0])]
    moved[blank] = moved[blank] + (12, 0)
    found = errors(moved, truth)
    assert found.tiles.max() < 1e-9
    assert found.pairs.max() < 1e-9
    assert np.abs(found.blank).max() == pytest.approx(12)


def test_a_wrong_pair_and_a_pair_of_a_blank_tile_are_false(made):
    truth = read_truth(made / "truth.csv")
    ends = np.stack([truth.a, truth.b], axis=1)
    shift = truth.places[truth.b] - truth.places[truth.a]
    all_right = accepted(ends, shift, truth)
    assert all_right.false == (~truth.textured).sum()
    assert all_right.true == all_right.of
    wrong = shift.copy()
    wrong[np.flatnonzero(truth.textured)[0]] += (0, 1.2)
    assert accepted(ends, wrong, truth).false == all_right.false + 1


def test_the_truth_names_what_each_tile_is(made):
    frame = pd.read_csv(made / "truth.csv")
    assert list(frame["tile"]) == sorted(frame["tile"])
    assert set(frame["blank"]) == {True, False}
