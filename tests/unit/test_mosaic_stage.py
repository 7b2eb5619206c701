"""The stage's faults: what rotation, backlash, thin overlaps and repeating texture do."""

from __future__ import annotations

import numpy as np
import pytest

from support.stage import make
from transect.mosaic.align.looks import Looker, look_at_pairs
from transect.mosaic.align.place import fit_stage
from transect.mosaic.align.waves import Shading
from transect.mosaic.layout import neighbours, parities


def test_a_degree_of_rotation_and_a_stage_that_errs_by_forty_pixels():
    made = make((3, 6), 560, 0.15, error_px=40, turn_deg=1.0)
    found = made.register()
    assert found.by_pairs.all()
    assert made.error_px(found).max() < 0.25


def test_backlash_is_found_and_expected():
    made = make((5, 6), 420, 0.15, error_px=4, backlash_px=30)
    found = made.register()
    assert found.seams.accepted.all()
    assert made.error_px(found).max() < 0.25
    # Odd rows lie 30 px to the right of where the stage says, odd columns nowhere else.
    assert found.placement.model.backlash[1] == pytest.approx([30, 0], abs=6)
    assert found.placement.model.backlash[0] == pytest.approx([0, 0], abs=6)
    assert found.placement.model.error_px < 5


def test_overlaps_of_two_percent_are_found_where_the_stage_is_good():
    made = make((3, 6), 800, 0.02, error_px=3)
    found = made.register()
    assert found.seams.accepted.sum() > 0.6 * len(found.seams.accepted)
    tied = found.by_pairs & (found.component == 0)
    assert tied.sum() > 12
    assert made.error_px(found)[tied].max() < 0.5


def test_texture_that_repeats_leaves_tiles_where_the_stage_put_them():
    made = make((3, 5), 420, 0.12, error_px=3, wave=0.9)
    found = made.register()
    wrong = np.hypot(*(found.seams.shift - found.seams.pairs.difference(made.true)).T)[
        found.seams.accepted
    ]
    assert (wrong < 1).all()
    loose = ~found.by_pairs
    assert loose.sum() > 5
    away = (found.placement.positions - made.true)[loose]
    assert np.abs(away - np.median(away, axis=0)).max() < 25


def test_a_section_without_one_pair_keeps_the_stage_and_knows_no_error():
    made = make((2, 3), 420, 0.12, wave=1.0)
    found = made.register()
    assert not found.by_pairs.any()
    assert np.isnan(found.se_px).all()
    assert found.placement.positions == pytest.approx(made.layout.stage_px)


def test_the_rest_is_searched_nearer_than_the_sample():
    made = make((4, 14), 300, 0.2, error_px=3)
    looker = Looker(
        lambda k: made.tiles[k], made.layout, neighbours(made.layout), Shading(), 2, 100
    )
    seams, model = look_at_pairs(looker, 80)
    assert seams.accepted.all()
    # Uniform errors of 3 px differ by 2.4 px between two tiles.
    assert model.error_px == pytest.approx(2.4, abs=0.8)
    assert (seams.radius > 100).sum() == 64
    assert seams.radius.min() < 25


def test_the_fit_of_the_stage_recovers_what_was_put_in():
    random = np.random.default_rng(4)
    stage = random.uniform(0, 50_000, (80, 2))
    odd = random.integers(0, 2, (80, 2)).astype(np.float64)
    matrix = np.array([[1.004, -0.0052], [0.0061, 0.999]])
    image = stage @ matrix.T + odd @ np.array([[3.0, -1.0], [25.0, 2.0]]) + [500.0, -300.0]
    image += random.normal(0, 0.5, image.shape)
    image[:4] += 400.0
    model = fit_stage(stage, odd, image, free=True)
    assert model.matrix == pytest.approx(matrix, abs=1e-4)
    assert model.backlash == pytest.approx(np.array([[3.0, -1.0], [25.0, 2.0]]), abs=0.6)
    assert model.error_px == pytest.approx(0.5, rel=0.25)


def test_parity_follows_the_grid_of_the_stage():
    made = make((3, 4), 300, 0.2, error_px=0)
    odd = parities(made.layout, neighbours(made.layout))
    assert odd[:, 0].tolist() == [0, 1, 0, 1] * 3
    assert odd[:, 1].tolist() == [0] * 4 + [1] * 4 + [0] * 4
