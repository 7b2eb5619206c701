"""Coarse nodes of a network, and the links between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]


@kernel
def gather(
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
def sum_links(
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
