"""The global solve: positions (or offsets) from differences, robustly, on a sparse graph.

Linear in tiles: one sparse factorisation per iteration and axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from transect.mosaic.layout import Bools, Floats, Ints

PRIOR = 1e-9
"""Weight of the stage against a pair's. At 1e-4 a mosaic of 3 x 800 tiles bends by 36 to 80 px
while its seams look perfect; this holds loose parts in place and does no more."""

FLOOR_PX = 0.05
"""Added to every standard error: distortion and interpolation that a pair does not see."""

CUT_SD = 3.0
"""Scale of the robust weight, in standard errors."""

STRAIN_PX = 6.0
SURE_VOTE = 0.3
"""Largest disagreement of a pair, and least belief in it, that tells of tiles that are bent."""

ROUNDS = 40


@dataclass(frozen=True)
class Graph:
    """Who is tied to whom: `b` minus `a` was measured for every edge."""

    n: int
    a: Ints
    b: Ints

    def difference(self, values: npt.NDArray[np.float64]) -> Floats:
        """Value of b minus value of a, for every edge."""
        return np.asarray(values[self.b] - values[self.a])

    def components(self, edges: Bools) -> Ints:
        """Tell the part that each node belongs to: 0 is the largest, ties by first node."""
        # Only true edges go in: an explicit zero would count as a tie.
        a, b = self.a[edges], self.b[edges]
        matrix = coo_array((np.ones(len(a)), (a, b)), shape=(self.n, self.n))
        count, label = connected_components(matrix, directed=False)
        sizes = np.bincount(label, minlength=count)
        first = np.full(count, self.n)
        np.minimum.at(first, label, np.arange(self.n))
        rank = np.empty(count, dtype=np.int64)
        rank[np.lexsort((first, -sizes))] = np.arange(count)
        return np.asarray(rank[label])


def least_squares(graph: Graph, measured: Floats, weights: Floats, prior_weight: Floats) -> Floats:
    """Values whose differences fit best, pulled towards 0 by the prior's weights.

    Parameters
    ----------
    graph
        Nodes and edges.
    measured
        Difference b minus a of every edge.
    weights
        Precision of every edge.
    prior_weight
        Precision of the prior at every node.
    """
    keep = weights > 0
    a, b, w, d = graph.a[keep], graph.b[keep], weights[keep], measured[keep]
    diagonal = prior_weight.copy()
    np.add.at(diagonal, a, w)
    np.add.at(diagonal, b, w)
    upper = coo_array((-w, (a, b)), shape=(graph.n, graph.n))
    matrix: csc_array = (diags_array(diagonal) + upper + upper.T).tocsc()
    right = np.zeros(graph.n)
    np.add.at(right, b, w * d)
    np.add.at(right, a, -w * d)
    factors = splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    return np.asarray(factors.solve(right))


@dataclass(frozen=True)
class Solution:
    """Positions (node, 2), residual of every edge (edge, 2) and its robust weight (0 to 1)."""

    positions: Floats
    residual: Floats
    trust: Floats


def solve(graph: Graph, shift: Floats, se: Floats, vote: Floats, prior: Floats) -> Solution:
    """Robust positions from pair shifts.

    Iteratively reweighted (Geman-McClure), from nearly quadratic to a few standard errors: a
    graduated start does not lock on to a wrong majority. Both axes share one robust weight, as a
    false match is false in both. What an outlier can cost at most is its vote, whatever its
    standard error: three weak pairs that agree outvote a sharp one that is false. The last round
    weighs by the standard errors alone.

    Parameters
    ----------
    graph
        Tiles and accepted pairs.
    shift
        Measured (x, y) of b minus a.
    se
        Standard error of each, in px.
    vote
        How far each pair is believed, 0 to 1, from its correlation.
    prior
        Position of each tile by the stage.
    """
    offset = shift - graph.difference(prior)
    sigma = np.hypot(se, FLOOR_PX)
    # Blunted, so that who is right is settled by votes and not by sharpness.
    blunt = np.hypot(se, 2.0 * _median(sigma.ravel(), FLOOR_PX))
    weights = vote[:, None] / blunt**2
    pull = np.full(graph.n, PRIOR * _median(weights.ravel(), 1.0))
    values, residual = _both(graph, offset, weights, pull)
    trust = np.ones(len(shift))
    cut = max(float(_scaled(residual, blunt).max(initial=0.0)), CUT_SD)
    for _ in range(ROUNDS):
        size = _scaled(residual, blunt)
        scale = CUT_SD * max(1.48 * _median(size[trust > 0.1], 0.0), 1.0)
        cut = max(cut / 1.6, scale)
        fresh = (cut**2 / (cut**2 + size**2)) ** 2
        settled = cut <= scale and float(np.abs(fresh - trust).max(initial=0.0)) < 0.01
        trust = fresh
        if settled:
            break
        values, residual = _both(graph, offset, weights * trust[:, None], pull)
    trust = np.where(trust < 0.1, 0.0, trust)
    pull = np.full(graph.n, PRIOR * _median((1 / sigma**2).ravel(), 1.0))
    values, residual = _both(graph, offset, trust[:, None] / sigma**2, pull)
    return Solution(prior + values, residual, trust)


def strains(graph: Graph, solution: Solution, vote: Floats) -> Floats:
    """Errors to add to the pairs around each tile that is bent by itself, in px.

    A false match is off by tens of pixels; a pair that is believed and still disagrees by a few
    says that its tiles are bent. Robust weights would put all of that on one seam, which shows;
    spread over the seams around it hardly does.
    """
    miss = np.abs(solution.residual).max(axis=1)
    torn = (solution.trust == 0) & (vote > SURE_VOTE) & (miss < STRAIN_PX)
    at = np.zeros(graph.n)
    for end in (graph.a[torn], graph.b[torn]):
        np.maximum.at(at, end, miss[torn])
    return np.asarray(np.maximum(at[graph.a], at[graph.b]))


def _scaled(residual: Floats, sigma: Floats) -> Floats:
    return np.asarray(np.hypot(*(residual / sigma).T))


def _both(graph: Graph, offset: Floats, weights: Floats, pull: Floats) -> tuple[Floats, Floats]:
    values = np.stack(
        [least_squares(graph, offset[:, k], weights[:, k], pull) for k in (0, 1)], axis=1
    )
    return values, offset - graph.difference(values)


def _median(values: Floats, otherwise: float) -> float:
    return float(np.median(values)) if len(values) else otherwise
