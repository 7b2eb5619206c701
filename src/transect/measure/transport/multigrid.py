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

from transect.kernels import kernel
from transect.measure.transport.network import Half, Network, from_lower

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
    """Networks from fine to coarse, and the factors of the coarsest one's matrix."""

    levels: list[Level]
    last: Network
    factor: Floats


def hierarchy_of(network: Network) -> Hierarchy:
    """Coarsen a network until it can be solved directly."""
    levels: list[Level] = []
    while network.size > SMALLEST and len(levels) < MOST_LEVELS:
        coarse = np.empty(network.size, np.int32)
        count = _gather(*_halves(network), network.place, STRONG, coarse)
        levels.append(Level(network, coarse))
        network = _coarsen(network, coarse, count)
    factor = np.zeros((network.size, network.size))
    _factor(
        network.lower.start, network.lower.other, network.lower.weight, network.diagonal, factor
    )
    return Hierarchy(levels, network, factor)


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
        gain = _step(*_halves(network), network.diagonal, z, p, q, x, r)
        # With the residual in it, the flow is wrong by the energy of the error, which every step
        # lessens by `gain`: by the square of what the potentials are wrong by.
        found = supply - float(_dot(inlet, x)) - float(_dot(r, x))
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
    _sum_links(
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
        _substitute(hierarchy.factor, x)
        return x
    level = hierarchy.levels[depth]
    network, low, up = level.network, level.network.lower, level.network.upper
    below = _coarse_network(hierarchy, depth + 1)
    x, rest = np.empty(network.size), np.zeros(below.size)
    _down(low.start, low.other, low.weight, network.diagonal, b, x)
    _restrict(up.start, up.other, up.weight, x, level.coarse, rest)
    _up(*_halves(network), network.diagonal, b, level.coarse, _improve(hierarchy, depth + 1, rest),
        x)  # fmt: skip
    return x


def _coarse_network(hierarchy: Hierarchy, depth: int) -> Network:
    levels = hierarchy.levels
    return levels[depth].network if depth < len(levels) else hierarchy.last


def _improve(hierarchy: Hierarchy, depth: int, b: Floats) -> Floats:
    """Two steps of conjugate gradients on a coarse network, each helped by a cycle."""
    if depth == len(hierarchy.levels):
        return _cycle(hierarchy, depth, b)
    network = hierarchy.levels[depth].network
    r, x = b.copy(), np.zeros(network.size)
    p, q = np.zeros(network.size), np.zeros(network.size)
    for _ in range(2):
        z = _cycle(hierarchy, depth, r)
        _step(*_halves(network), network.diagonal, z, p, q, x, r)
        if _dot(r, r) <= LARGE_DROP**2 * _dot(b, b):
            break
    return x


@kernel
def _gather(
    low_start: Array,
    low_other: Array,
    low_weight: Array,
    up_start: Array,
    up_other: Array,
    up_weight: Array,
    place: Array,
    strong: float,
    coarse: Array,
) -> int:
    """Find coarse nodes, numbered by their first node, and count them."""
    n = len(place)
    most = np.zeros(n)
    for i in range(n):
        for k in range(low_start[i], low_start[i + 1]):
            j = low_other[k]
            most[i] = max(most[i], low_weight[k])
            most[j] = max(most[j], low_weight[k])
    for i in range(n):
        coarse[i] = i
    for i in range(n):
        for k in range(low_start[i], low_start[i + 1]):
            j = low_other[k]
            same = place[i, 0] // 2 == place[j, 0] // 2 and place[i, 1] // 2 == place[j, 1] // 2
            if not same or low_weight[k] < strong * min(most[i], most[j]):
                continue
            a, b = i, j
            while coarse[a] != a:
                a = coarse[a]
            while coarse[b] != b:
                b = coarse[b]
            coarse[max(a, b)] = min(a, b)
    count = 0
    # The first of a coarse node is its smallest: all others point to smaller ones.
    for i in range(n):
        if coarse[i] == i:
            coarse[i] = count
            count += 1
        else:
            coarse[i] = coarse[coarse[i]]
    return count


@kernel
def _sum_links(
    low_start: Array,
    low_other: Array,
    low_weight: Array,
    up_start: Array,
    up_other: Array,
    up_weight: Array,
    diagonal: Array,
    place: Array,
    coarse: Array,
    order: Array,
    start: Array,
    other: Array,
    weight: Array,
    ground: Array,
    coarse_place: Array,
) -> None:
    """Sum the links between coarse nodes, and the conductances to the faces."""
    links, at = 0, 0
    spot = np.full(len(ground), -1, np.int32)
    for big in range(len(ground)):
        first = links
        coarse_place[big, 0] = place[order[at], 0] // 2
        coarse_place[big, 1] = place[order[at], 1] // 2
        while at < len(order) and coarse[order[at]] == big:
            i = order[at]
            at += 1
            left = diagonal[i]
            for k in range(low_start[i], low_start[i + 1]):
                left -= low_weight[k]
                links = _add(coarse[low_other[k]], big, low_weight[k], first, links, spot, other,
                             weight)  # fmt: skip
            for k in range(up_start[i], up_start[i + 1]):
                left -= up_weight[k]
                links = _add(coarse[up_other[k]], big, up_weight[k], first, links, spot, other,
                             weight)  # fmt: skip
            # What rounding leaves of a node without a face is not a conductance.
            if left > 1e-9 * diagonal[i]:
                ground[big] += left
        start[big + 1] = links


@kernel
def _add(
    to: int,
    big: int,
    conductance: float,
    first: int,
    links: int,
    spot: Array,
    other: Array,
    weight: Array,
) -> int:
    if to >= big:
        return links
    if spot[to] < first or other[spot[to]] != to:
        spot[to] = links
        other[links] = to
        weight[links] = 0.0
        links += 1
    weight[spot[to]] += conductance
    return links


@kernel
def _down(start: Array, other: Array, weight: Array, diagonal: Array, b: Array, x: Array) -> None:
    """One Gauss-Seidel sweep forward, from zero."""
    for i in range(len(x)):
        total = b[i]
        for k in range(start[i], start[i + 1]):
            total += weight[k] * x[other[k]]
        x[i] = total / diagonal[i]


@kernel
def _restrict(
    start: Array, other: Array, weight: Array, x: Array, coarse: Array, rest: Array
) -> None:
    """Residual after a sweep forward from zero, summed over coarse nodes."""
    for i in range(len(x)):
        total = 0.0
        for k in range(start[i], start[i + 1]):
            total += weight[k] * x[other[k]]
        rest[coarse[i]] += total


@kernel
def _up(
    low_start: Array,
    low_other: Array,
    low_weight: Array,
    up_start: Array,
    up_other: Array,
    up_weight: Array,
    diagonal: Array,
    b: Array,
    coarse: Array,
    correction: Array,
    x: Array,
) -> None:
    """Add the coarse correction, and one sweep backward."""
    for i in range(len(x)):
        x[i] += correction[coarse[i]]
    for i in range(len(x) - 1, -1, -1):
        total = b[i]
        for k in range(low_start[i], low_start[i + 1]):
            total += low_weight[k] * x[low_other[k]]
        for k in range(up_start[i], up_start[i + 1]):
            total += up_weight[k] * x[up_other[k]]
        x[i] = total / diagonal[i]


@kernel
def _dot(a: Array, b: Array) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@kernel
def _step(
    low_start: Array,
    low_other: Array,
    low_weight: Array,
    up_start: Array,
    up_other: Array,
    up_weight: Array,
    diagonal: Array,
    z: Array,
    p: Array,
    q: Array,
    x: Array,
    r: Array,
) -> float:
    """One step of flexible conjugate gradients; p and q = A p are those of the step before.

    Returns
    -------
    gain
        By how much the energy of the error falls.
    """
    n = len(z)
    pq, zq = 0.0, 0.0
    for i in range(n):
        pq += p[i] * q[i]
        zq += z[i] * q[i]
    turn = zq / pq if pq > 0 else 0.0
    for i in range(n):
        p[i] = z[i] - turn * p[i]
    pq, pr = 0.0, 0.0
    for i in range(n):
        total = diagonal[i] * p[i]
        for k in range(low_start[i], low_start[i + 1]):
            total -= low_weight[k] * p[low_other[k]]
        for k in range(up_start[i], up_start[i + 1]):
            total -= up_weight[k] * p[up_other[k]]
        q[i] = total
        pq += p[i] * total
        pr += p[i] * r[i]
    if pq <= 0:
        return 0.0
    length = pr / pq
    for i in range(n):
        x[i] += length * p[i]
        r[i] -= length * q[i]
    return length * pr


@kernel
def _factor(start: Array, other: Array, weight: Array, diagonal: Array, factor: Array) -> None:
    """Cholesky factor of a small network's matrix."""
    n = len(diagonal)
    for i in range(n):
        factor[i, i] = diagonal[i]
        for k in range(start[i], start[i + 1]):
            factor[i, other[k]] -= weight[k]
    for i in range(n):
        for j in range(i + 1):
            total = factor[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = np.sqrt(max(total, 1e-300))
            else:
                factor[i, j] = total / factor[j, j]


@kernel
def _substitute(factor: Array, x: Array) -> None:
    """Solve with the factor, in place."""
    n = len(x)
    for i in range(n):
        for k in range(i):
            x[i] -= factor[i, k] * x[k]
        x[i] /= factor[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= factor[k, i] * x[k]
        x[i] /= factor[i, i]
