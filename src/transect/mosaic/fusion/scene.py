"""What fusion knows of a section: where tiles lie, how bright they are, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from transect.mosaic.layout import Bools, Floats, Image

SNAP_PX = 0.02
"""A tile this near to whole pixels is copied, not interpolated: that would only blur it."""


@dataclass(frozen=True)
class Detector:
    """One channel.

    Attributes
    ----------
    shading
        Flat field, None where it is 1 everywhere.
    dark
        Black level.
    gain, offset
        Of each tile: corrected = (pixel - dark) / shading * gain + offset.
    present
        Whether the channel has each tile.
    shift
        What the channel's tiles lie off the scene's positions, (x, y) px, shape (tile, 2).
    """

    shading: Image | None
    dark: float
    gain: Floats
    offset: Floats
    present: Bools
    shift: Floats


@dataclass(frozen=True)
class Scene:
    """Everything that fusion knows.

    Attributes
    ----------
    positions
        Top-left corner (x, y) of each tile in the mosaic, px.
    tile_shape
        Rows and columns of a tile.
    feather_px
        Width of the blend in an overlap.
    detectors
        One per channel.
    dtype
        Type of the tiles' and the mosaic's pixels.
    """

    positions: Floats
    tile_shape: tuple[int, int]
    feather_px: float
    detectors: tuple[Detector, ...]
    dtype: np.dtype[Any]


def snapped(positions: Floats) -> Floats:
    """Positions, whole where they are within `SNAP_PX` of it."""
    whole = np.rint(positions)
    return np.where(np.abs(positions - whole) <= SNAP_PX, whole, positions)


def mosaic_shape(positions: Floats, tile_shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a mosaic whose tiles start at 0: every pixel that can be computed."""
    far = snapped(positions).max(axis=0)
    last = np.floor(far + np.array(tile_shape[::-1]) - 1).astype(np.int64)
    return int(last[1]) + 1, int(last[0]) + 1
