"""What is bent in single tiles beyond the distortion that all share: stretch, shear and turn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.linalg import splu

from transect.mosaic.align.looks import Seams
from transect.mosaic.layout import Floats, Ints

PRIOR_PX = 1.0
"""Standard deviation of what a tile's edge moves by, in px."""

FLOOR_PX = 0.2
ROUNDS = 6


def own_bends(seams: Seams, shape: tuple[int, int], tiles: int) -> Floats:
    """Stretch, shear and turn of every tile, from how the shifts change along its seams.

    Parameters
    ----------
    seams
        Pairs of straightened tiles with what pieces along them showed.
    shape
        Rows and columns of a tile.
    tiles
        How many there are.

    Returns
    -------
    Array of shape (tile, 2, 2): by how many px the x and the y component of what a tile shows
    lie off at its right edge, and at its lower edge.
    """
    known = {n: seams.results[n].pieces for n in np.flatnonzero(seams.accepted).tolist()}
    some = [(n, p) for n, p in known.items() if p is not None and len(p.shifts)]
    if not some:
        return np.zeros((tiles, 2, 2))
    which = np.concatenate([np.full(len(p.shifts), n) for n, p in some])
    places = np.concatenate([p.places for _, p in some])
    values = np.concatenate([p.shifts for _, p in some])
    errors = np.concatenate([p.errors.mean(axis=1) for _, p in some])
    a, b = seams.pairs.a[which], seams.pairs.b[which]
    rows = _rows(a, b, places, places - seams.shift[which], shape, tiles)
    found = _solve(rows, values, 1.0 / (errors**2 + FLOOR_PX**2), tiles)
    # Unknowns are places, then what each tile's right edge is off by, then its lower edge.
    return np.ascontiguousarray(found.reshape(3, tiles, 2)[1:].transpose(1, 2, 0))


def _rows(
    a: Ints, b: Ints, in_a: Floats, in_b: Floats, shape: tuple[int, int], tiles: int
) -> csc_array:
    """Equations of the pieces: shift = b - a + bend of b at its place - bend of a at its place."""
    size = np.array(shape[::-1], dtype=np.float64) - 1.0
    from_a, from_b = 2.0 * in_a / size - 1.0, 2.0 * in_b / size - 1.0
    one = np.ones(len(a))
    entries = np.concatenate([one, -one, from_b[:, 0], -from_a[:, 0], from_b[:, 1], -from_a[:, 1]])
    columns = np.concatenate([b, a, tiles + b, tiles + a, 2 * tiles + b, 2 * tiles + a])
    lines = np.tile(np.arange(len(a)), 6)
    return coo_array((entries, (lines, columns)), shape=(len(a), 3 * tiles)).tocsc()


def _solve(rows: csc_array, values: Floats, weights: npt.NDArray[np.float64], tiles: int) -> Floats:
    stiffness = diags_array(np.r_[np.full(tiles, 1e-9), np.full(2 * tiles, PRIOR_PX**-2.0)])
    trust = np.ones(len(values))
    found = np.zeros((3 * tiles, 2))
    for _ in range(ROUNDS):
        weighed = diags_array(weights * trust) @ rows
        normal = (rows.T @ weighed + stiffness).tocsc()
        found = np.asarray(splu(normal).solve(np.asarray(weighed.T @ values)))
        away = np.hypot(*(values - rows @ found).T)
        scale = 5.0 * max(float(np.median(away)), FLOOR_PX)
        trust = 1.0 / (1.0 + (away / scale) ** 2) ** 2
    return found
