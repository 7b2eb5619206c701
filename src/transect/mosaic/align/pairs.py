"""Measure the shift of every pair of neighbours, and what unrelated strips would have scored."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from transect.mosaic.align.along import refine_along
from transect.mosaic.align.brightness import Brightness, block_means, compare
from transect.mosaic.align.correlate import Match, chance, draws_of, match
from transect.mosaic.align.refine import overlap
from transect.mosaic.align.strips import Strip, StripPlan, prepare
from transect.mosaic.align.unrelated import unrelated
from transect.mosaic.align.waves import Edges, Reader, Shading, waves
from transect.mosaic.layout import Bools, Floats, Image, Ints, Layout, Pairs, overlap_px
from transect.parallel import run

MIN_OVERLAP_PX = 12
SMALL_TILE_PX = 700
THIN_PX = 40
"""Tiles with a shorter side and overlaps that are thinner are looked at in full, others binned."""

STRANGE = 6
"""Unrelated strips of each axis that pairs in memory together share."""


@dataclass(frozen=True)
class Search:
    """Where to look: the expected shift of each pair, how far around it, and null draws."""

    expected: Floats
    radius: int
    draws: int = 300


@dataclass(frozen=True)
class Pieces:
    """Shifts along a seam, each of shape (piece, 2): place in tile a, shift, standard error."""

    places: Floats
    shifts: Floats
    errors: Floats

    @property
    def doubt_px(self) -> float:
        """Standard error of all pieces together, in its worse direction, however they differ."""
        votes = 1.0 / np.maximum(self.errors, 1e-6) ** 2
        return float(np.sqrt(1.0 / votes.sum(axis=0)).max())


@dataclass(frozen=True)
class Measured:
    """What one pair showed.

    Attributes
    ----------
    shift
        (x, y) of b minus a, in px; NaN where a tile has no texture.
    se
        Standard error of each.
    best
        What the search found.
    converged
        Whether the refinement stayed at its candidate.
    greys
        Brightness of the overlap in both tiles.
    pieces
        What pieces along the seam showed.
    """

    shift: Floats
    se: Floats
    best: Match | None
    converged: bool
    greys: Brightness | None
    pieces: Pieces | None = None


@dataclass
class Results:
    """Measurements by number of the pair, and null scores by axis."""

    pairs: dict[int, Measured] = field(default_factory=dict)
    null: dict[int, list[float]] = field(default_factory=lambda: {0: [], 1: []})


def textured(layout: Layout, pairs: Pairs) -> Bools:
    """Pairs of two tiles that both have texture."""
    return np.asarray(layout.usable[pairs.a] & layout.usable[pairs.b])


def reachable(layout: Layout, pairs: Pairs, search: Search) -> Bools:
    """Pairs whose overlap can be found by the search."""
    widest = overlap_px(search.expected, pairs.axis, layout.size) + search.radius
    return np.asarray(widest >= MIN_OVERLAP_PX)


def plans_for(layout: Layout, pairs: Pairs, search: Search, chosen: Ints) -> dict[int, StripPlan]:
    """How thick the strips of each axis must be to hold every overlap that is searched."""
    small = min(layout.shape) < SMALL_TILE_PX
    plans = {}
    overlaps = overlap_px(search.expected, pairs.axis, layout.size)
    for axis in (0, 1):
        mine = overlaps[chosen][pairs.axis[chosen] == axis]
        if len(mine):
            length = int(layout.size[axis])
            binning = 1 if small or np.median(mine) < THIN_PX else 2
            wanted = int(np.ceil(max(mine.max(), 0.0))) + search.radius
            thickness = min(max(wanted, 4 * MIN_OVERLAP_PX), length)
            plans[axis] = StripPlan(axis, thickness - thickness % binning, layout.shape, binning)
    return plans


@dataclass(frozen=True)
class _Chunk:
    """Some pairs whose edges are in memory; its methods are the work of one thread."""

    layout: Layout
    pairs: Pairs
    search: Search
    plans: dict[int, StripPlan]
    draws: Ints
    edges: Edges
    ready: dict[int, tuple[Strip, Strip]] = field(default_factory=dict)
    strange: dict[int, list[Strip]] = field(default_factory=dict)

    def prepare(self, number: int) -> tuple[Strip, Strip]:
        """Both strips of a pair."""
        far, near = self._edges(number)
        plan = self.plans[int(self.pairs.axis[number])]
        return prepare(far, plan), prepare(near, plan)

    def unrelated(self, axis: int) -> list[Strip]:
        """Make strips that no far strip of an axis can match."""
        alike = [n for n in self.ready if self.pairs.axis[n] == axis]
        near = [self.ready[n][1] for n in alike]
        most = int(self.draws[alike].max(initial=0))
        count = max(most, STRANGE) if most else 0
        return unrelated(near, self.plans[axis], count, alike[0]) if count else []

    def _others(self, number: int) -> list[Strip]:
        """Unrelated strips for a pair, by turns; made of other pairs' where there are others."""
        count, near = int(self.draws[number]), self.ready[number][1]
        every = self.strange[int(self.pairs.axis[number])]
        foreign = [other for other in every if other.grey is not near.grey]
        pool = foreign if len(foreign) >= count else every
        return [pool[(number + k) % len(pool)] for k in range(count)]

    def measure(self, number: int) -> tuple[Measured, list[float]]:
        """Shift of a pair, and scores of its far strip against unrelated ones."""
        axis, radius = int(self.pairs.axis[number]), self.search.radius
        plan = self.plans[axis]
        lag = self.search.expected[number] - plan.origin
        if number not in self.ready:
            return self._greys_only(number, lag), []
        far, near = self.ready[number]
        best = match(far, near, plan, lag, radius)
        null = [
            score
            for other in self._others(number)
            for score in chance(far, other, plan, lag, radius)
        ]
        fine = refine_along(far.grey, near.grey, best.lag, axis, plan.binning)
        at = fine.lag if fine.converged else lag
        greys = _greys(far.grey, near.grey, at, plan.binning)
        shift = fine.lag + plan.origin
        pieces = Pieces(fine.centres + plan.origin, fine.lags + plan.origin, fine.errors)
        return Measured(shift, fine.se, best, fine.converged, greys, pieces), null

    def _greys_only(self, number: int, lag: Floats) -> Measured:
        axis = int(self.pairs.axis[number])
        greys = _greys(*self._edges(number), lag, self.plans[axis].binning)
        unknown = np.full(2, np.nan)
        return Measured(unknown, unknown, None, False, greys)

    def _edges(self, number: int) -> tuple[Image, Image]:
        axis = int(self.pairs.axis[number])
        far = self.edges[int(self.pairs.a[number]), axis, True]
        return far, self.edges[int(self.pairs.b[number]), axis, False]


