"""Registration: positions of real and made tiles, and what is believed of them."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from transect.mosaic.align.brightness import correct_brightness
from transect.mosaic.align.refine import refine
from transect.mosaic.align.register import register_tiles
from transect.mosaic.align.solve import Graph
from transect.mosaic.align.texture import texture
from transect.mosaic.align.unrelated import threshold
from transect.mosaic.align.waves import Shading
from transect.mosaic.layout import Layout


def register(tiles, stage, *, usable=None, radius=80, shading=None, threads=2):
    stage = np.asarray(stage, dtype=np.float64)
    layout = Layout(
        tuple(f"t{k:02d}" for k in range(len(tiles))),
        stage,
        tiles[0].shape,
        np.ones(len(tiles), np.bool_) if usable is None else np.asarray(usable),
    )
    return register_tiles(lambda k: tiles[k], layout, radius, shading or Shading(), threads)


def levels(found):
    seams = found.seams
    found_in = seams.results
    greys = [found_in[n].greys if n in found_in else None for n in range(len(seams.pairs))]
    graph = Graph(len(found.by_pairs), seams.pairs.a, seams.pairs.b)
    return correct_brightness(graph, seams.pairs.axis, greys, seams.accepted)


def error_px(found, true):
    away = found.placement.positions - true
    return np.abs(away - np.median(away, axis=0)).max()


def real_grid(folder, pattern, overlap_x, overlap_y):
    files = sorted(f for f in folder.iterdir() if re.search(pattern, f.name))
    tiles = [cv2.imread(str(f), cv2.IMREAD_GRAYSCALE) for f in files]
    rows, columns = tiles[0].shape
    at = [{k: int(v) for k, v in re.search(pattern, f.name).groupdict().items()} for f in files]
    stage = [(p["c"] * columns * (1 - overlap_x), p["r"] * rows * (1 - overlap_y)) for p in at]
    return [f.name for f in files], tiles, stage


def loops(seams):
    """Sum of the measured shifts around every square of four tiles."""
    pairs = seams.pairs
    shift = {
        (int(a), int(b)): seams.shift[k]
        for k, (a, b) in enumerate(zip(pairs.a, pairs.b, strict=True))
        if seams.accepted[k]
    }
    right = {a: b for (a, b), k in zip(shift, pairs.axis[seams.accepted], strict=True) if k == 0}
    below = {a: b for (a, b), k in zip(shift, pairs.axis[seams.accepted], strict=True) if k == 1}
    return [
        shift[a, right[a]] + shift[right[a], below[right[a]]]
        - shift[below[a], right[below[a]]] - shift[a, below[a]]
        for a in right
        if a in below and right[a] in below and below[a] in right
    ]  # fmt: skip


def test_mineral_tiles_lie_where_they_were_published_to_lie(data):
    names, tiles, stage = real_grid(data / "bse-grid", r"c(?P<c>\d)_r(?P<r>\d)\.jpg", 0.24, 0.1)
    lines = (data / "bse-grid/positions.csv").read_text().split()[1:]
    true = {n: (float(x), float(y)) for n, x, y in (line.split(",") for line in lines)}
    found = register(tiles, stage)
    assert found.by_pairs.all()
    assert error_px(found, np.array([true[n] for n in names])) < 2
    # Brightness steps of up to 40 greys between these tiles are evened out.
    level = [t.mean() * g + o for t, g, o in zip(tiles, *levels(found), strict=True)]
    assert np.ptp([t.mean() for t in tiles]) > 40
    assert np.ptp(level) < 15


def test_every_loop_of_the_distorted_grid_closes(data):
    _, tiles, stage = real_grid(data / "sem-grid", r"r(?P<r>\d)_c(?P<c>\d)\.tif", 0.1, 0.1)
    found = register(tiles, stage)
    closed = loops(found.seams)
    assert found.seams.accepted.all()
    assert len(closed) == 4
    assert max(np.hypot(*loop) for loop in closed) < 3
    # Tiles that are bent have wide errors: their seams differ along their length.
    assert 0.2 < np.median(found.se_px) < 2


def test_the_loop_of_the_exact_grid_closes(data):
    _, tiles, stage = real_grid(data / "sem-grid-exact", r"r(?P<r>\d)_c(?P<c>\d)\.tif", 0.1, 0.1)
    found = register(tiles, stage)
    closed = loops(found.seams)
    assert len(closed) == 1
    assert np.hypot(*closed[0]) < 0.1


def cut_battery(data, shape, overlap, noise, seed):
    image = cv2.imread(str(data / "nmc-bse/nmc-cross-section.tif"), cv2.IMREAD_UNCHANGED)
    random = np.random.default_rng(seed)
    rows, columns = shape
    corners = [
        (x, y)
        for y in range(0, image.shape[0] - rows + 1, rows - overlap)
        for x in range(0, image.shape[1] - columns + 1, columns - overlap)
    ]
    tiles = []
    for x, y in corners:
        tile = image[y : y + rows, x : x + columns] + random.normal(0, noise, shape)
        tiles.append(np.clip(np.rint(tile), 0, 65535).astype(np.uint16))
    true = np.array(corners, dtype=np.float64)
    return tiles, true, true + random.normal(0, 10, true.shape)


@pytest.mark.parametrize(("noise", "within"), [(0, 1e-3), (3000, 0.1), (8000, 0.3)])
def test_a_battery_cut_into_tiles_is_put_together_again(data, noise, within):
    tiles, true, stage = cut_battery(data, (300, 384), 60, noise, seed=3)
    found = register(tiles, stage)
    assert found.seams.accepted.all()
    assert error_px(found, true) < within


def test_threads_change_nothing(data):
    tiles, _, stage = cut_battery(data, (280, 280), 100, 3000, seed=1)
    one, two = register(tiles, stage, threads=1), register(tiles, stage, threads=2)
    assert np.array_equal(one.placement.positions, two.placement.positions)
    assert np.array_equal(one.seams.confidence, two.seams.confidence)
    assert np.array_equal(levels(one), levels(two))


def made_texture(rows, columns, seed, grain=3.0):
    field = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    field = cv2.GaussianBlur(field, (0, 0), grain)
    return 120 + 30 * field / field.std()


def made_tiles(seed, *, rows=2, columns=4, edge=400, overlap=60):
    step = edge - overlap
    image = made_texture(rows * step + overlap, columns * step + overlap, seed)
    noise = np.random.default_rng(seed + 1)
    corners = np.array([(c * step, r * step) for r in range(rows) for c in range(columns)], float)
    tiles = [
        np.clip(image[int(y) : int(y) + edge, int(x) : int(x) + edge]
        + noise.normal(0, 5, (edge, edge)), 0, 255).round().astype(np.uint8)
        for x, y in corners
    ]  # fmt: skip
    return tiles, corners, noise


def test_unrelated_tiles_are_not_believed():
    random = np.random.default_rng(5)
    tiles = [made_texture(400, 400, seed=k).round().astype(np.uint8) for k in range(20)]
    stage = [(340 * (k % 5) + random.normal(0, 5), 340 * (k // 5)) for k in range(20)]
    found = register(tiles, stage)
    assert len(found.seams.pairs) == 31
    assert not found.seams.accepted.any()
    assert set(found.seams.reason) == {"no better than unrelated strips"}
    assert not found.by_pairs.any()


def test_curtaining_that_stays_with_the_frame_does_not_vote():
    tiles, true, random = made_tiles(7)
    curtain = 25 * np.repeat(random.normal(size=100), 4)[None, :]
    tiles = [np.clip(t + curtain, 0, 255).astype(np.uint8) for t in tiles]
    found = register(tiles, true + random.normal(0, 10, true.shape))
    assert found.seams.accepted.all()
    assert error_px(found, true) < 0.1


def test_blank_tiles_are_placed_by_the_stage_and_marked():
    tiles, true, random = made_tiles(9)
    tiles[5] = np.full((400, 400), 90, np.uint8)
    usable = np.arange(8) != 5
    found = register(tiles, true + random.normal(0, 6, true.shape), usable=usable)
    assert found.by_pairs.tolist() == usable.tolist()
    assert found.component.tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert "a tile without texture" in set(found.seams.reason)
    away = found.placement.positions - true
    away -= np.median(away, axis=0)
    assert np.abs(away[usable]).max() < 0.1
    assert np.abs(away[5]).max() < 25
    assert found.se_px[5] > 1


def test_gain_and_offset_of_tiles_are_found():
    tiles, true, random = made_tiles(11)
    gain, offset = random.uniform(0.9, 1.1, 8), random.uniform(-8, 8, 8)
    bent = [
        np.clip(t * g + o, 0, 255).round().astype(np.uint8)
        for t, g, o in zip(tiles, gain, offset, strict=True)
    ]
    found = register(bent, true)
    again = np.array([
        (b * g + o) - t
        for b, t, g, o in zip(bent, tiles, *levels(found), strict=True)
    ])  # fmt: skip
    # One gain and one offset for all of them is free.
    means, spreads = again.mean(axis=(1, 2)), again.std(axis=(1, 2))
    assert np.ptp(means) < 1.0
    assert np.median(spreads) < 2.5


def test_tiles_that_are_alike_are_left_as_they_are(data):
    tiles, _, stage = cut_battery(data, (300, 384), 60, 0, seed=3)
    found = register(tiles, stage)
    gain, offset = levels(found)
    assert (gain == 1).all()
    assert (offset == 0).all()


def test_shading_is_taken_off_before_tiles_are_compared():
    tiles, true, random = made_tiles(13)
    x = np.linspace(-1, 1, 400, dtype=np.float32)
    gain = 1 + 0.2 * np.add.outer(x, -(x**2))
    gain /= gain.mean()
    shaded = [np.clip(t * gain, 0, 255).round().astype(np.uint8) for t in tiles]
    found = register(shaded, true + random.normal(0, 5, true.shape), shading=Shading(gain))
    assert error_px(found, true) < 0.1
    gain, offset = levels(found)
    assert np.abs(gain - 1).max() < 0.02
    assert np.abs(offset).max() < 2


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.37, -0.42), (-0.5, 0.25), (2.3, -1.8)])
def test_refinement_finds_parts_of_a_pixel(shift):
    image = made_texture(400, 200, seed=17, grain=1.5)
    # Fourier interpolation: exact, and not the method under test.
    fy, fx = np.fft.fftfreq(400)[:, None], np.fft.fftfreq(200)[None, :]
    turn = np.exp(2j * np.pi * (fy * shift[1] + fx * shift[0]))
    moved = np.fft.ifft2(np.fft.fft2(image) * turn).real.astype(np.float32)
    found = refine(image[20:-20, 20:-20], moved[20:-20, 20:-20], np.zeros(2), 5.0)
    assert found.converged
    assert found.lag == pytest.approx(np.array(shift), abs=0.01)


@pytest.mark.parametrize("angle", [20, 45, 70])
def test_along_a_straight_edge_the_shift_is_not_certain(angle):
    random = np.random.default_rng(3)
    y, x = np.mgrid[:36, :128]
    turned = np.radians(angle)
    away = (x - 64) * np.cos(turned) + (y - 18) * np.sin(turned)
    edge = 60 + 90 / (1 + np.exp(-away))
    far, near = (np.float32(edge + random.normal(0, 6, edge.shape)) for _ in range(2))
    assert refine(far, near, np.zeros(2), 3.0).se.max() > 0.5


def test_stripes_vanish_from_texture():
    stripes = np.tile(np.random.default_rng(1).normal(size=200).astype(np.float32) * 50, (300, 1))
    grain = made_texture(300, 200, seed=2) - 120
    kept, striped = texture(grain, 1.0), texture(grain + stripes, 1.0)
    assert np.corrcoef(kept.ravel(), striped.ravel())[0, 1] > 0.99


def test_the_null_threshold_reaches_beyond_what_was_drawn():
    scores = np.random.default_rng(3).gumbel(4.0, 0.5, 400)
    limit = threshold(list(scores))
    # Quantile 0.9999 of that distribution is 8.6.
    assert 7.5 < limit < 10
    assert limit >= scores.max()
    assert threshold([1.0, 2.0]) == float("inf")
