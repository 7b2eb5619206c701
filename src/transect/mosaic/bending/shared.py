"""Distortion that all tiles share: how the scan bends its field of view, from the seams.

A scan that is not quite linear shifts what it records by a few pixels towards the edges of the
field, in every tile alike. Placed by one shift each, such tiles fit in the middle of their seams
and are doubled at the ends. Along a seam the two tiles show the same specimen at opposite edges
of the field, so how the shift changes along all seams tells how the field is bent.

References
----------
V. Kaynig, B. Fischer, E. Mueller, J. Buhmann, "Fully automatic stitching and distortion correction
of transmission electron microscope images", J. Structural Biology 171 (2010) 163.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transect.mosaic.align.looks import Seams
from transect.mosaic.align.pairs import Pieces
from transect.mosaic.bending.distort import Distortion, design, powers
from transect.mosaic.layout import Floats, Ints

FEWEST = 6
"""Seams below which nothing is judged."""

WORTH_PX = 0.15
"""Root mean square change along the seams below which tiles are left as they are."""

EXPLAINED = 0.5
"""Share of that change, squared, which one half of the seams must foretell of the other half."""

CAP_PX = 4.0
PRIOR_PX = 1.0
"""Standard deviation of a term of first degree; that of degree n is n times smaller."""

FLOOR_PX = 0.1
"""Added to the error of every piece: the field is not quite a polynomial."""

MOST = 300
"""Seams beyond this many add time and no precision."""

ROUNDS = 8


def find_distortion(seams: Seams, shape: tuple[int, int]) -> Distortion | None:
    """Distortion that the accepted seams agree on, or None where there is none worth correcting.

    Parameters
    ----------
    seams
        Pairs with what pieces along them showed.
    shape
        Rows and columns of a tile.
    """
    known = {n: _usable(seams, n) for n in np.flatnonzero(seams.accepted).tolist()}
    pieces = {n: p for n, p in known.items() if p is not None}
    if len(pieces) < FEWEST:
        return None
    chosen = _some(seams, list(pieces))
    parts = [_equations(pieces[n], seams.shift[n], shape) for n in chosen]
    if not _foretold(parts):
        return None
    ends = np.array([(seams.pairs.a[n], seams.pairs.b[n]) for n in chosen])
    return Distortion(shape, _with_places(parts, ends))


def _usable(seams: Seams, number: int) -> Pieces | None:
    one = seams.results.get(number)
    pieces = one.pieces if one is not None else None
    return pieces if pieces is not None and len(pieces.shifts) > 2 else None


def _some(seams: Seams, numbers: list[int]) -> list[int]:
    """Seams of a stretch of the section: enough to know what is the same everywhere."""
    # Pairs go by their first tile, and tiles by their place: a stretch hangs together.
    first = max((len(numbers) - MOST) // 2, 0)
    return sorted(numbers, key=lambda n: (int(seams.pairs.a[n]), n))[first : first + MOST]


@dataclass(frozen=True)
class _Equations:
    """Of a seam's pieces: terms (piece, term), shifts (piece, 2) and weights (piece,)."""

    rows: Floats
    values: Floats
    weights: Floats

    def within(self) -> tuple[Floats, Floats]:
        """Rows and values free of what the whole seam shares."""
        share = self.weights / self.weights.sum()
        return self.rows - share @ self.rows, self.values - share @ self.values


def _equations(pieces: Pieces, shift: Floats, shape: tuple[int, int]) -> _Equations:
    # a shows at p what b shows at q = p - s: a + p + u(p) = b + q + u(q), so
    # s = b - a + u(q) - u(p).
    rows = design(pieces.places - shift, shape) - design(pieces.places, shape)
    return _Equations(rows, pieces.shifts, 1.0 / (pieces.errors.mean(axis=1) ** 2 + FLOOR_PX**2))


def _foretold(parts: list[_Equations]) -> bool:
    """Whether each half of the seams foretells how the other half bends, by enough pixels."""
    within = [p.within() for p in parts]
    left, total, count = 0.0, 0.0, 0
    for half in (0, 1):
        mine, others = within[half::2], within[1 - half :: 2]
        weights = np.concatenate([p.weights for p in parts[half::2]])
        rows, values = (np.concatenate(v) for v in zip(*mine, strict=True))
        terms = _solve(rows, values, weights, _stiffness())
        for rows, values in others:
            # A piece that is far off by itself decides nothing.
            left += float(np.minimum(((values - rows @ terms) ** 2).sum(axis=1), CAP_PX**2).sum())
            total += float(np.minimum((values**2).sum(axis=1), CAP_PX**2).sum())
            count += len(values)
    return total >= count * WORTH_PX**2 and left <= (1.0 - EXPLAINED) * total


def _with_places(parts: list[_Equations], ends: Ints) -> Floats:
    """Coefficients (2, term), found together with the places of the tiles.

    How tiles are spaced by chance tells scale and shear of the scan from the pitch of the grid.
    """
    tiles, numbers = np.unique(ends, return_inverse=True)
    a, b = numbers.reshape(ends.shape).T
    counts = np.array([len(p.values) for p in parts])
    which = np.repeat(np.arange(len(parts)), counts)
    ties = np.zeros((len(which), len(tiles)))
    np.put_along_axis(ties, b[which][:, None], 1.0, axis=1)
    np.put_along_axis(ties, a[which][:, None], -1.0, axis=1)
    rows = np.hstack([np.concatenate([p.rows for p in parts]), ties])
    values = np.concatenate([p.values for p in parts])
    stiffness = np.r_[_stiffness(), np.full(len(tiles), 1e-9)]
    found = _solve(rows, values, np.concatenate([p.weights for p in parts]), stiffness)
    return np.ascontiguousarray(found[: parts[0].rows.shape[1]].T)


def _stiffness() -> Floats:
    """Weight of the prior, zero, of every term: fine bends are less likely than coarse ones."""
    degree = np.array([p + q for p, q in powers()], dtype=np.float64)
    return np.asarray((degree / PRIOR_PX) ** 2)


def _solve(rows: Floats, values: Floats, weights: Floats, stiffness: Floats) -> Floats:
    """Robust least squares with a prior at zero, shape (unknown, 2)."""
    trust = np.ones(len(rows))
    found: Floats = np.zeros((rows.shape[1], 2))
    for _ in range(ROUNDS):
        weighed = rows * (weights * trust)[:, None]
        normal = rows.T @ weighed + np.diag(stiffness)
        found = np.asarray(np.linalg.solve(normal, weighed.T @ values), dtype=np.float64)
        away = np.hypot(*(values - rows @ found).T)
        scale = 5.0 * max(float(np.median(away)), FLOOR_PX)
        trust = 1.0 / (1.0 + (away / scale) ** 2) ** 2
    return np.asarray(found)
