"""A window as a network of conductances: one node for each pixel that something can flow through.

Unknowns are the potentials at the middles of pixels. Two pixels that share a side are joined by
the series of their halves; the pixels of the first row are joined by half a pixel to a face at
potential 1, those of the last row to a face at 0. The other two borders let nothing through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Half:
    """Links of every node to nodes of smaller (or of larger) number.

    Attributes
    ----------
    start
        Where the links of each node begin; one more for the end.
    other
        The node at the other end.
    weight
        Conductance of the link.
    """

    start: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]
    weight: Floats


@dataclass(frozen=True)
class Network:
    """Nodes with their links, seen from both ends.

    Attributes
    ----------
    lower, upper
        Links to nodes of smaller and of larger number.
    diagonal
        Sum of all conductances at a node, those to the faces included.
    place
        Row and column of each node, shape (nodes, 2).
    """

    lower: Half
    upper: Half
    diagonal: Floats
    place: npt.NDArray[np.int32]

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.diagonal)


def network_of(conductivity: Floats, mask: npt.NDArray[np.bool_]) -> tuple[Network, Floats]:
    """Make the network of some pixels of a window.

    Parameters
    ----------
    conductivity
        Of each pixel.
    mask
        Which pixels become nodes, row by row.

    Returns
    -------
    network, inlet
        The nodes, and the conductance of each to the face at potential 1.
    """
    place = np.argwhere(mask).astype(np.int32)
    n = len(place)
    node = np.cumsum(mask.ravel(), dtype=np.int32).reshape(mask.shape)
    start, other = np.zeros(n + 1, np.int32), np.empty(2 * n, np.int32)
    weight, inlet = np.empty(2 * n, np.float64), np.zeros(n, np.float64)
    ground = np.zeros(n, np.float64)
    _link(conductivity, mask, node, start, other, weight, inlet, ground)
    lower = Half(start, other[: start[-1]], weight[: start[-1]])
    return from_lower(lower, ground, place), inlet


def from_lower(lower: Half, ground: Floats, place: npt.NDArray[np.int32]) -> Network:
    """Complete a network from the links to smaller numbers and the conductances to the faces."""
    upper = Half(
        np.zeros_like(lower.start), np.empty_like(lower.other), np.empty_like(lower.weight)
    )
    diagonal = ground.copy()
    _turn(lower.start, lower.other, lower.weight, upper.start, upper.other, upper.weight, diagonal)
    return Network(lower, upper, diagonal, place)


@kernel
def _link(
    conductivity: Array,
    mask: Array,
    node: Array,
    start: Array,
    other: Array,
    weight: Array,
    inlet: Array,
    ground: Array,
) -> None:
    rows, columns = mask.shape
    links, i = 0, 0
    for r in range(rows):
        for c in range(columns):
            if not mask[r, c]:
                continue
            here = conductivity[r, c]
            if r == 0:
                inlet[i] += 2 * here
                ground[i] += 2 * here
            if r == rows - 1:
                ground[i] += 2 * here
            for y, x in ((r - 1, c), (r, c - 1)):
                if y >= 0 and x >= 0 and mask[y, x]:
                    other[links] = node[y, x] - 1
                    weight[links] = 2 * here * conductivity[y, x] / (here + conductivity[y, x])
                    links += 1
            i += 1
            start[i] = links


@kernel
def _turn(
    start: Array,
    other: Array,
    weight: Array,
    turned_start: Array,
    turned_other: Array,
    turned_weight: Array,
    diagonal: Array,
) -> None:
    """Links seen from the other end, and the sums at both."""
    n = len(diagonal)
    for k in range(len(other)):
        turned_start[other[k] + 1] += 1
    for i in range(n):
        turned_start[i + 1] += turned_start[i]
    free = turned_start[:n].copy()
    for i in range(n):
        for k in range(start[i], start[i + 1]):
            j = other[k]
            turned_other[free[j]] = i
            turned_weight[free[j]] = weight[k]
            free[j] += 1
            diagonal[i] += weight[k]
            diagonal[j] += weight[k]
