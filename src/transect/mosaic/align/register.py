"""Register a section: measure pairs, believe or reject them, solve, place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from transect.mosaic.align.looks import Looker, Seams, expected, look_at_pairs
from transect.mosaic.align.loops import hanging, in_loops
from transect.mosaic.align.place import Placement, StageModel, place
from transect.mosaic.align.solve import FLOOR_PX, Graph, Solution, solve, strains
from transect.mosaic.align.waves import Reader, Shading
from transect.mosaic.faults.diagnose import Diagnosis, diagnose, until_it_fits
from transect.mosaic.faults.findings import Fault, Finding, faults_of
from transect.mosaic.layout import Bools, Floats, Ints, Layout, neighbours, parities

STRAINS = 3
"""How often bent tiles are made room for: one may hide another."""


@dataclass(frozen=True)
class Registration:
    """Where all tiles are, with what led to it."""

    seams: Seams
    placement: Placement
    se_px: Floats
    component: Ints
    by_pairs: Bools
    findings: tuple[Finding, ...] = ()

    @property
    def faults(self) -> dict[int, Fault]:
        """Why tiles are left out of the mosaic, by their number."""
        return faults_of(self.findings)

    @cached_property
    def checked(self) -> Bools:
        """Accepted pairs that lie in a loop of such pairs: their residual is a check."""
        checked = self.seams.accepted
        checked[checked] = in_loops(self._graph())
        return checked

    @property
    def unchecked_tiles(self) -> Ints:
        """Tiles that only pairs outside of loops tie to the others."""
        looped = self.checked[self.seams.accepted]
        return np.flatnonzero(hanging(self._graph(), looped))

    def _graph(self) -> Graph:
        used, pairs = self.seams.accepted, self.seams.pairs
        return Graph(len(self.component), pairs.a[used], pairs.b[used])

    def diagnosed(self, diagnosis: Diagnosis) -> Registration:
        """Add what was found wrong, and give the stage back as it was before parts were moved."""
        place = self.placement
        said = place.stage - diagnosis.moved @ place.model.matrix.T
        return replace(self, placement=replace(place, stage=said), findings=diagnosis.findings)


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

    def once(laid: Layout) -> tuple[Registration, Diagnosis]:
        looker = Looker(read, laid, neighbours(laid), shading, threads, draws)
        seams, model = look_at_pairs(looker, radius)
        diagnosis = diagnose(looker, seams, model)
        return settle(laid, seams, model), diagnosis

    found, diagnosis = until_it_fits(once, layout)
    return found.diagnosed(diagnosis)


def settle(layout: Layout, seams: Seams, model: StageModel) -> Registration:
    """Place all tiles by their seams; parts that no seam ties together by the stage."""
    pairs = seams.pairs
    odd = parities(layout, pairs)
    prior = model.apply(layout.stage_px, odd)
    used = np.flatnonzero(seams.accepted)
    graph = Graph(len(layout.names), pairs.a[used], pairs.b[used])
    shift, se = seams.shift[used], seams.se[used]
    votes = _votes(seams, used, model, layout)
    solution = solve(graph, shift, se, votes, prior)
    for _ in range(STRAINS):
        strain = strains(graph, solution, votes)
        if not strain.any():
            break
        se = np.hypot(se, strain[:, None])
        solution = solve(graph, shift, se, votes, prior)
    seams.reason[used[solution.trust == 0]] = "disagrees with its neighbours"
    kept = solution.trust > 0
    component = graph.components(kept)
    by_pairs = np.bincount(np.r_[graph.a[kept], graph.b[kept]], minlength=graph.n) > 0
    placement = place(layout.stage_px, odd, solution.positions, component, by_pairs, model)
    se_px = _errors(graph, se, solution, by_pairs, placement.model.error_px)
    return Registration(seams, placement, se_px, component, by_pairs)


def _votes(seams: Seams, used: Ints, model: StageModel, layout: Layout) -> Floats:
    """Belief in each pair: how far above unrelated strips, and how near to the stage."""
    null = seams.null[used]
    above = (seams.confidence[used] - null) / np.maximum(0.4 * (1.0 - null), 1e-6)
    vote = np.clip(above, 0.05, 1.0)
    if not np.isfinite(model.error_px):
        return vote
    away = seams.shift[used] - expected(layout, seams.pairs, model)[used]
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
