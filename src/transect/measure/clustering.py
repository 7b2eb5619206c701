"""How binder clusters on a grid of cells: join counts, Moran's I, lacunarity; gradient taken off.

References
----------
P. A. P. Moran, Biometrika 37 (1950) 17; A. D. Cliff, J. K. Ord, "Spatial Processes" (1981), for
join counts without replacement; C. Allain, M. Cloitre, Phys. Rev. A 44 (1991) 3552 (lacunarity);
B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), for the jackknife.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.phases import COATING, Phase

Floats = npt.NDArray[np.float64]

CLUSTERING = ("binder_join_count_z", "binder_moran_I", "binder_lacunarity")

FEWEST = 30
"""Cells that such a number takes at least."""

FEWEST_GROUPS, MOST_GROUPS = 5, 20
"""Stretches along x that are left out in turn for an interval."""


def add_clustering(estimates: Estimates, joined: Joined) -> None:
    """Add how binder clusters in cells as high as an x-block is wide, as nearly as bins allow."""
    found = _cells(joined)
    if found is None:
        estimates.all_missing(CLUSTERING, f"fewer than {FEWEST} cells of coating")
        return
    shares, cell = found
    facts: dict[str, Any] = {"note": f"cells of {cell[0]:.3g} x {cell[1]:.3g} um"}
    n = int(np.isfinite(shares).sum())
    if not np.nanmean(shares) > 0:
        estimates.all_missing(CLUSTERING, "no binder")
        return
    values = clustering(shares)
    low, high = jackknife(clustering, shares)
    method = f"jackknife over {_groups(shares)} stretches of cells"
    for k, name in enumerate(CLUSTERING):
        if np.isfinite(values[k]):
            interval = float(low[k]), float(high[k])
            estimates.add(name, float(values[k]), interval, n, method, **facts)
        else:
            estimates.missing(name, "all cells are alike")


def clustering(shares: Floats) -> Floats:
    """Give the three numbers of `CLUSTERING` of cells of shape (depth, x-block)."""
    flat = shares - _by_depth(shares)
    spread = np.nanvar(flat) / np.nanmean(shares) ** 2
    return np.array([join_count_z(flat > 0, np.isfinite(flat)), moran(flat), spread + 1.0])


def _groups(cells: Floats) -> int:
    return min(MOST_GROUPS, int(cells.shape[1]))


def jackknife(statistic: Callable[[Floats], Floats], cells: Floats) -> tuple[Floats, Floats]:
    """95 % intervals of statistics of a grid of cells: stretches of it are left out in turn.

    NaN where a stretch less leaves a statistic undefined, or there are fewer than `FEWEST_GROUPS`.

    Parameters
    ----------
    statistic
        Gives values of shape (statistic,) of a grid.
    cells
        Shape (row, column), NaN where there is none; columns are left out.
    """
    count = _groups(cells)
    value = statistic(cells)
    if count < FEWEST_GROUPS:
        return value + np.nan, value + np.nan
    group = np.arange(cells.shape[1]) * count // cells.shape[1]
    # What is left out stays as a gap: what was apart does not become neighbours.
    less = np.array([statistic(np.where(group == g, np.nan, cells)) for g in range(count)])
    error = np.sqrt((count - 1) / count * ((less - less.mean(axis=0)) ** 2).sum(axis=0))
    half = stdtrit(count - 1, 0.975) * error
    return value - half, value + half


def _cells(joined: Joined) -> tuple[Floats, tuple[float, float]] | None:
    """Binder share by (side and depth, x-block), NaN where less than half is coating, and sizes."""
    thickness = joined.lines.thickness[joined.lines.coated]
    if not thickness.size:
        return None
    high = float(np.median(thickness)) * joined.px_um
    bins, width = joined.settings.measure.depth_bins, joined.reach.block * joined.px_um
    merged = max(1, min(bins // 3, round(width / (high / bins))))
    whole, part = (
        joined.valid(phases)[:, :, : bins // merged * merged]
        .reshape(joined.blocks, 2, bins // merged, merged)
        .sum(axis=3)
        for phases in (COATING, (Phase.BINDER,))
    )
    cell = width, high / bins * merged
    full = cell[0] * cell[1] / joined.px_um**2
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(whole > full / 2, part / whole, np.nan)
    # Sides are not neighbours: a row without values lies between them.
    gap = np.full((joined.blocks, 1), np.nan)
    grid = np.concatenate([shares[:, 0], gap, shares[:, 1]], axis=1).T
    return (grid, cell) if np.isfinite(grid).sum() >= FEWEST else None


def _by_depth(shares: Floats) -> Floats:
    """Mean of every depth of each side: the gradient."""
    known = np.isfinite(shares)
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known, shares, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(total / np.maximum(count, 1), dtype=np.float64)


def _pairs(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Values of every two cells that share a side."""
    first = np.concatenate([values[:, :-1].ravel(), values[:-1].ravel()])
    return first, np.concatenate([values[:, 1:].ravel(), values[1:].ravel()])


def moran(values: Floats) -> float:
    """Moran's I between cells that share a side: 1 alike, 0 unrelated, -1 unlike.

    Parameters
    ----------
    values
        Values of the cells, NaN where there is none, shape (row, column).
    """
    off = values - np.nanmean(values)
    a, b = _pairs(off)
    known = np.isfinite(a) & np.isfinite(b)
    power = float(np.nanmean(off**2))
    if not known.any() or power <= 0:
        return float("nan")
    return float((a[known] * b[known]).mean() / power)


def join_count_z(mask: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> float:
    """Give joins between marked cells less their expectation, over its standard deviation.

    Marked cells are thought of as dealt out over all cells without replacement.

    Parameters
    ----------
    mask
        Marked cells, shape (row, column).
    known
        Cells that there are.
    """
    a, b = _pairs(mask & known)
    one, other = _pairs(known)
    joined = one & other
    joins = int(joined.sum())
    degree = np.zeros(known.shape)
    across, down = known[:, :-1] & known[:, 1:], known[:-1] & known[1:]
    degree[:, :-1] += across
    degree[:, 1:] += across
    degree[:-1] += down
    degree[1:] += down
    n, marked = int(known.sum()), int((mask & known).sum())
    if n < 4 or marked < 2 or not joins:
        return float("nan")
    p2 = marked * (marked - 1) / (n * (n - 1))
    p3 = p2 * (marked - 2) / (n - 2)
    p4 = p3 * (marked - 3) / (n - 3)
    paths = float((degree * (degree - 1)).sum())
    expected = joins * p2
    variance = expected + paths * p3 + (joins * (joins - 1) - paths) * p4 - expected**2
    found = int((a & b & joined).sum())
    return float((found - expected) / np.sqrt(variance)) if variance > 0 else float("nan")