def measure(
    read: Reader,
    layout: Layout,
    pairs: Pairs,
    search: Search,
    chosen: Ints,
    shading: Shading,
    threads: int,
) -> Results:
    """Measure the chosen pairs; every tile is read once.

    Parameters
    ----------
    read
        Gives the raw pixels of a tile.
    layout, pairs
        The tiles and who neighbours whom.
    search
        Where to look.
    chosen
        Numbers of the pairs to measure.
    shading
        Flat field of the detector.
    threads
        Threads to read and correlate with.
    """
    results = Results()
    if not len(chosen):
        return results
    plans = plans_for(layout, pairs, search, chosen)
    whole = textured(layout, pairs)
    draws = np.zeros(len(pairs), dtype=np.int64)
    for axis, plan in plans.items():
        alike = chosen[whole[chosen] & (pairs.axis[chosen] == axis)]
        count = -(-search.draws // draws_of(plan, search.radius))
        # Spread evenly over the pairs.
        draws[alike] = np.diff(np.arange(len(alike) + 1) * count // max(len(alike), 1))
    for numbers, edges in waves(read, layout, pairs, plans, chosen, shading, threads):
        chunk = _Chunk(layout, pairs, search, plans, draws, edges)
        full = [n for n in numbers if whole[n]]
        strips = run(chunk.prepare, full, threads, "strips", len(full))
        chunk.ready.update(zip(full, strips, strict=True))
        axes = sorted(plans)
        made = run(chunk.unrelated, axes, threads, "unrelated strips")
        chunk.strange.update(zip(axes, made, strict=True))
        found = run(chunk.measure, numbers, threads, "pairs", len(numbers))
        for number, (measured, null) in zip(numbers, found, strict=True):
            results.pairs[number] = measured
            results.null[int(pairs.axis[number])].extend(null)
    return results


def _greys(far: Image, near: Image, lag: Floats, binning: int) -> Brightness | None:
    """Greys of the overlap of binned edges."""
    a, b = overlap(far, near, np.rint(lag / binning).astype(np.int64))
    return compare(block_means(a, binning), block_means(b, binning))
