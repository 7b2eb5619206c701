"""Trying pairs that the stage does not name: other images, mirrored ones, other places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from transect.mosaic.align.correlate import Match
from transect.mosaic.align.looks import UNIQUE, Seams, expected
from transect.mosaic.align.pairs import Measured, Results, Search, measure
from transect.mosaic.align.place import StageModel
from transect.mosaic.align.strips import correct
from transect.mosaic.align.waves import Reader, Shading
from transect.mosaic.layout import Bools, Floats, Ints, Layout, Pairs

LEFT_RIGHT, TOP_BOTTOM = 1, 2
"""Flips of an image; both together turn it by 180 degrees."""

ALONE = 1.5
"""How far above the limit a single pair must score to be evidence on its own."""


CERTAIN = 0.99
"""A null as high as this tells nothing of the score behind it."""


@dataclass(frozen=True)
class Bench:
    """What trials need.

    Attributes
    ----------
    read
        Gives the raw pixels of a tile, by its number in the layout.
    layout
        Where the stage says the tiles are.
    model
        How the stage's axes lie to the image's.
    radius
        How far around its expected place a pair is searched, in px.
    shading
        Flat field of the detector.
    threads
        Threads to read and correlate with.
    """

    read: Reader
    layout: Layout
    model: StageModel
    radius: int
    shading: Shading
    threads: int

    def expected(self, layout: Layout, pairs: Pairs) -> Floats:
        """Shift (x, y) of b minus a, were the tiles laid out so."""
        return expected(layout, pairs, self.model)

    def unturned(self, move: Floats) -> Floats:
        """Turn moves in the image's axes into those of the stage."""
        return np.asarray(move @ np.linalg.inv(self.model.matrix).T)


@dataclass(frozen=True)
class Trial:
    """A pair to try: two images, how each is flipped, and the expected place of b in a."""

    a: int
    b: int
    axis: int
    expected: Floats
    flip_a: int = 0
    flip_b: int = 0


def attempt(bench: Bench, trials: Sequence[Trial], draws: int = 0) -> Results:
    """Measure pairs as registration does, each as the number of its trial.

    Parameters
    ----------
    bench
        The section.
    trials
        What to try.
    draws
        Unrelated strips that are scored for each axis.
    """
    ends = [(t.a, t.flip_a) for t in trials] + [(t.b, t.flip_b) for t in trials]
    images = sorted(set(ends))
    number = {image: k for k, image in enumerate(images)}
    at = np.array([number[end] for end in ends], dtype=np.int64)
    axis: Ints = np.array([t.axis for t in trials], dtype=np.int64)
    pairs = Pairs(at[: len(trials)], at[len(trials) :], axis)
    layout = Layout(
        tuple(bench.layout.names[tile] for tile, _ in images),
        bench.layout.stage_px[[tile for tile, _ in images]],
        bench.layout.shape,
        np.ones(len(images), dtype=np.bool_),
    )
    wanted = np.array([t.expected for t in trials], dtype=np.float64).reshape(-1, 2)
    search = Search(wanted, bench.radius, draws)

    def read(image: int) -> npt.NDArray[np.generic]:
        tile, flip = images[image]
        # Shading stays with the detector, so it goes before the image is flipped.
        grey = correct(bench.read(tile), bench.shading.gain, bench.shading.offset)
        return flipped(grey, flip)

    chosen = np.arange(len(trials), dtype=np.int64)
    return measure(read, layout, pairs, search, chosen, Shading(), bench.threads)


def flipped(image: npt.NDArray[np.float32], flip: int) -> npt.NDArray[np.float32]:
    """Mirror an image left to right, top to bottom, or both."""
    rows, columns = -1 if flip & TOP_BOTTOM else 1, -1 if flip & LEFT_RIGHT else 1
    return np.ascontiguousarray(image[::rows, ::columns])


def limits(seams: Seams) -> Floats:
    """Score that unrelated strips reach, by axis, as registration found it; infinite if unknown.

    From pairs that were accepted, where there are any: a look at few pairs of which one tile is
    mirrored finds in its null draws what it took for unrelated.
    """
    good, found = seams.accepted, np.full((2, 2), np.inf)
    for number, one in seams.results.items():
        # Not from thin overlaps: too few samples turn any score into certainty.
        if one.best is None or not seams.null[number] < CERTAIN:
            continue
        score = float(np.arctanh(seams.null[number]) * np.sqrt(max(one.best.samples - 3.0, 0.0)))
        kind, axis = int(good[number]), int(seams.pairs.axis[number])
        known = np.isfinite(found[kind, axis])
        # The strictest of the looks that passed pairs, the mildest of the others.
        pick = max if kind else min
        found[kind, axis] = pick(score, found[kind, axis]) if known else score
    return np.asarray(np.where(np.isfinite(found[1]), found[1], found[0]))


def strength(one: Measured, limit: float) -> float:
    """Score over the limit; 0 where the pair is not believed."""
    best: Match | None = one.best
    if best is None or not one.converged or best.score <= limit:
        return 0.0
    return 0.0 if best.second > UNIQUE * best.score else float(best.score / limit)


def certain(strengths: Sequence[float]) -> bool:
    """Whether pairs are evidence together: two that are believed, or one that is far above."""
    return sum(s > 0 for s in strengths) >= 2 or max(strengths, default=0.0) > ALONE


def contrast(seams: Seams, layout: Layout) -> Floats:
    """Contrast of each pair's overlap at the stage's place, the lower of both tiles; 0 unknown."""
    value = np.zeros(len(seams.pairs))
    both = layout.usable[seams.pairs.a] & layout.usable[seams.pairs.b]
    for number, one in seams.results.items():
        if both[number] and one.best is not None and one.greys is not None and one.greys.n:
            value[number] = min(one.greys.sd_a, one.greys.sd_b)
    return value


def by_tile(pairs: Pairs, value: Floats, count: int) -> Floats:
    """Contrast of each tile: that of its best pair."""
    best = np.zeros(count)
    for end in (pairs.a, pairs.b):
        np.maximum.at(best, end, value)
    return best


def with_stage(layout: Layout, stage: Floats) -> Layout:
    """Give the same tiles at other places."""
    return replace(layout, stage_px=stage)


def among(count: int, tiles: Sequence[int]) -> Bools:
    """Mark some of the tiles."""
    mask = np.zeros(count, dtype=np.bool_)
    mask[list(tiles)] = True
    return mask
