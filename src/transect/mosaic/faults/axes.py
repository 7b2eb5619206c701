"""Whether the stage's axes run along the image's: from pairs in another order than the stage's."""

from __future__ import annotations

import numpy as np

from transect.mosaic.align.looks import Seams
from transect.mosaic.align.pairs import Search, reachable, textured
from transect.mosaic.align.unrelated import threshold
from transect.mosaic.faults.findings import Turned
from transect.mosaic.faults.trial import Bench, Trial, attempt, certain, strength, with_stage
from transect.mosaic.layout import Bools, Floats, Ints, Layout, neighbours

SAMPLE = 16
DRAWS = 200
SOUND = 0.3
"""An axis of which this share of the pairs fits is not in doubt."""

CLEARLY = 4.0
"""How many times better another order must fit than the stage's."""


def turned_axes(bench: Bench, seams: Seams, strong: Bools, tile_contrast: Floats) -> list[Turned]:
    """Find the image axes along which the stage orders the tiles wrongly.

    Parameters
    ----------
    bench
        The section.
    seams
        What the pairs showed.
    strong
        Pairs that should have matched, by their contrast.
    tile_contrast
        Contrast of each tile: those with most are tried.
    """
    along = [strong & (seams.pairs.axis == axis) for axis in (0, 1)]
    share = [_share(seams, mine) for mine in along]
    doubtful = [bool(along[axis].any()) and share[axis] < SOUND for axis in (0, 1)]
    if not any(doubtful):
        return []
    # While one axis is sound, the other can only run the other way.
    exchanged = all(share[axis] < SOUND for axis in (0, 1))
    found = []
    for axis in (0, 1):
        if not doubtful[axis] and not exchanged:
            continue
        best = _best_order(bench, axis, exchanged, tile_contrast)
        if best is None:
            continue
        source, sign, believed, tested = best
        if believed >= SOUND * tested and believed / tested >= CLEARLY * share[axis]:
            given = int((seams.accepted & along[axis]).sum())
            asked = int(along[axis].sum())
            found.append(Turned(axis, source, sign, believed, tested, given, asked))
    return found


def _share(seams: Seams, mine: Bools) -> float:
    return float((seams.accepted & mine).sum()) / max(int(mine.sum()), 1)


def _best_order(
    bench: Bench, axis: int, exchanged: bool, tile_contrast: Floats
) -> tuple[int, int, int, int] | None:
    """Axis of the stage, sense, and how many pairs of how many fit, for the best other order."""
    orders = [(axis, -1)]
    if exchanged:
        orders += [(1 - axis, 1), (1 - axis, -1)]
    best = None
    for source, sign in orders:
        believed, tested = _fits(bench, axis, source, sign, tile_contrast)
        if believed and (best is None or believed > best[2]):
            best = (source, sign, believed, tested)
    return best


def _fits(
    bench: Bench, axis: int, source: int, sign: int, tile_contrast: Floats
) -> tuple[int, int]:
    stage = bench.layout.stage_px.copy()
    stage[:, axis] = sign * bench.layout.stage_px[:, source]
    # Which way the other axis runs is nothing to tiles that lie level.
    stage[:, 1 - axis] = bench.layout.stage_px[:, 1 - source]
    trials = _trials(bench, with_stage(bench.layout, stage), axis, tile_contrast)
    if not trials:
        return 0, 0
    found = attempt(bench, trials, DRAWS)
    limit = threshold(found.null[axis])
    strengths = [strength(one, limit) for one in found.pairs.values()]
    if not certain(strengths):
        return 0, len(trials)
    return sum(s > 0 for s in strengths), len(trials)


def _trials(bench: Bench, layout: Layout, axis: int, tile_contrast: Floats) -> list[Trial]:
    """Pairs of an axis between the tiles with most contrast."""
    pairs = neighbours(layout)
    expected = pairs.difference(layout.stage_px)
    able = textured(layout, pairs) & reachable(layout, pairs, Search(expected, bench.radius))
    mine: Ints = np.flatnonzero(able & (pairs.axis == axis))
    weight = np.minimum(tile_contrast[pairs.a[mine]], tile_contrast[pairs.b[mine]])
    chosen = mine[np.argsort(-weight, kind="stable")[:SAMPLE]]
    return [Trial(int(pairs.a[n]), int(pairs.b[n]), axis, expected[n]) for n in chosen]
