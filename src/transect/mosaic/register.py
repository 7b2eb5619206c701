"""Register a section: measure pairs, believe or reject them, solve, place, level brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.log import logger
from transect.mosaic.brightness import correct_brightness
from transect.mosaic.correlate import Match
from transect.mosaic.layout import Bools, Floats, Ints, Layout, Pairs, neighbours
from transect.mosaic.pairs import Measured, Results, Search, measure, reachable, textured
from transect.mosaic.place import Placement, StageModel, fit_stage, identity, place
from transect.mosaic.solve import FLOOR_PX, Graph, Solution, solve
from transect.mosaic.unrelated import threshold
from transect.mosaic.waves import Reader, Shading

UNIQUE = 0.9
"""A pair is ambiguous when another place scores more than this share of the best one."""

FEW = 3
"""Pairs that must be believed before the stage is judged by them."""

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Seams:
    """All pairs with what they showed; arrays by pair.

    Attributes
    ----------
    pairs
        Who neighbours whom.
    shift, se
        Measured (x, y) of b minus a and its standard error; NaN where not measured.
    confidence, null
        Score, and the score that unrelated strips reach.
    reason
        Why the pair is not used, "" where it is.
    results
        The measurements.
    """

    pairs: Pairs
    shift: Floats
    se: Floats
    confidence: Floats
    null: Floats
    reason: Texts
    results: dict[int, Measured]

    @property
    def accepted(self) -> Bools:
        """Pairs that take part in the solve."""
        return np.asarray(self.reason == "", dtype=np.bool_)


@dataclass(frozen=True)
class Registration:
    """Where all tiles are, with what led to it."""

    seams: Seams
    placement: Placement
    se_px: Floats
    component: Ints
    by_pairs: Bools
    gain: Floats
    offset: Floats


def register_tiles(
    read: Reader, layout: Layout, radius: int, shading: Shading, threads: int, draws: int = 300
) -> Registration:
    """Register tiles.

    Parameters
    ----------
    read
        Gives the raw pixels of a tile, by its number in the layout.
    layout
        Where the stage says the tiles are.
    radius
        Largest error of the stage that is searched, in px.
    shading
        Flat field of the detector.
    threads
        Threads to read and correlate with.
    draws
        Unrelated strips that are scored for each axis.
    """
    pairs = neighbours(layout)
    expected = pairs.difference(layout.stage_px)
    seams = _first_look(read, layout, pairs, Search(expected, radius, draws), shading, threads)
    model = _stage_from_pairs(seams, expected)
    seams = _second_look(read, layout, seams, model, expected, radius, draws, shading, threads)
    model = _stage_from_pairs(seams, expected)
    return _settle(layout, seams, model)


def _first_look(
    read: Reader, layout: Layout, pairs: Pairs, search: Search, shading: Shading, threads: int
) -> Seams:
    near = reachable(layout, pairs, search)
    chosen = np.flatnonzero(near)
    found = measure(read, layout, pairs, search, chosen, shading, threads)
    count = len(pairs)
    reason = np.full(count, "no overlap by the stage", dtype=object)
    reason[near & ~textured(layout, pairs)] = "a tile without texture"
    nothing = np.full((count, 2), np.nan)
    seams = Seams(
        pairs, nothing, nothing.copy(), np.zeros(count), np.full(count, np.nan), reason, {}
    )
    seams.results.update(found.pairs)
    _judge(seams, found)
    return seams


def _judge(seams: Seams, found: Results) -> None:
    """Enter what was measured, and believe what beats unrelated strips at a single place."""
    limits = {axis: threshold(scores) for axis, scores in found.null.items()}
    for number, one in found.pairs.items():
        if one.best is None:
            continue
        limit = limits[int(seams.pairs.axis[number])]
        samples = max(one.best.samples - 3.0, 1e-6)
        seams.shift[number], seams.se[number] = one.shift, one.se
        seams.confidence[number] = one.best.ncc
        seams.null[number] = np.tanh(limit / np.sqrt(samples))
        seams.reason[number] = _why_not(one.best, one.converged, limit)
        seams.results[number] = one


def _why_not(best: Match, converged: bool, limit: float) -> str:
    if best.score <= limit:
        return "no better than unrelated strips"
    if best.second > UNIQUE * best.score:
        return "another place fits as well"
    if not converged:
        return "the refinement did not converge"
    return ""


def _stage_from_pairs(seams: Seams, expected: Floats) -> StageModel:
    use = seams.accepted
    return fit_stage(expected[use], seams.shift[use]) if use.sum() >= FEW else identity()


def _second_look(
    read: Reader,
    layout: Layout,
    seams: Seams,
    model: StageModel,
    expected: Floats,
    radius: int,
    draws: int,
    shading: Shading,
    threads: int,
) -> Seams:
    """Try weak pairs again where the improved prior expects them: fewer places, a lower null."""
    if seams.accepted.sum() < FEW:
        return seams
    # 5 sd of a difference of two stage errors.
    closer = int(np.clip(np.ceil(5.0 * model.error_px) + 4, 8, radius))
    search = Search(model.apply(expected), closer, draws)
    weak = textured(layout, seams.pairs) & ~seams.accepted
    chosen = np.flatnonzero(weak & reachable(layout, seams.pairs, search))
    logger.info("%d of %d pairs are looked at again, %d px around", len(chosen), len(weak), closer)
    _judge(seams, measure(read, layout, seams.pairs, search, chosen, shading, threads))
    return seams


def _settle(layout: Layout, seams: Seams, model: StageModel) -> Registration:
    pairs = seams.pairs
    prior = model.apply(layout.stage_px)
    used = np.flatnonzero(seams.accepted)
    graph = Graph(len(layout.names), pairs.a[used], pairs.b[used])
    shift, se = seams.shift[used], seams.se[used]
    solution = solve(graph, shift, se, _votes(seams, used, model, layout), prior)
    seams.reason[used[solution.trust == 0]] = "disagrees with its neighbours"
    kept = solution.trust > 0
    component = graph.components(kept)
    by_pairs = np.bincount(np.r_[graph.a[kept], graph.b[kept]], minlength=graph.n) > 0
    placement = place(layout.stage_px, solution.positions, component, by_pairs)
    everyone = Graph(graph.n, pairs.a, pairs.b)
    greys = [seams.results[n].greys if n in seams.results else None for n in range(len(pairs))]
    gain, offset = correct_brightness(everyone, pairs.axis, greys, seams.accepted)
    se_px = _errors(graph, se, solution, by_pairs, placement.model.error_px)
    return Registration(seams, placement, se_px, component, by_pairs, gain, offset)


def _votes(seams: Seams, used: Ints, model: StageModel, layout: Layout) -> Floats:
    """Belief in each pair: how far above unrelated strips, and how near to the stage."""
    null = seams.null[used]
    above = (seams.confidence[used] - null) / np.maximum(0.4 * (1.0 - null), 1e-6)
    vote = np.clip(above, 0.05, 1.0)
    if not np.isfinite(model.error_px):
        return vote
    away = seams.shift[used] - model.apply(seams.pairs.difference(layout.stage_px))[used]
    size = np.hypot(*away.T) / (3.0 * max(model.error_px, 1.0))
    return np.asarray(vote / (1.0 + size**2))


def _errors(
    graph: Graph, se: Floats, solution: Solution, by_pairs: Bools, stage_px: float
) -> Floats:
    """Give the standard error of each position, per axis, against the neighbours it is tied to."""
    precision = solution.trust[:, None] / np.hypot(se, FLOOR_PX) ** 2
    total = np.zeros((graph.n, 2))
    np.add.at(total, graph.a, precision)
    np.add.at(total, graph.b, precision)
    # Residuals beyond what the pairs' own errors predict widen all of them alike.
    kept = solution.trust > 0
    excess = np.abs(solution.residual[kept]) * np.sqrt(precision[kept])
    widen = max(1.0, 1.4826 * float(np.median(excess))) if kept.any() else 1.0
    with np.errstate(divide="ignore"):
        by_axis = widen / np.sqrt(total)
    error = np.sqrt((by_axis**2).mean(axis=1))
    return np.where(by_pairs, error, stage_px)
