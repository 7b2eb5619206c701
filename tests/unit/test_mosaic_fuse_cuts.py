"""Cuts: seams go through what two tiles show alike, and are the same whatever the shards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from support.fusing import cut, fused, scene_of
from transect.mosaic.fusion.fuse import Fusion
from transect.mosaic.fusion.scene import mosaic_shape


def doubled(steps=3):
    """Tiles of a flat specimen in a row, each with a bright bar where its neighbour has none."""
    tiles = [np.full((400, 300), 100, np.uint8) for _ in range(steps)]
    for tile in tiles[:-1]:
        # In the overlap of 100 px, right across its middle.
        tile[180:220, 240:260] = 200
    return tiles, [(200.25 * n, 0.5 * n) for n in range(steps)]


def cut_along(tiles, positions, feather=32.0):
    scene = scene_of(tiles, positions, feather=feather)
    fusion = Fusion(scene, lambda key: tiles[key[1]], cuts=True)
    return fusion, mosaic_shape(scene.positions, scene.tile_shape)


def test_a_seam_goes_around_what_only_one_tile_shows():
    tiles, positions = doubled()
    straight, _ = fused(tiles, positions, feather=32.0)
    fusion, shape = cut_along(tiles, positions)
    pixels = fusion.shard(0, 0, shape)[0][0]

    def torn(image):
        """Pixels that are neither: a bar is there or is not."""
        inner = image[185:215, 205:300].astype(int)
        bar = np.abs(inner - 200) < 12
        return int((~bar & (np.abs(inner - 100) > 12)).sum())

    assert torn(straight) > 500
    # The rims of the bar lie between pixels.
    assert torn(pixels) <= 2 * 30


def test_a_seam_stays_in_the_middle_of_what_looks_the_same():
    random = np.random.default_rng(8)
    specimen = random.normal(100, 20, (400, 600))
    tiles = [specimen[:, x : x + 300] + random.normal(0, 5, (400, 300)) for x in (0, 200)]
    tiles = [np.rint(np.clip(t, 0, 255)).astype(np.uint8) for t in tiles]
    fusion, shape = cut_along(tiles, [(0, 0), (200, 0)])
    fusion.shard(0, 0, shape)
    (joint,) = fusion.joints
    assert joint.width == 8
    assert np.abs(joint.bend).max() <= 16


@pytest.mark.parametrize("turned", [False, True], ids=["beside", "below"])
def test_seams_are_the_same_for_every_shard_and_any_threads(turned):
    tiles, positions = doubled()
    if turned:
        tiles, positions = [t.T.copy() for t in tiles], [p[::-1] for p in positions]
    fusion, shape = cut_along(tiles, positions)
    whole, valid = fusion.shard(0, 0, shape)
    assert max(np.abs(j.bend).max() for j in fusion.joints) >= 16
    again, _ = cut_along(tiles, positions)

    def same(spot):
        (r, c), size = spot, tuple(min(128, n - k) for n, k in zip(shape, spot, strict=True))
        inside = (slice(None), slice(r, r + size[0]), slice(c, c + size[1]))
        part, seen = again.shard(r, c, size)
        return np.array_equal(part, whole[inside]) and np.array_equal(seen, valid[inside])

    spots = [(r, c) for r in range(0, shape[0], 128) for c in range(0, shape[1], 128)]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(same, spots))


def test_seams_of_an_exact_grid_give_back_the_image():
    image = np.random.default_rng(1).integers(0, 255, (500, 620)).astype(np.uint8)
    tiles, corners = cut(image, 260, 80)
    fusion, shape = cut_along(tiles, corners)
    pixels, valid = fusion.shard(0, 0, shape)
    assert valid.all()
    assert np.array_equal(pixels[0], image[: shape[0], : shape[1]])
