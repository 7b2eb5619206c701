"""Small scenes to fuse: tiles, where they lie, and what comes out."""

from __future__ import annotations

import numpy as np

from transect.mosaic.fusion.fuse import Fusion
from transect.mosaic.fusion.scene import Detector, Scene, mosaic_shape


def scene_of(tiles, positions, *, feather=16.0, shading=None, gain=None, offset=None, dark=0.0):
    count = len(tiles)
    detector = Detector(
        shading,
        dark,
        np.ones(count) if gain is None else np.asarray(gain, float),
        np.zeros(count) if offset is None else np.asarray(offset, float),
        np.ones(count, np.bool_),
        np.zeros((count, 2)),
    )
    return Scene(np.asarray(positions, float), tiles[0].shape, feather, (detector,), tiles[0].dtype)


def fused(tiles, positions, **options):
    scene = scene_of(tiles, positions, **options)
    shape = mosaic_shape(scene.positions, scene.tile_shape)
    pixels, valid = Fusion(scene, lambda key: tiles[key[1]]).shard(0, 0, shape)
    return pixels[0], valid[0]


def cut(image, edge, overlap):
    steps = [range(0, n - edge + 1, edge - overlap) for n in image.shape]
    corners = [(x, y) for y in steps[0] for x in steps[1]]
    return [image[y : y + edge, x : x + edge] for x, y in corners], corners
