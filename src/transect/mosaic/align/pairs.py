"""Measure the shift of every pair of neighbours, and what unrelated strips would have scored."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from transect.mosaic.align.along import refine_along
from transect.mosaic.align.brightness import Brightness, block_means, compare
from transect.mosaic.align.correlate import Match, match
from transect.mosaic.align.refine import overlap
from transect.mosaic.align.strips import Strip, StripPlan, prepare
from transect.mosaic.align.unrelated import unrelated
from transect.mosaic.align.waves import Edges, Reader, Shading, waves
from transect.mosaic.layout import Bools, Floats, Image, Ints, Layout, Pairs, overlap_px
from transect.parallel import run

MIN_OVERLAP_PX = 12
SMALL_TILE_PX = 700


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
    binning = 1 if min(layout.shape) < SMALL_TILE_PX else 2
    plans = {}
    overlaps = overlap_px(search.expected, pairs.axis, layout.size)
    for axis in (0, 1):
        mine = overlaps[chosen][pairs.axis[chosen] == axis]
        if len(mine):
            length = int(layout.size[axis])
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
    draws: dict[int, int]
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
        return unrelated(near, self.plans[axis], self.draws[axis], alike[0]) if alike else []

    def measure(self, number: int) -> tuple[Measured, list[float]]:
        """Shift of a pair, and scores of its far strip against unrelated ones."""
        axis, radius = int(self.pairs.axis[number]), self.search.radius
        plan = self.plans[axis]
        lag = self.search.expected[number] - plan.origin
        if number not in self.ready:
            return self._greys_only(number, lag), []
        far, near = self.ready[number]
        best = match(far, near, plan, lag, radius)
        null = [match(far, other, plan, lag, radius).score for other in self.strange[axis]]
        fine = refine_along(far.grey, near.grey, best.lag, axis, 3.0 * plan.binning)
        at = fine.lag if fine.converged else lag
        greys = greys_of(*overlap(far.grey, near.grey, np.rint(at).astype(np.int64)))
        shift = fine.lag + plan.origin
        pieces = Pieces(fine.centres + plan.origin, fine.lags + plan.origin, fine.errors)
        return Measured(shift, fine.se, best, fine.converged, greys, pieces), null

    def _greys_only(self, number: int, lag: Floats) -> Measured:
        greys = greys_of(*overlap(*self._edges(number), np.rint(lag).astype(np.int64)))
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
    counts = {k: int((whole[chosen] & (pairs.axis[chosen] == k)).sum()) for k in (0, 1)}
    draws = {k: -(-search.draws // max(counts[k], 1)) for k in (0, 1)}
    for numbers, edges in waves(read, layout, pairs, plans, chosen, shading, threads):
        chunk = _Chunk(layout, pairs, search, plans, draws, edges)
        full = [n for n in numbers if whole[n]]
        strips = run(chunk.prepare, full, threads, "strips")
        chunk.ready.update(zip(full, strips, strict=True))
        made = run(chunk.unrelated, (0, 1), threads, "unrelated strips")
        chunk.strange.update(zip((0, 1), made, strict=True))
        found = run(chunk.measure, numbers, threads, "pairs")
        for number, (measured, null) in zip(numbers, found, strict=True):
            results.pairs[number] = measured
            results.null[int(pairs.axis[number])].extend(null)
    return results


def greys_of(a: Image, b: Image) -> Brightness | None:
    """Greys of an overlap."""
    return compare(block_means(a), block_means(b))
