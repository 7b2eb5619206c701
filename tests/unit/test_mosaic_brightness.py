"""Brightness: steps between tiles go, contrast of the specimen stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.detectors import STEP, TILE, channel_of, cut, grains, grid
from transect.mosaic.align.brightness import Brightness, correct_brightness
from transect.mosaic.align.solve import Graph
from transect.mosaic.detectors.overlaps import overlap_greys
from transect.mosaic.layout import neighbours


def levelled(scene, layout, seed, *, noise=4.0, shading=None):
    """Mean of each tile as the scene has it, as it was recorded, and as it was corrected."""
    random = np.random.default_rng(seed)
    true, count = cut(scene, layout), len(layout.names)
    gain, offset = random.uniform(0.95, 1.05, count), random.uniform(-5, 5, count)
    field = 1.0 if shading is None else shading
    raw = true * field * gain[:, None, None] + offset[:, None, None]
    raw = np.rint(raw + random.normal(0, noise, raw.shape)).astype(np.float32)
    pairs = neighbours(layout)
    greys = overlap_greys(channel_of(raw), layout, pairs, layout.stage_px, 2)
    graph = Graph(count, pairs.a, pairs.b)
    a, b = correct_brightness(graph, pairs.axis, greys, np.ones(len(pairs), np.bool_))
    bright = np.quantile(true, 0.9)
    return true.mean((1, 2)), bright * gain + offset - bright, (bright * gain + offset) * a + b


@pytest.fixture(scope="module")
def wide():
    layout = grid(3, 40)
    return layout, grains(STEP[0] * 3 + 40, STEP[1] * 40 + 40, seed=1)


def test_steps_between_tiles_go_and_what_all_see_alike_stays_level(wide):
    layout, scene = wide
    _, before, after = levelled(scene, layout, seed=2)
    assert before.std() > 4.0
    assert after.std() < 1.0
    assert np.ptp(after) < 4.0


def test_a_gradient_of_composition_along_the_section_is_kept(wide):
    layout, scene = wide
    rise = 1.0 + 0.5 * np.linspace(0, 1, scene.shape[1], dtype=np.float32)
    mean, _, after = levelled(scene * rise, layout, seed=3)
    assert np.ptp(mean) > 40
    # The correction of a fixed grey tells what happens to contrast: its slope over the rise.
    slope = np.polyfit(mean, after, 1)[0]
    assert abs(slope) < 0.02
    assert after.std() < 0.6


def test_a_bright_phase_that_fills_some_tiles_is_kept(wide):
    layout, scene = wide
    filled = scene.copy()
    filled[:, STEP[1] * 12 : STEP[1] * 16] += 60
    mean, _, after = levelled(filled, layout, seed=4)
    inside = (layout.stage_px[:, 0] >= STEP[1] * 12) & (layout.stage_px[:, 0] < STEP[1] * 15)
    assert mean[inside].mean() - mean[~inside].mean() > 55
    assert abs(after[inside].mean() - after[~inside].mean()) < 0.6


def test_shading_that_is_left_over_does_not_become_a_slope_of_the_section(wide):
    layout, scene = wide
    # 1 % from left to right: over 40 columns it would add up to a third of all contrast.
    x = np.linspace(-0.005, 0.005, TILE[1], dtype=np.float32)
    _, _, after = levelled(scene, layout, seed=5, shading=1 + x)
    ends = layout.stage_px[:, 0] / layout.stage_px[:, 0].max()
    assert abs(np.polyfit(ends, after, 1)[0]) < 3.0


def test_small_errors_do_not_add_up_over_a_long_section():
    random = np.random.default_rng(6)
    layout = replace(grid(3, 800), usable=np.ones(2400, np.bool_))
    pairs = neighbours(layout)
    offset = random.normal(0, 3, 2400)
    greys = [
        Brightness(
            100 + offset[a] + random.normal(0, 0.15),
            100 + offset[b],
            50,
            50,
            0.999,
            1000,
            3e-3,
            2e-3,
        )
        for a, b in zip(pairs.a, pairs.b, strict=True)
    ]
    graph = Graph(2400, pairs.a, pairs.b)
    gain, level = correct_brightness(graph, pairs.axis, greys, np.ones(len(pairs), np.bool_))
    after = (100 + offset) * gain + level
    assert np.abs(gain - 1).max() < 0.01
    assert after.std() < 0.4


def test_a_tile_that_overlaps_nothing_is_left_as_it_is():
    layout = grid(1, 3)
    layout.stage_px[2] += 1000
    tiles = cut(grains(200, 600, seed=7), grid(1, 3))
    pairs = neighbours(layout)
    greys = overlap_greys(channel_of(tiles * 1.1), layout, pairs, layout.stage_px, 1)
    gain, offset = correct_brightness(
        Graph(3, pairs.a, pairs.b), pairs.axis, greys, np.ones(len(pairs), np.bool_)
    )
    assert gain[2] == pytest.approx(1, abs=1e-6)
    assert offset[2] == pytest.approx(0, abs=0.1)
