"""Where tiles should be by the stage, and which of them overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.near import pairs_within

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float32]

AXES = ("x", "y")


@dataclass(frozen=True)
class Layout:
    """The tiles of a section as the stage placed them.

    Attributes
    ----------
    names
        Name of each tile.
    stage_px
        Top-left corner (x, y) of each tile by the stage, in pixels, shape (tile, 2).
    shape
        Rows and columns of a tile.
    usable
        False for tiles without texture: they are never correlated.
    """

    names: tuple[str, ...]
    stage_px: Floats
    shape: tuple[int, int]
    usable: Bools

    @property
    def size(self) -> Floats:
        """Width and height of a tile, in the order of positions (x, y)."""
        return np.array(self.shape[::-1], dtype=np.float64)


@dataclass(frozen=True)
class Pairs:
    """Neighbours: `b` lies to the right of `a` (axis 0) or below it (axis 1)."""

    a: Ints
    b: Ints
    axis: Ints

    def __len__(self) -> int:
        return len(self.a)

    def difference(self, positions: Floats) -> Floats:
        """Position of b minus that of a for every pair, shape (pair, 2)."""
        return np.asarray(positions[self.b] - positions[self.a])


def overlap_px(difference: Floats, axis: Ints, size: Floats) -> Floats:
    """Width of each pair's overlap along its axis; below 0 there is a gap."""
    return np.asarray(size[axis] - difference[np.arange(len(axis)), axis])


def neighbours(layout: Layout) -> Pairs:
    """Tiles beside and below each other by the stage, ordered by (a, axis, b).

    A neighbour is at most 1.1 tiles away along its axis and 0.6 across it, so that a row that is
    shifted by half a tile keeps both tiles below it. Farther tiles in the same direction are left
    out: where tiles overlap by half, the next but one touches too.
    """
    if len(layout.names) < 2:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none, none)
    scaled = layout.stage_px / layout.size
    found = pairs_within(scaled, 1.26)
    step = scaled[found[:, 1]] - scaled[found[:, 0]]
    axis = (np.abs(step[:, 1]) > np.abs(step[:, 0])).astype(np.int64)
    rank = np.arange(len(found))
    forward = step[rank, axis] > 0
    a = np.where(forward, found[:, 0], found[:, 1])
    b = np.where(forward, found[:, 1], found[:, 0])
    along, across = np.abs(step[rank, axis]), np.abs(step[rank, 1 - axis])
    keep = (along > 0.02) & (along < 1.1) & (across < 0.6)
    a, b, axis, along = a[keep], b[keep], axis[keep], along[keep]
    nearest = np.full((len(layout.names), 2), np.inf)
    np.minimum.at(nearest, (a, axis), along)
    keep = along < 1.5 * nearest[a, axis]
    a, b, axis = a[keep], b[keep], axis[keep]
    order = np.lexsort((b, axis, a))
    return Pairs(a[order], b[order], axis[order])


def parities(layout: Layout, pairs: Pairs) -> Floats:
    """Whether each tile lies in an odd column and in an odd row of the stage's grid, (tile, 2).

    A stage that scans to and fro comes to odd rows from the other side than to even ones.
    """
    step = pairs.difference(layout.stage_px)
    odd = np.zeros((len(layout.names), 2))
    for axis in (0, 1):
        mine = step[pairs.axis == axis, axis]
        if len(mine):
            place = layout.stage_px[:, axis] - layout.stage_px[:, axis].min()
            odd[:, axis] = np.rint(place / np.median(mine)) % 2
    return odd
