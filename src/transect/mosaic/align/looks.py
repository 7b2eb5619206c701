"""Look at all pairs: at some far around to learn how the stage errs, at the rest close by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.log import logger
from transect.mosaic.align.correlate import Match
from transect.mosaic.align.pairs import Measured, Results, Search, measure, reachable, textured
from transect.mosaic.align.place import StageModel, fit_stage, identity
from transect.mosaic.align.unrelated import threshold
from transect.mosaic.align.waves import Reader, Shading
from transect.mosaic.layout import Bools, Floats, Ints, Layout, Pairs, parities

SAMPLE = 32
"""Pairs of each axis that tell how the stage errs."""

TURN = 0.0175
"""Scan rotation that the first search allows for: 1 degree, in radians."""

SURE_SD = 4.5
NEAREST_PX = 8
UNIQUE = 0.9
"""A pair is ambiguous when another place scores more than this share of the best one."""

SURE_PX = 0.5
"""Largest standard error of a shift that is believed; along straight edges and layers it is ten
times that."""

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
    radius
        How far around its expected place a pair was last searched, in px; infinite before.
    results
        The measurements.
    """

    pairs: Pairs
    shift: Floats
    se: Floats
    confidence: Floats
    null: Floats
    reason: Texts
    radius: Floats
    results: dict[int, Measured]

    @property
    def accepted(self) -> Bools:
        """Pairs that take part in the solve."""
        return np.asarray(self.reason == "", dtype=np.bool_)


@dataclass(frozen=True)
class Looker:
    """What all looks at the pairs of a section share."""

    read: Reader
    layout: Layout
    pairs: Pairs
    shading: Shading
    threads: int
    draws: int

    def look(self, seams: Seams, model: StageModel, radius: int, chosen: Ints) -> None:
        """Measure some pairs around where a model of the stage expects them."""
        search = Search(expected(self.layout, self.pairs, model), radius, self.draws)
        chosen = chosen[reachable(self.layout, self.pairs, search)[chosen]]
        found = measure(
            self.read, self.layout, self.pairs, search, chosen, self.shading, self.threads
        )
        seams.radius[chosen] = radius
        seams.results.update(found.pairs)
        _judge(seams, found)


def look_at_pairs(looker: Looker, radius: int) -> tuple[Seams, StageModel]:
    """Measure all pairs, weak ones again where an improved prior expects them.

    Parameters
    ----------
    looker
        Tiles, pairs and how to read them.
    radius
        Largest error of the stage, per tile, in px.
    """
    layout, pairs = looker.layout, looker.pairs
    seams, whole = _unseen(layout, pairs), textured(layout, pairs)
    # Two tiles err independently; the rotation is not known yet.
    wide = int(np.ceil(np.sqrt(2.0) * radius + TURN * layout.size.max()))
    sample = _sample(pairs, whole)
    for radius_px in (wide, wide // 3, wide // 9):
        # Where overlaps are thin, chance reaches high among many places: try with fewer.
        weak = sample[~seams.accepted[sample]]
        if 2 * len(weak) > len(sample):
            looker.look(seams, identity(), max(radius_px, NEAREST_PX), weak)
    model = stage_from_pairs(layout, seams)
    looker.look(seams, model, _reach(model, wide), np.flatnonzero(~seams.accepted))
    model = stage_from_pairs(layout, seams)
    # Fewer places are searched than before: what chance reaches there is lower.
    closer = _reach(model, wide)
    weak = np.flatnonzero(whole & ~seams.accepted & (seams.radius > 1.2 * closer))
    if len(weak):
        logger.info("%d weak pairs are looked at again, %d px around", len(weak), closer)
        looker.look(seams, model, closer, weak)
    return seams, stage_from_pairs(layout, seams)


def expected(layout: Layout, pairs: Pairs, model: StageModel) -> Floats:
    """Shift (x, y) of b minus a that the stage's model expects for every pair."""
    odd = parities(layout, pairs)
    return model.apply(pairs.difference(layout.stage_px), pairs.difference(odd))


def stage_from_pairs(layout: Layout, seams: Seams) -> StageModel:
    """Rotation, scale, skew and backlash of the stage, from the accepted pairs."""
    use, pairs = seams.accepted, seams.pairs
    stage = pairs.difference(layout.stage_px)[use]
    odd = pairs.difference(parities(layout, pairs))[use]
    return fit_stage(stage, odd, seams.shift[use])


def _unseen(layout: Layout, pairs: Pairs) -> Seams:
    count = len(pairs)
    reason = np.full(count, "no overlap by the stage", dtype=object)
    unknown = np.full((count, 2), np.nan)
    return Seams(
        pairs,
        unknown,
        unknown.copy(),
        np.zeros(count),
        np.full(count, np.nan),
        reason,
        np.full(count, np.inf),
        {},
    )


def _sample(pairs: Pairs, whole: Bools) -> Ints:
    """Pairs of textured tiles, spread evenly."""
    some = []
    for axis in (0, 1):
        mine = np.flatnonzero(whole & (pairs.axis == axis))
        some.append(mine[np.linspace(0, len(mine) - 1, min(SAMPLE, len(mine))).astype(np.int64)])
    return np.sort(np.concatenate(some))


def _reach(model: StageModel, wide: int) -> int:
    """How far around the prior to search: some standard deviations of a pair's error."""
    if not np.isfinite(model.error_px):
        return wide
    return int(np.clip(np.ceil(SURE_SD * model.error_px) + 4, NEAREST_PX, wide))


def _judge(seams: Seams, found: Results) -> None:
    """Enter what was measured, and believe what beats unrelated strips at a single place."""
    limits = {axis: threshold(scores) for axis, scores in found.null.items()}
    for number, one in found.pairs.items():
        if one.best is None:
            seams.reason[number] = "a tile without texture"
            continue
        limit = limits[int(seams.pairs.axis[number])]
        samples = max(one.best.samples - 3.0, 1e-6)
        seams.shift[number], seams.se[number] = one.shift, one.se
        seams.confidence[number] = one.best.ncc
        seams.null[number] = np.tanh(limit / np.sqrt(samples))
        seams.reason[number] = _why_not(one, one.best, limit)


def _why_not(one: Measured, best: Match, limit: float) -> str:
    if best.score <= limit:
        return "no better than unrelated strips"
    if best.second > UNIQUE * best.score:
        return "another place fits as well"
    if not one.converged:
        return "the refinement did not converge"
    if one.pieces is not None and one.pieces.doubt_px > SURE_PX:
        return "what both tiles show runs one way: the shift along it is not certain"
    return ""
