"""Comparing many tiles with each other: on small copies, whose edges are prepared once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from transect.mosaic.align.correlate import match
from transect.mosaic.align.pairs import Search, plans_for
from transect.mosaic.align.strips import Strip, StripPlan, correct, prepare, reduced
from transect.mosaic.faults.trial import Bench, Trial, flipped
from transect.mosaic.layout import Floats, Image, Layout, Pairs
from transect.parallel import run

SHORTER_PX = 320
"""Shorter side of a small copy: texture a few of its pixels wide is enough to rank by."""

Edge = tuple[int, int, int, bool]
"""Tile, how it is flipped, axis, and whether it is the far edge."""


def scores_from_afar(bench: Bench, trials: Sequence[Trial]) -> Floats:
    """Score of every trial on small copies of the tiles: good to choose by, not to believe.

    Parameters
    ----------
    bench
        The section.
    trials
        Pairs to compare, as at full resolution.
    """
    factor = max(min(bench.layout.shape) // SHORTER_PX, 1)
    radius = -(-bench.radius // factor)
    expected = np.array([t.expected for t in trials], dtype=np.float64).reshape(-1, 2) / factor
    layout, plans = _plans(bench, trials, Search(expected, radius), factor)
    ends = [((t.a, t.flip_a, t.axis, True), (t.b, t.flip_b, t.axis, False)) for t in trials]
    edges = sorted({edge for pair in ends for edge in pair})
    tiles = sorted({edge[0] for edge in edges})

    def shrink(tile: int) -> npt.NDArray[np.float16]:
        return _small(bench, tile, layout.shape, factor).astype(np.float16)

    small = dict(zip(tiles, run(shrink, tiles, bench.threads, "small copies"), strict=True))

    def cut(edge: Edge) -> Strip:
        tile, flip, axis, far = edge
        grey = flipped(small[tile].astype(np.float32), flip)
        plan = plans[axis]
        strip = prepare(reduced(grey[plan.spot(far)], plan.binning), plan)
        return replace(strip, grey=strip.grey[:0])

    strips = dict(zip(edges, run(cut, edges, bench.threads, "edges"), strict=True))

    def score(number: int) -> float:
        far, near = (strips[edge] for edge in ends[number])
        plan = plans[trials[number].axis]
        return match(far, near, plan, expected[number] - plan.origin, radius).score

    return np.array(list(run(score, range(len(trials)), bench.threads, "candidates")))


def _plans(
    bench: Bench, trials: Sequence[Trial], search: Search, factor: int
) -> tuple[Layout, dict[int, StripPlan]]:
    rows, columns = (n // factor for n in bench.layout.shape)
    layout = replace(bench.layout, shape=(rows, columns))
    a, b, axis = (
        np.array([getattr(t, name) for t in trials], dtype=np.int64) for name in ("a", "b", "axis")
    )
    every = np.arange(len(trials), dtype=np.int64)
    return layout, plans_for(layout, Pairs(a, b, axis), search, every)


def _small(bench: Bench, tile: int, shape: tuple[int, int], factor: int) -> Image:
    grey = correct(bench.read(tile), bench.shading.gain, bench.shading.offset)
    cut = grey[: shape[0] * factor, : shape[1] * factor]
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
