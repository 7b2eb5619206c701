"""Components across windows: the pieces that touch over a border are one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.kernels import kernel
from transect.measure.partial_schemas import LEAST, MOST

Array = npt.NDArray[Any]


def unite(frame: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Sum the pieces of components that touch over borders of windows.

    Parameters
    ----------
    frame
        Pieces, with the columns component, phase, particle, boxes and integer sums.
    runs
        Where pieces touch borders; the pieces of other kinds are passed over.

    Returns
    -------
    One row a component, whose id is the smallest of its pieces'; sorted by it.
    """
    if not len(frame):
        return frame
    order = np.argsort(frame["component"].to_numpy(), kind="stable")
    ids = frame["component"].to_numpy()[order]
    parents = parents_of(ids, runs)
    roots, group = np.unique(parents, return_inverse=True)
    by_root = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[by_root], np.arange(len(roots)))
    joined = {}
    for name in frame.columns:
        values = frame[name].to_numpy()[order]
        if name in ("component", "phase", "particle"):
            joined[name] = values[roots]
        elif name in LEAST:
            joined[name] = np.minimum.reduceat(values[by_root], starts)
        elif name in MOST:
            joined[name] = np.maximum.reduceat(values[by_root], starts)
        else:
            joined[name] = np.add.reduceat(values[by_root], starts)
    return pd.DataFrame(joined)


def parents_of(ids: Array, runs: pd.DataFrame) -> Array:
    """Find the first piece of every piece's component, as an index into the sorted ids."""
    parents = np.arange(len(ids))
    for axis in (0, 1):
        first, second = (_border(runs, ids, axis, side) for side in (0, 1))
        _match(first, second, parents)
    _flatten(parents)
    return parents


def _border(runs: pd.DataFrame, ids: Array, axis: int, side: int) -> Array:
    """List what touches a side of borders: line, start, stop, piece, phase, particle; sorted."""
    chosen = runs[(runs["axis"] == axis) & (runs["side"] == side)]
    component = chosen["component"].to_numpy()
    spot = np.minimum(np.searchsorted(ids, component), len(ids) - 1)
    known = ids[spot] == component
    parts = [chosen[name].to_numpy()[known].astype(np.int64) for name in ("line", "start", "stop")]
    rest = [chosen[name].to_numpy()[known].astype(np.int64) for name in ("phase", "particle")]
    rows = np.stack([*parts, spot[known], *rest], axis=1)
    return np.ascontiguousarray(rows[np.lexsort([rows[:, 1], rows[:, 0]])])


@kernel
def _root(parents: Array, i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@kernel
def _match(first: Array, second: Array, parents: Array) -> None:
    """Unite what touches, corners included; both sides are sorted by line and start."""
    j = 0
    for i in range(len(first)):
        line, start, stop = first[i, 0], first[i, 1], first[i, 2]
        while j < len(second) and (
            second[j, 0] < line or (second[j, 0] == line and second[j, 2] < start)
        ):
            j += 1
        k = j
        while k < len(second) and second[k, 0] == line and second[k, 1] <= stop:
            if second[k, 4] == first[i, 4] and second[k, 5] == first[i, 5]:
                a, b = _root(parents, first[i, 3]), _root(parents, second[k, 3])
                parents[max(a, b)] = min(a, b)
            k += 1


@kernel
def _flatten(parents: Array) -> None:
    for i in range(len(parents)):
        parents[i] = _root(parents, i)
