"""Basins become particles: once per section, on a small graph, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import SegmentConfig
from transect.kernels import kernel
from transect.parallel import WINDOW
from transect.segment.distance import UNIT
from transect.segment.learned import DEEPEST

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

NOISE = UNIT
"""A pass this much below the lower peak is the roughness of a digital outline: 1 px."""

LEARNED_NOISE = DEEPEST // 10
"""The same for learned heights: networks place the depth of a pixel to about a tenth."""


@dataclass(frozen=True)
class Merge:
    """When two basins are one particle.

    Attributes
    ----------
    share
        Share of the lower peak that the pass between them reaches.
    noise
        Or how far below the lower peak it lies at most, in units of height.
    """

    share: float
    noise: int

    @classmethod
    def of(cls, config: SegmentConfig) -> Merge:
        """Rule for the heights of the engine that is asked for."""
        if config.network:
            return cls(config.merge_saddle_learned, LEARNED_NOISE)
        return cls(config.merge_saddle, NOISE)


@kernel
def _find(parent: I64, item: int) -> int:
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@kernel
def _merge(a: I64, b: I64, saddle: I64, peak: I64, permille: int, noise: int) -> I64:
    """Unite basins over contacts sorted by falling saddle; the smallest index is the root."""
    parent = np.arange(peak.size)
    for k in range(a.size):
        x, y = _find(parent, a[k]), _find(parent, b[k])
        if x == y:
            continue
        low = min(peak[x], peak[y])
        if saddle[k] * 1000 >= permille * low or low - saddle[k] <= noise:
            x, y = min(x, y), max(x, y)
            parent[y] = x
            peak[x] = max(peak[x], peak[y])
    for k in range(parent.size):
        parent[k] = _find(parent, k)
    return parent


def seams(faces: pd.DataFrame, shape: tuple[int, int], edge: int = WINDOW) -> pd.DataFrame:
    """Contacts of basins across the borders of windows, diagonals included.

    Parameters
    ----------
    faces
        Rows of the table `faces`.
    shape
        Rows and columns of the mosaic.
    edge
        Edge of a window in px.
    """
    faces = faces.sort_values("pixel", kind="stable")
    pixel = faces["pixel"].to_numpy().astype(np.int64)
    label, height = faces["label"].to_numpy(), faces["height"].to_numpy()
    row, column = pixel // shape[1], pixel % shape[1]
    parts = []
    for down, right in ((0, 1), (1, -1), (1, 0), (1, 1)):
        r, c = row + down, column + right
        other = (r // edge != row // edge) | (c // edge != column // edge)
        near = other & (r < shape[0]) & (c >= 0) & (c < shape[1])
        want = r * shape[1] + c
        at = np.minimum(np.searchsorted(pixel, want), max(pixel.size - 1, 0))
        here = np.flatnonzero(near & (pixel[at] == want)) if pixel.size else at
        there = at[here]
        parts.append(
            pd.DataFrame(
                {
                    "basin_a": label[here],
                    "basin_b": label[there],
                    "saddle": np.minimum(height[here], height[there]),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def exits(faces: pd.DataFrame, ids: U64) -> tuple[U64, U64]:
    """Labels that stand for a way out, and the label of the pixel that they lead to.

    Parameters
    ----------
    faces
        Faces of the windows around, by any order.
    ids
        All labels to look at.
    """
    order = np.argsort(faces["pixel"].to_numpy(), kind="stable")
    pixel = faces["pixel"].to_numpy()[order]
    label = faces["label"].to_numpy()[order]
    want = ids - np.uint64(1)
    at = np.searchsorted(pixel, want)
    at = np.minimum(at, max(pixel.size - 1, 0))
    if pixel.size == 0:
        return ids[:0], ids[:0]
    out = (pixel[at] == want) & (label[at] != ids)
    return ids[out], label[at[out]]


def group(contacts: pd.DataFrame, source: U64, target: U64, merge: Merge) -> pd.DataFrame:
    """Particle of every basin.

    Parameters
    ----------
    contacts
        Contacts inside and between windows, with one row per basin for itself.
    source, target
        Labels that are ways out, and where each leads.
    merge
        When two basins are one particle.

    Returns
    -------
    Table `groups`: basin, particle; sorted by basin.
    """
    ids = np.unique(np.concatenate([contacts["basin_a"], contacts["basin_b"], source, target]))
    lead = np.arange(ids.size)
    lead[np.searchsorted(ids, source)] = np.searchsorted(ids, target)
    # A climb only goes up, so following it ends; doubling makes that a few rounds.
    while np.any(lead[lead] != lead):
        lead = lead[lead]
    a = lead[np.searchsorted(ids, contacts["basin_a"].to_numpy())]
    b = lead[np.searchsorted(ids, contacts["basin_b"].to_numpy())]
    height = contacts["saddle"].to_numpy().astype(np.int64)
    peak = np.zeros(ids.size, np.int64)
    itself = contacts["basin_a"].to_numpy() == contacts["basin_b"].to_numpy()
    np.maximum.at(peak, a[itself], height[itself])
    low, high, passes = _highest(a, b, height)
    root = _merge(low, high, passes, peak, round(1000 * merge.share), merge.noise)
    return pd.DataFrame({"basin": ids, "particle": ids[root[lead]]})


def _highest(a: I64, b: I64, height: I64) -> tuple[I64, I64, I64]:
    """Highest pass of each pair of basins, by falling height, then by ids."""
    keep = a != b
    pairs = pd.DataFrame(
        {
            "basin_a": np.minimum(a, b)[keep],
            "basin_b": np.maximum(a, b)[keep],
            "saddle": height[keep],
        }
    )
    best = _shrink(pairs)
    low, high, passes = (best[n].to_numpy(np.int64) for n in ("basin_a", "basin_b", "saddle"))
    order = np.lexsort((high, low, -passes))
    return low[order], high[order], passes[order]


def resolve(
    blocks: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    shape: tuple[int, int],
    merge: Merge,
    edge: int = WINDOW,
) -> pd.DataFrame:
    """Particles of a section, from the contacts and faces of its blocks from left to right.

    Parameters
    ----------
    blocks
        Tables `contacts` and `faces` of each block.
    shape
        Rows and columns of the mosaic.
    merge
        When two basins are one particle.
    edge
        Edge of a window in px.
    """
    contacts, sources, targets = [], [], []
    for inner, around in _neighbours(blocks, shape):
        across = seams(around, shape, edge)
        inside = inner[["basin_a", "basin_b", "saddle"]]
        contacts.append(_shrink(pd.concat([inside, across], ignore_index=True)))
        labels = np.unique(np.concatenate([inner["basin_a"], around["label"]]))
        source, target = exits(around, labels.astype(np.uint64))
        sources.append(source)
        targets.append(target)
    source, first = np.unique(np.concatenate(sources), return_index=True)
    return group(
        pd.concat(contacts, ignore_index=True),
        source,
        np.concatenate(targets)[first],
        merge,
    )


def _neighbours(
    blocks: Iterable[tuple[pd.DataFrame, pd.DataFrame]], shape: tuple[int, int]
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Each block's contacts, with its faces and the last column of the block before."""
    before: pd.DataFrame | None = None
    for inner, faces in blocks:
        around = faces if before is None else pd.concat([before, faces], ignore_index=True)
        yield inner, around
        if len(faces):
            column = faces["pixel"].to_numpy() % np.uint64(shape[1])
            before = faces[column == column.max()]


def _shrink(contacts: pd.DataFrame) -> pd.DataFrame:
    """One row per pair: the highest pass."""
    return contacts.groupby(["basin_a", "basin_b"], as_index=False, sort=True).agg(
        saddle=("saddle", "max")
    )
