"""Which pairs a loop of others checks, and which tiles hang on pairs that nothing checks.

Around a loop of pairs the shifts must add up to nothing: what they miss shows as residuals. A pair
that lies in no loop (a bridge of the graph) is met exactly whatever it says.
"""

from __future__ import annotations

import numpy as np

from transect.mosaic.align.solve import Graph
from transect.mosaic.layout import Bools


def in_loops(graph: Graph) -> Bools:
    """Edges that lie in a loop: those without which their ends would still be tied.

    One walk in depth (Tarjan 1974), linear in edges. Each node knows the earliest node that it,
    and those reached from it, are tied to; where none is earlier than the node itself, the edge
    that led there is the only way.
    """
    beside: list[list[tuple[int, int]]] = [[] for _ in range(graph.n)]
    for edge, (a, b) in enumerate(zip(graph.a.tolist(), graph.b.tolist(), strict=True)):
        beside[a].append((b, edge))
        beside[b].append((a, edge))
    looped = np.ones(len(graph.a), dtype=np.bool_)
    met, earliest, steps = [0] * graph.n, [0] * graph.n, 0
    for start in range(graph.n):
        way = [] if met[start] else [(start, -1, iter(beside[start]))]
        while way:
            node, through, rest = way[-1]
            if not met[node]:
                steps += 1
                met[node] = earliest[node] = steps
            for other, edge in rest:
                if not met[other]:
                    way.append((other, edge, iter(beside[other])))
                    break
                if edge != through:
                    earliest[node] = min(earliest[node], met[other])
            else:
                way.pop()
                if way:
                    before = way[-1][0]
                    earliest[before] = min(earliest[before], earliest[node])
                    looped[through] = earliest[node] < met[node]
    return looped


def hanging(graph: Graph, looped: Bools) -> Bools:
    """Nodes that only edges outside of loops tie to the largest looped part of their component.

    Parameters
    ----------
    graph
        Nodes and edges.
    looped
        Edges that lie in loops.
    """
    component = graph.components(np.ones(len(looped), dtype=np.bool_))
    # Parts are numbered by size: the lowest number is the largest part.
    part = graph.components(looped)
    largest = np.full(graph.n, graph.n)
    np.minimum.at(largest, component, part)
    return np.asarray(part != largest[component])
