"""Joints: where neighbouring tiles meet, and how one fades into the other there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from transect.mosaic.layout import Floats, Image

FAR = np.float32(1e9)
"""Where a side lies that has no neighbour."""

KNOT_PX = 8
"""Distance of the places that a bent joint is given at."""


@dataclass(frozen=True)
class Joint:
    """The line along which tile b follows tile a, to the right (axis 0) or below (axis 1).

    Attributes
    ----------
    a, b
        Numbers of the tiles.
    axis
        Direction from a to b.
    start, stop
        Rows (axis 0) or columns (axis 1) of the mosaic that both cover in some channel.
    middle
        Middle of the overlap: column (axis 0) or row (axis 1) of the mosaic.
    overlap
        Width of the overlap, in px.
    width
        Width of the blend, in px.
    bend
        How far the line lies off the middle at every `KNOT_PX` px, in px; a straight line when
        absent.
    bend_start
        Row or column of the mosaic that `bend` begins at.
    """

    a: int
    b: int
    axis: int
    start: int
    stop: int
    middle: float
    overlap: float
    width: float
    bend: Floats | None = None
    bend_start: int = 0

    def line(self, first: int, last: int) -> Floats:
        """Where the line lies at the pixels from first to last along it."""
        place = np.full(last - first, self.middle)
        if self.bend is not None:
            along = (np.arange(first, last) + 0.5 - self.bend_start) / KNOT_PX - 0.5
            place += np.interp(along, np.arange(len(self.bend)), self.bend)
        # Differences of such numbers are exact in single precision, whichever shard they are in.
        return np.asarray(np.rint(place * 256) / 256)

    def within(self, row0: int, col0: int, shape: tuple[int, int], slack_px: int) -> bool:
        """Whether any of the overlap may lie in a shard, by so many pixels more."""
        reach = self.overlap / 2 + 2 * slack_px + 2
        spans = (self.start, self.stop), (self.middle - reach, self.middle + reach)
        rows, columns = spans if self.axis == 0 else spans[::-1]
        across = columns[0] < col0 + shape[1] and columns[1] > col0
        return across and rows[0] < row0 + shape[0] and rows[1] > row0


def joints(
    positions: Floats, tile_shape: tuple[int, int], feather_px: float, slack_px: int = 0
) -> list[Joint]:
    """All joints, those of wider overlaps last.

    Parameters
    ----------
    positions
        Top-left corner (x, y) of each tile in the mosaic, px.
    tile_shape
        Rows and columns of a tile.
    feather_px
        Width of the blend, where the overlap has room for it.
    slack_px
        How far a channel's tiles may lie off these positions.
    """
    size = np.array(tile_shape[::-1], dtype=np.float64)
    found = []
    for i, j in _near(positions / size):
        step = (positions[j] - positions[i]) / size
        axis = int(abs(step[1]) > abs(step[0]))
        if abs(step[axis]) >= 1 or abs(step[1 - axis]) > 0.6:
            continue
        a, b = (i, j) if step[axis] > 0 else (j, i)
        overlap = float((1 - abs(step[axis])) * size[axis])
        ends = positions[[a, b], 1 - axis]
        start = int(np.ceil(ends.max())) - slack_px
        stop = int(np.floor(ends.min() + size[1 - axis] - 1)) + 1 + slack_px
        middle = float(positions[b, axis] + overlap / 2)
        width = max(min(feather_px, overlap), 1e-3)
        found.append(Joint(a, b, axis, start, stop, middle, overlap, width))
    return sorted(found, key=lambda j: (j.overlap, j.a, j.b))


def _near(scaled: Floats) -> Iterator[tuple[int, int]]:
    """Pairs of tiles that may touch, by places in widths and heights of a tile."""
    squares: dict[tuple[int, int], list[int]] = {}
    for n, (x, y) in enumerate(np.floor(scaled).astype(int).tolist()):
        squares.setdefault((x, y), []).append(n)
    for (x, y), here in squares.items():
        yield from combinations(here, 2)
        for dx, dy in ((1, -1), (1, 0), (1, 1), (0, 1)):
            for pair in product(here, squares.get((x + dx, y + dy), ())):
                yield min(pair), max(pair)


class Sides:
    """Gives the sides of a tile, as the kernels take them, by joints that may be bent later."""

    def __init__(self, every: list[Joint]) -> None:
        self._every = every
        self._of: dict[int, list[tuple[int, int]]] = {}
        for n, joint in enumerate(every):
            self._of.setdefault(joint.a, []).append((n, 2))
            self._of.setdefault(joint.b, []).append((n, 0))

    def among(self, tiles: set[int]) -> list[int]:
        """Numbers of the joints between some tiles."""
        found = {n for tile in tiles for n, _ in self._of.get(tile, ())}
        return sorted(n for n in found if {self._every[n].a, self._every[n].b} <= tiles)

    def of(self, tile: int, row0: int, col0: int, shape: tuple[int, int]) -> tuple[Image, Image]:
        """Left and right sides by row, top and bottom ones by column: see `cells.claim`."""
        across, along = _open(shape[0]), _open(shape[1])
        for n, side in self._of.get(tile, ()):
            joint = self._every[n]
            sides, lead, across_lead = (
                (across, row0, col0) if joint.axis == 0 else (along, col0, row0)
            )
            first = max(joint.start, lead)
            last = min(joint.stop, lead + sides.shape[1])
            if first < last:
                spot = slice(first - lead, last - lead)
                sides[side, spot] = joint.line(first, last) - across_lead
                sides[side + 1, spot] = 1 / joint.width
        return across, along


def _open(length: int) -> Image:
    sides = np.ones((4, length), dtype=np.float32)
    sides[0], sides[2] = -FAR, FAR
    return sides
