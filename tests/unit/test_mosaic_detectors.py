"""Several detectors: registration by the best of them or by all."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from support.detectors import STEP, TILE, channel_of, cut, grains, grid
from transect.mosaic.align.looks import Seams
from transect.mosaic.detectors.combine import Effort, best_channel, combine, provers, seen_by
from transect.mosaic.detectors.mutual import unmoved
from transect.mosaic.layout import neighbours
from transect.tiles.places import ordered_channels


def seams_of(pairs, shift, se, reason="", confidence=0.8):
    n = len(pairs)
    return Seams(
        pairs,
        np.tile(np.asarray(shift, float), (n, 1)),
        np.full((n, 2), float(se)),
        np.full(n, confidence),
        np.full(n, 0.2),
        np.full(n, reason, dtype=object),
        np.full(n, 20.0),
        {},
    )


def test_a_pair_is_believed_if_any_detector_proves_it():
    pairs = neighbours(grid(1, 2))
    weak = seams_of(pairs, (20, 9), 0.5, reason="no better than unrelated strips", confidence=0.1)
    good = seams_of(pairs, (170.2, 0.4), 0.1, confidence=0.6)
    merged, apart = combine([weak, good], [unmoved(2)] * 2)
    assert apart == 0
    assert merged.accepted.all()
    assert merged.shift[0] == pytest.approx([170.2, 0.4])
    assert merged.se[0] == pytest.approx(0.1)
    assert provers([weak, good], ["BSE", "SE"]).tolist() == ["SE"]


def test_detectors_that_agree_are_weighed_by_their_precision():
    pairs = neighbours(grid(1, 2))
    sharp, blunt = seams_of(pairs, (170.0, 0), 0.1), seams_of(pairs, (170.3, 0), 0.2)
    merged, apart = combine([blunt, sharp], [unmoved(2)] * 2)
    assert apart == 0
    assert merged.shift[0] == pytest.approx([170.06, 0])
    assert merged.se[0] == pytest.approx(0.1 / np.sqrt(1.25))


def test_of_detectors_that_disagree_the_surer_decides():
    pairs = neighbours(grid(1, 2))
    wrong = seams_of(pairs, (150, 3), 0.01, confidence=0.3)
    right = seams_of(pairs, (170, 0), 0.1, confidence=0.9)
    merged, apart = combine([wrong, right], [unmoved(2)] * 2)
    assert apart == 1
    assert merged.shift[0] == pytest.approx([170, 0])
    assert merged.confidence[0] == 0.9


def test_shifts_between_detectors_are_taken_off_before_they_are_combined():
    pairs = neighbours(grid(1, 2))
    first, second = seams_of(pairs, (170.0, 0), 0.1), seams_of(pairs, (173.0, -2), 0.1)
    moved = replace(unmoved(2), shift=np.array([[1.0, 1.0], [4.0, -1.0]]))
    merged, apart = combine([first, second], [unmoved(2), moved])
    assert apart == 0
    assert merged.shift[0] == pytest.approx([170.0, 0])


@pytest.mark.parametrize(
    ("measured", "order"),
    [
        (None, ("BSE COMPO", "Al Ka", "SE")),
        ("SE", ("SE", "BSE COMPO", "Al Ka")),
    ],
)
def test_backscattered_electrons_are_measured_unless_told_otherwise(measured, order):
    assert ordered_channels({"SE", "Al Ka", "BSE COMPO"}, measured) == order


@pytest.fixture(scope="module")
def recorded():
    layout = grid(2, 4)
    random = np.random.default_rng(21)
    scene = cv2.GaussianBlur(grains(STEP[0] * 2 + 40, STEP[1] * 4 + 40, seed=22), (0, 0), 0.8)
    tiles = [
        np.clip(t + random.normal(0, 6, TILE), 0, 255).astype(np.uint8) for t in cut(scene, layout)
    ]
    noise = [random.normal(100, 20, TILE).astype(np.uint8) for _ in tiles]
    return layout, tiles, noise


def test_the_best_detector_is_the_one_whose_pairs_are_sure(recorded):
    layout, tiles, noise = recorded
    channels = [channel_of(noise, "Al"), channel_of(tiles, "BSE"), channel_of(noise, "SE")]
    best = best_channel(channels, layout, neighbours(layout), Effort(30, 100, 2))
    assert best.name == "BSE"


def test_pairs_of_a_tile_that_a_detector_lacks_are_not_read(recorded):
    layout, tiles, _ = recorded
    present = np.arange(8) != 5
    lacking = channel_of({n: t for n, t in enumerate(tiles) if n != 5}, present=present)
    lacking = replace(lacking, present=present, textured=present)
    pairs = neighbours(layout)
    seams = seen_by(lacking, layout, pairs, Effort(30, 100, 2))
    touches = (pairs.a == 5) | (pairs.b == 5)
    assert set(seams.reason[touches]) == {"a tile without a readable image"}
    assert seams.accepted[~touches].all()
    assert np.hypot(*(seams.shift - pairs.difference(layout.stage_px))[~touches].T).max() < 0.1
