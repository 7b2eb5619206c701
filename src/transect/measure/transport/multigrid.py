"""Potentials in a network: conjugate gradients, helped by ever coarser networks.

A coarse node is what strong links hold together of a square of 2 x 2 nodes, so that no coarse
node spans two pores that do not touch; links between coarse nodes are the sums of the fine ones
(aggregation with a K-cycle, after Notay, Electron. Trans. Numer. Anal. 37 (2010) 123-146). All
sums run in one order: the result does not depend on threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.transport.coarsen import gather, sum_links
from transect.measure.transport.network import Half, Network, from_lower
from transect.measure.transport.sweeps import (
    dot,
    factorise,
    restrict,
    step,
    substitute,
    sweep_down,
    sweep_up,
)

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

STRONG = 0.25
"""A link is strong if it has this share of the strongest link of one of its ends."""
SMALLEST = 200
"""Networks of no more nodes are solved directly."""
MOST_LEVELS = 40
"""Windows have fewer: a level halves both edges."""
MOST = 200
"""Iterations after which to give up: 10 to 15 are usual."""
LARGE_DROP = 0.25
"""One coarse correction is enough where it leaves no more of the residual than this."""


@dataclass(frozen=True)
class Level:
    """A network, and the coarse node that each of its nodes belongs to."""

    network: Network
    coarse: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Hierarchy:
    """Networks from fine to coarse, and the factor of the coarsest one's matrix.

    Attributes
    ----------
    factor, first
        Its triangle, and the first column in each row that is not zero.
    """

    levels: list[Level]
    last: Network
    factor: Floats
    first: npt.NDArray[np.int32]


def hierarchy_of(network: Network) -> Hierarchy:
    """Coarsen a network until it can be solved directly."""
    levels: list[Level] = []
    # Without links there is nothing to gather: as many nodes as ways side by side.
    while network.size > SMALLEST and network.lower.other.size and len(levels) < MOST_LEVELS:
        coarse = np.empty(network.size, np.int32)
        count = gather(*_halves(network), network.place, STRONG, coarse)
        levels.append(Level(network, coarse))
        network = _coarsen(network, coarse, count)
    factor, first = np.zeros((network.size, network.size)), np.empty(network.size, np.int32)
    low = network.lower
    factorise(low.start, low.other, low.weight, network.diagonal, factor, first)
    return Hierarchy(levels, network, factor, first)


def flow(network: Network, inlet: Floats, tolerance: float) -> tuple[float, int]:
    """Flow through a network between a face at potential 1 and one at 0.

    Parameters
    ----------
    network
        Nodes and links.
    inlet
        Conductance of each node to the face at 1.
    tolerance
        Relative change of the flow at which to stop.

    Returns
    -------
    flow, iterations
        More iterations than `MOST` if it did not converge.
    """
    hierarchy = hierarchy_of(network)
    x, r = np.zeros(network.size), inlet.copy()
    p, q = np.zeros(network.size), np.zeros(network.size)
    supply, before, found = float(inlet.sum()), np.inf, float("nan")
    for iteration in range(1, MOST + 1):
        z = _cycle(hierarchy, 0, r)
        gain = step(*_halves(network), network.diagonal, z, p, q, x, r)
        # With the residual in it, the flow is wrong by the energy of the error, which every step
        # lessens by `gain`: by the square of what the potentials are wrong by.
        found = supply - float(dot(inlet, x)) - float(dot(r, x))
        if gain + before <= tolerance * found:
            return found, iteration
        before = gain
    return found, MOST + 1


def _halves(network: Network) -> tuple[Array, Array, Array, Array, Array, Array]:
    low, up = network.lower, network.upper
    return low.start, low.other, low.weight, up.start, up.other, up.weight


def _coarsen(network: Network, coarse: npt.NDArray[np.int32], count: int) -> Network:
    order = np.argsort(coarse, kind="stable").astype(np.int32)
    lower = Half(
        np.zeros(count + 1, np.int32),
        np.empty_like(network.lower.other),
        np.empty_like(network.lower.weight),
    )
    ground = np.zeros(count)
    place = np.empty((count, 2), np.int32)
    sum_links(
        *_halves(network), network.diagonal, network.place, coarse, order,
        lower.start, lower.other, lower.weight, ground, place,
    )  # fmt: skip
    links = lower.start[-1]
    half = Half(lower.start, lower.other[:links].copy(), lower.weight[:links].copy())
    return from_lower(half, np.maximum(ground, 0.0), place)


def _cycle(hierarchy: Hierarchy, depth: int, b: Floats) -> Floats:
    """Approximate the potentials for a right-hand side, symmetrically."""
    if depth == len(hierarchy.levels):
        x = b.copy()
        substitute(hierarchy.factor, hierarchy.first, x)
        return x
    level = hierarchy.levels[depth]
    network, low, up = level.network, level.network.lower, level.network.upper
    below = _coarse_network(hierarchy, depth + 1)
    x, rest = np.empty(network.size), np.zeros(below.size)
    sweep_down(low.start, low.other, low.weight, network.diagonal, b, x)
    restrict(up.start, up.other, up.weight, x, level.coarse, rest)
    correction = _improve(hierarchy, depth + 1, rest)
    sweep_up(*_halves(network), network.diagonal, b, level.coarse, correction, x)
    return x


def _coarse_network(hierarchy: Hierarchy, depth: int) -> Network:
    levels = hierarchy.levels
    return levels[depth].network if depth < len(levels) else hierarchy.last


def _improve(hierarchy: Hierarchy, depth: int, b: Floats) -> Floats:
    """Two steps of conjugate gradients on a coarse network, each helped by a cycle.

    One where coarsening shrank the network by less than half: two at every level would be as many
    as two to the power of the levels.
    """
    if depth == len(hierarchy.levels):
        return _cycle(hierarchy, depth, b)
    network = hierarchy.levels[depth].network
    r, x = b.copy(), np.zeros(network.size)
    p, q = np.zeros(network.size), np.zeros(network.size)
    finer = hierarchy.levels[depth - 1].network.size
    for _ in range(2 if 2 * network.size <= finer else 1):
        z = _cycle(hierarchy, depth, r)
        step(*_halves(network), network.diagonal, z, p, q, x, r)
        if dot(r, r) <= LARGE_DROP**2 * dot(b, b):
            break
    return x
