"""Several detectors: brightness that keeps contrast, shifts between them, registration by all."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from transect.mosaic.align.brightness import Brightness, correct_brightness
from transect.mosaic.align.looks import Seams
from transect.mosaic.align.solve import Graph
from transect.mosaic.align.waves import Shading
from transect.mosaic.detectors.channels import Channel
from transect.mosaic.detectors.combine import Effort, best_channel, combine, provers, seen_by
from transect.mosaic.detectors.mutual import mutual_shift, unmoved
from transect.mosaic.detectors.overlaps import overlap_greys
from transect.mosaic.layout import Layout, neighbours
from transect.tiles.places import ordered_channels

TILE = (160, 200)
STEP = (136, 170)


def grains(rows, columns, seed, sigma=2.5):
    """Round grains on a dark ground, as seen with backscattered electrons."""
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.normal(size=(rows, columns)).astype(np.float32), (0, 0), sigma)
    return np.where(noise > np.quantile(noise, 0.5), 170.0, 60.0).astype(np.float32)


def grid(rows, columns):
    at = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    places = at * np.array(STEP[::-1], dtype=np.float64)
    names = tuple(f"r{r:02d}_c{c:02d}" for c, r in at)
    return Layout(names, places, TILE, np.ones(len(at), np.bool_))


def cut(scene, layout):
    corners = layout.stage_px.astype(int)
    return np.array([scene[y : y + TILE[0], x : x + TILE[1]] for x, y in corners])


def channel_of(tiles, name="BSE", present=None, textured=None):
    there = np.ones(len(tiles), np.bool_) if present is None else np.asarray(present)
    shows = there if textured is None else np.asarray(textured)
    reason = tuple("" if p else "not recorded" for p in there)
    return Channel(name, lambda n: tiles[n], Shading(), there, shows, reason)


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


def turned(image, shift):
    """Copy moved by parts of a pixel, by the Fourier transform."""
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :]
    moved = np.fft.ifft2(np.fft.fft2(image) * np.exp(2j * np.pi * (fy * shift[1] + fx * shift[0])))
    return moved.real.astype(np.float32)


def topography(image):
    """The same specimen by its edges alone, as seen with secondary electrons."""
    edges = cv2.magnitude(*(cv2.Sobel(image, cv2.CV_32F, *o) for o in ((1, 0), (0, 1))))
    return 40 + edges / 4


def two_detectors(other, shifts, *, noise=8.0, edge=400):
    random = np.random.default_rng(11)

    def read(n):
        image = cv2.GaussianBlur(grains(edge, edge, seed=50 + n, sigma=3.0), (0, 0), 0.8)
        moved = turned(other(image), shifts[n])
        clutter = random.normal(0, noise, (2, edge, edge))
        return tuple(
            np.clip(i + c, 0, 255).astype(np.uint8)
            for i, c in zip((image, moved), clutter, strict=True)
        )

    return read


@pytest.mark.parametrize(
    "other", [topography, lambda image: 230 - image], ids=["edges", "inverted"]
)
def test_the_shift_between_unlike_detectors_is_found(other):
    shift = np.array([3.4, -1.7])
    found = mutual_shift(two_detectors(other, [shift] * 6), np.ones(6, np.bool_), 40, 2)
    assert found.sure == 6
    assert found.common == pytest.approx(shift, abs=0.05)
    assert (np.abs(found.common - shift) < 4 * found.common_se).all()
    assert found.shift == pytest.approx(np.tile(shift, (6, 1)), abs=0.3)
    assert found.spread < 0.1


def test_a_shift_too_short_to_matter_is_not_taken_off():
    read = two_detectors(topography, [np.array([0.04, 0.03])] * 6)
    found = mutual_shift(read, np.ones(6, np.bool_), 40, 2)
    assert found.sure == 6
    assert (found.shift == 0).all()


def test_tiles_of_a_second_pass_are_moved_each_on_its_own():
    random = np.random.default_rng(12)
    shifts = random.uniform(-12, 12, (8, 2))
    found = mutual_shift(two_detectors(topography, shifts), np.ones(8, np.bool_), 40, 2)
    assert found.spread > 2
    assert np.abs(found.shift - shifts).max() < 0.2


def test_images_that_have_nothing_in_common_are_not_moved():
    random = np.random.default_rng(13)

    def read(n):
        image = grains(400, 400, seed=n, sigma=3.0)
        return image, grains(400, 400, seed=900 + n) + random.normal(0, 9, (400, 400))

    found = mutual_shift(read, np.ones(6, np.bool_), 40, 2)
    assert found.sure == 0
    assert found.measured == 6
    assert (found.shift == 0).all()
    assert np.isnan(found.se).all()


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
