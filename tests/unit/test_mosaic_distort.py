"""Distortion of the scan: found from the seams, taken out of the tiles, left alone where absent."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from support.stage import make
from transect.mosaic.align.register import register_tiles
from transect.mosaic.align.waves import Shading
from transect.mosaic.bending.distort import Distortion, as_fact, from_fact, powers
from transect.mosaic.bending.own import own_bends
from transect.mosaic.bending.shared import find_distortion
from transect.mosaic.bending.straight import Bending, Straightener
from transect.mosaic.layout import Layout

SHAPE = (420, 420)


def bend(**strength: float) -> Distortion:
    """Distortion of some Legendre terms: x21 is the x component's term P2(x) P1(y)."""
    terms = np.zeros((2, len(powers())))
    for name, value in strength.items():
        terms[int(name[0] == "y"), powers().index((int(name[1]), int(name[2])))] = value
    return Distortion(SHAPE, terms)


def recorded(image: npt.NDArray[np.float32], corner: npt.NDArray[np.float64], bent: Distortion):
    """What a bent scan shows of an image: pixel p shows what lies at corner + p + u(p)."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float64)
    moved = bent.at(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(*SHAPE, 2)
    at = (moved + np.stack([x, y], axis=-1) + corner).astype(np.float32)
    return cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_CUBIC)


def scan(bent: Distortion, seed: int = 3):
    """Tiles of 3 x 5 fields by a bent scan, their true corners and the layout of the stage."""
    random = np.random.default_rng(seed)
    at = np.array([(c, r) for r in range(3) for c in range(5)], dtype=np.float64)
    stage = at * 350.0
    true = stage + random.uniform(-12, 12, at.shape) + 40.0
    noise = random.normal(size=(1240, 1940)).astype(np.float32)
    image = sum(
        w * cv2.GaussianBlur(noise, (0, 0), s) * s for s, w in ((1.5, 0.6), (4.0, 1.0), (10.0, 1.0))
    )
    image = np.asarray(120 + 30 * image / image.std(), dtype=np.float32)
    tiles = [recorded(image, c, bent) + random.normal(0, 4, SHAPE) for c in true]
    tiles = [np.clip(np.rint(t), 0, 255).astype(np.uint8) for t in tiles]
    return tiles, true, Layout(tuple(map(str, range(15))), stage, SHAPE, np.ones(15, np.bool_))


def register(tiles, layout):
    return register_tiles(lambda n: tiles[n], layout, 40, Shading(), 2)


def straightener(shared: Distortion, tiles: int = 1) -> Straightener:
    return Straightener(Bending(shared, np.zeros((tiles, 2, 2))))


def error_px(found, true):
    away = found.placement.positions - true
    return float(np.hypot(*(away - np.median(away, axis=0)).T).max())


def test_a_bent_scan_is_straightened_and_its_tiles_fit():
    bent = bend(x11=1.5, x03=-1.0, y30=1.2, x13=-0.8, y21=0.7)
    tiles, true, layout = scan(bent)
    first = register(tiles, layout)
    found = find_distortion(first.seams, SHAPE)
    assert found is not None
    tool = straightener(found, len(tiles))
    assert tool.shape == tuple(n - 2 * tool.margin for n in SHAPE)
    second = register(
        [tool.straight(t, n) for n, t in enumerate(tiles)], tool.straight_layout(layout)
    )
    assert second.seams.accepted.all()
    assert error_px(second, true) < min(0.5 * error_px(first, true), 0.6)
    # Along the seams nothing is left to speak of.
    left = find_distortion(second.seams, tool.shape)
    assert left is None
    assert np.median(second.se_px) < 0.5 * np.median(first.se_px)


def test_straight_tiles_and_tiles_that_are_bent_each_in_its_way_are_left_alone():
    made = make((3, 5), 420, 0.15, error_px=8)
    assert find_distortion(made.register().seams, SHAPE) is None
    tiles, _, layout = scan(bend())
    random = np.random.default_rng(5)
    each = [
        recorded(t.astype(np.float32), np.zeros(2), bend(x11=random.normal(), y11=random.normal()))
        for t in tiles
    ]
    found = register([np.clip(e, 0, 255).astype(np.uint8) for e in each], layout)
    assert find_distortion(found.seams, SHAPE) is None


def test_straightening_undoes_the_scan():
    bent = bend(x11=2.0, y03=-1.5, x40=0.5)
    y, x = np.mgrid[-60:540, -60:540].astype(np.float32)
    image = 120 + 50 * np.sin(x / 9) * np.sin(y / 11)
    tile = recorded(image, np.array([60.0, 60.0]), bent)
    tool = straightener(bent)
    inner = slice(60 + tool.margin, 60 + SHAPE[0] - tool.margin)
    assert np.abs(tool.straight(tile, 0) - image[inner, inner]).max() < 0.5
    assert np.abs(tile[30:-30, 30:-30] - image[90:450, 90:450]).max() > 5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_straight_tiles_keep_their_type(dtype):
    tool = straightener(bend(x11=2.0))
    tile = np.full(SHAPE, 77, dtype)
    assert tool.straight(tile, 0).dtype == dtype
    assert tool.straight(tile, 0) == pytest.approx(77, abs=1e-3)


def test_the_fact_in_the_table_gives_the_distortion_back():
    bent = bend(x11=1.25, y06=-0.5)
    again = from_fact(as_fact(bent), SHAPE)
    assert again is not None
    assert again.terms == pytest.approx(bent.terms, abs=1e-6)
    assert from_fact(as_fact(None), SHAPE) is None


def test_a_tile_that_is_stretched_alone_is_found_and_mended():
    tiles, true, layout = scan(bend())
    crooked = bend(x10=1.5, y01=-2.0)
    tiles[7] = np.clip(recorded(tiles[7].astype(np.float32), np.zeros(2), crooked), 0, 255).astype(
        np.uint8
    )
    first = register(tiles, layout)
    own = own_bends(first.seams, SHAPE, len(tiles))
    assert own[7] == pytest.approx(np.array([[1.5, 0.0], [0.0, -2.0]]), abs=0.5)
    assert np.abs(np.delete(own, 7, axis=0)).max() < 0.6
    tool = Straightener(Bending(bend(), own))
    mended = register(
        [tool.straight(t, n) for n, t in enumerate(tiles)], tool.straight_layout(layout)
    )
    assert mended.seams.accepted.all()
    # Its seams are now alike along their length, and it lies where it did.
    assert mended.se_px[7] < 0.5 * first.se_px[7]
    assert error_px(mended, true) < 0.75
