"""What is wrong with a section whose tiles do not fit: looked for only where that is suspected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.spatial import cKDTree

from transect.log import timed
from transect.mosaic.align.looks import Looker, Seams
from transect.mosaic.align.pairs import MIN_OVERLAP_PX
from transect.mosaic.align.place import StageModel
from transect.mosaic.align.solve import Graph
from transect.mosaic.faults.axes import turned_axes
from transect.mosaic.faults.findings import Apart, Fault, Finding, Turned, Usurped, faults_of
from transect.mosaic.faults.misplaced import Examination
from transect.mosaic.faults.moved import Parts
from transect.mosaic.faults.trial import Bench, among, by_tile, contrast, limits, with_stage
from transect.mosaic.layout import Bools, Floats, Layout, Pairs, overlap_px

STRONG = 0.5
"""A pair with this share of the usual contrast should match."""

FEW = 0.2
"""Share of the pairs of an axis that chance overlaps may make fit where tiles do not overlap."""

SMALL = 12
"""Suspects up to which an axis that is turned is told from tiles that are swapped."""

PASSES = 3
"""How often a section is registered anew after parts of it were moved."""

ALONE_TILES = 2
"""Tiles that only fit each other: swapped tiles may do so by chance of where they went."""

LEFT_OUT = "a tile that is left out"

T = TypeVar("T")


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    findings
        In the order in which they are best read.
    moved
        How far each tile lies from where the stage says, (x, y) in px of the stage's axes; 0 for
        tiles that lie there.
    """

    findings: tuple[Finding, ...]
    moved: Floats

    @property
    def faults(self) -> dict[int, Fault]:
        """Why tiles are left out of the mosaic, by their number."""
        return faults_of(self.findings)


def diagnose(looker: Looker, seams: Seams, model: StageModel) -> Diagnosis:
    """Look for the cause where pairs that should match do not.

    The pairs of tiles that are found at fault are taken out of the seams.

    Parameters
    ----------
    looker
        The section.
    seams
        What its pairs showed.
    model
        How the stage errs.
    """
    layout = looker.layout
    value = contrast(seams, layout)
    apart = _apart(layout, seams)
    strong = _strong(seams, value) & ~_along(seams.pairs, apart)
    failed = strong & ~seams.accepted
    still = np.zeros_like(layout.stage_px)
    if not failed.any():
        return Diagnosis(tuple(apart), still)
    radius = int(seams.radius[failed].max())
    bench = Bench(looker.read, layout, model, radius, looker.shading, looker.threads)
    with timed(f"diagnosis of {failed.sum()} pairs that should match and do not"):
        findings, moved = _causes(bench, seams, strong, value)
    if not any(isinstance(f, Turned) for f in findings):
        findings = [*apart, *findings]
    found = Diagnosis(tuple(findings), bench.unturned(moved))
    _leave_out(seams, list(found.faults))
    return found


def until_it_fits(
    once: Callable[[Layout], tuple[T, Diagnosis]], layout: Layout
) -> tuple[T, Diagnosis]:
    """Register a section, and again while parts of it are found elsewhere than the stage says.

    Parameters
    ----------
    once
        Registers a layout, and says what is wrong with it.
    layout
        The tiles as the stage has them.

    Returns
    -------
    What the last registration gave, and all that was found.
    """
    result, diagnosis = once(layout)
    findings, moved = [*diagnosis.findings], diagnosis.moved.copy()
    for _ in range(PASSES):
        if not diagnosis.moved.any():
            break
        result, diagnosis = once(with_stage(layout, layout.stage_px + moved))
        moved += diagnosis.moved
        findings += [f for f in diagnosis.findings if f not in findings]
    return result, Diagnosis(tuple(findings), moved)


def _causes(
    bench: Bench, seams: Seams, strong: Bools, value: Floats
) -> tuple[list[Finding], Floats]:
    """Test what could explain the failures, the whole section first; also how parts moved."""
    count = len(bench.layout.names)
    suspects = _suspects(seams, strong, count)
    turned = turned_axes(bench, seams, strong, by_tile(seams.pairs, value, count))
    still = np.zeros((count, 2))
    if turned and (len(suspects) > SMALL or len(suspects) <= 2):
        return list(turned), still
    limit = limits(seams)
    faults = Examination(bench, seams.pairs, value, limit).examine(suspects) if suspects else []
    # In a small section two swapped tiles look in part like an axis that runs the other way.
    if turned and sum(map(_believed, faults)) <= 2 * sum(t.believed for t in turned):
        return list(turned), still
    left_out = among(count, [f.tile for f in faults])
    shift, moved = Parts(bench, seams, value, limit).moved(strong, left_out)
    return [*faults, *moved], shift


def _believed(fault: Fault) -> int:
    return 0 if isinstance(fault, Usurped) else fault.believed


def _strong(seams: Seams, value: Floats) -> Bools:
    """Pairs of so much contrast that they should match."""
    usual = value[seams.accepted]
    floor = STRONG * float(np.median(usual)) if len(usual) else 0.0
    return np.asarray((value > 0) & (value >= floor))


def _suspects(seams: Seams, strong: Bools, count: int) -> list[int]:
    """Tiles that hardly anything ties to others, though pairs of theirs should match."""
    pairs, good = seams.pairs, seams.accepted
    part = Graph(count, pairs.a, pairs.b).components(good)
    alone = (np.bincount(part)[part] <= ALONE_TILES) & ((part > 0) | (not good.any()))
    failed = strong & ~good
    asked = np.bincount(np.r_[pairs.a[failed], pairs.b[failed]], minlength=count) > 0
    return [int(tile) for tile in np.flatnonzero(alone & asked)]


def _apart(layout: Layout, seams: Seams) -> list[Apart]:
    """Axes along which the stage leaves no overlap, and nothing was found."""
    pairs, count = seams.pairs, len(layout.names)
    if count < 2:
        return []
    if not len(pairs):
        return [Apart(-1, _nearest(layout), count)]
    overlap = overlap_px(pairs.difference(layout.stage_px), pairs.axis, layout.size)
    found, axes = [], np.unique(pairs.axis)
    for axis in axes:
        mine = pairs.axis == axis
        middle = float(np.median(overlap[mine]))
        if middle < MIN_OVERLAP_PX and seams.accepted[mine].mean() <= FEW:
            found.append(Apart(int(axis), middle, count))
    if len(found) == len(axes):
        return [Apart(-1, max(f.overlap_px for f in found), count)]
    return found


def _nearest(layout: Layout) -> float:
    """Overlap of the tiles that are nearest to each other; below 0 there is a gap."""
    scaled = layout.stage_px / layout.size
    near = np.asarray(cKDTree(scaled).query(scaled, k=2)[1])[:, 1]
    away = np.abs(layout.stage_px[near] - layout.stage_px)
    return float(np.median((layout.size - away).min(axis=1)))


def _along(pairs: Pairs, apart: Sequence[Apart]) -> Bools:
    mask = np.zeros(len(pairs), dtype=np.bool_)
    for finding in apart:
        mask |= (pairs.axis == finding.axis) | (finding.axis < 0)
    return mask


def _leave_out(seams: Seams, tiles: list[int]) -> None:
    """Take the pairs of some tiles out of everything that follows."""
    for n in np.flatnonzero(np.isin(seams.pairs.a, tiles) | np.isin(seams.pairs.b, tiles)):
        seams.reason[n] = LEFT_OUT
        seams.results.pop(int(n), None)
