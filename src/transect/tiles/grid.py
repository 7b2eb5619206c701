"""Rows and columns of the tiles, from where the stage was.

The grid is a lattice of two steps that is fitted to the positions, so a stage that errs, a scan
that is turned against the stage and missing tiles do not matter, nor does the order of recording.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Stages err by a few percent of a tile; steps of tiles that overlap by 90 % are still above this.
NEAREST_STEP = 0.05
NEIGHBOURS = 24
TOLD_BY = 400
"""Tiles that tell the steps: more cost time and say the same."""
ALIKE = 0.25
COMMON = 0.1
"""Share of the tiles that must have a step before it is taken for the grid's."""
FULL_GRID = 0.6


def rows_and_columns(centres: Floats, tile: tuple[float, float]) -> tuple[Ints, Floats]:
    """Row and column of every tile.

    Parameters
    ----------
    centres
        (n, 2) x and y of the tiles' centres, in um.
    tile
        Width and height of a tile in um.

    Returns
    -------
    cells
        (n, 2) row and column, the least of each 0.
    steps
        (2, 2) step to the next column and to the next row, x and y in um.
    """
    steps = _first_steps(centres, tile)
    start = int(np.argmin(np.abs(centres - np.median(centres, axis=0)).sum(axis=1)))
    origin = centres[start]
    # The fit grows outwards: each round trusts the lattice only twice as far as it was fitted.
    radius = 2.0
    while True:
        places = (centres - origin) @ np.linalg.inv(steps)
        near = np.abs(places).max(axis=1) <= radius
        origin, steps = _refit(centres[near], np.rint(places[near]), origin, steps)
        if near.all():
            break
        radius *= 2.0
    cells = np.rint((centres - origin) @ np.linalg.inv(steps)).astype(np.int64)
    cells -= cells.min(axis=0)
    return cells[:, ::-1].copy(), steps


def _first_steps(centres: Floats, tile: tuple[float, float]) -> Floats:
    """Step to the nearest neighbour on the right and below; a tile's size where there is none."""
    steps = np.diag(np.asarray(tile, dtype=np.float64))
    if len(centres) < 2:
        return steps
    scale = np.asarray(tile)
    vectors = np.stack([_near(centres / scale, one) for one in _some(centres) / scale])
    for axis in (0, 1):
        along, across = vectors[..., axis], vectors[..., 1 - axis]
        fits = (along > NEAREST_STEP) & (np.abs(across) < 0.5 * along)
        reach = np.where(fits, along, np.inf)
        nearest = reach.argmin(axis=1)
        rows = np.flatnonzero(np.isfinite(reach.min(axis=1)))
        if len(rows):
            steps[axis] = _shortest(vectors[rows, nearest[rows]], axis) * scale
    return steps


def _some(centres: Floats) -> Floats:
    """Tiles from all over the section; by chance, as every n-th could be the last of its row."""
    if len(centres) <= TOLD_BY:
        return centres
    chosen = np.random.default_rng(0).choice(len(centres), TOLD_BY, replace=False)
    return np.asarray(centres[chosen])


def _near(places: Floats, place: Floats) -> Floats:
    """Ways from one place to those nearest to it, itself among them."""
    ways = places - place
    count = min(len(ways), NEIGHBOURS + 1)
    distance = np.hypot(ways[:, 0], ways[:, 1])
    return np.asarray(ways[np.argpartition(distance, count - 1)[:count]])


def _shortest(vectors: Floats, axis: int) -> Floats:
    """Median of the shortest steps that are not rare: beside a gap the nearest is two steps off."""
    along = vectors[:, axis]
    ordered = np.sort(along)
    count = np.searchsorted(ordered, ordered * (1 + ALIKE)) - np.searchsorted(
        ordered, ordered * (1 - ALIKE)
    )
    shortest = ordered[int(np.argmax(count >= max(1, COMMON * len(along))))]
    return np.asarray(np.median(vectors[np.abs(along / shortest - 1) < ALIKE], axis=0))


def _refit(centres: Floats, places: Floats, origin: Floats, steps: Floats) -> tuple[Floats, Floats]:
    """Least-squares lattice through some tiles; an axis without extent keeps its step."""
    known = [axis for axis in (0, 1) if np.ptp(places[:, axis]) > 0]
    design = np.column_stack([np.ones(len(places)), places[:, known]])
    if len(known) == 0 or np.linalg.matrix_rank(design) < design.shape[1]:
        return origin, steps
    rest = [axis for axis in (0, 1) if axis not in known]
    target = centres - places[:, rest] @ steps[rest]
    solved = np.linalg.lstsq(design, target, rcond=None)[0]
    fitted = steps.copy()
    fitted[known] = solved[1:]
    return solved[0], fitted


def gaps(cells: Ints) -> list[tuple[int, int]]:
    """Rows and columns without a tile.

    In a grid that is nearly full every empty cell of its rectangle is a gap; in an outline of
    another form, only a cell with tiles on both sides in its row and in its column.
    """
    shape = cells.max(axis=0) + 1
    full = np.zeros(shape, dtype=bool)
    full[cells[:, 0], cells[:, 1]] = True
    empty = ~full
    if full.mean() < FULL_GRID:
        empty &= _between(full, 0) & _between(full, 1)
    return [(int(r), int(c)) for r, c in np.argwhere(empty)]


def _between(full: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[np.bool_]:
    before = np.logical_or.accumulate(full, axis=axis)
    after = np.flip(np.logical_or.accumulate(np.flip(full, axis), axis=axis), axis)
    return np.asarray(before & after)
