"""Gain and offset of every tile, so that neighbours agree and the section keeps its contrast.

Where two tiles overlap they show the same specimen: what differs is the detector. Contrast of the
specimen makes no step between tiles, however slow it is, so evening out steps leaves it; what could
destroy it is the sum of many small errors. Two things hold that: each step is weighed by its own
error against how far tiles scatter, and a step that all pairs of one direction share is what is
left of shading, not a slope of the section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import cv2
import numpy as np

from transect.mosaic.align.solve import Graph, least_squares
from transect.mosaic.layout import Bools, Floats, Image, Ints

GAIN_FLOOR = 0.001
LEVEL_FLOOR = 0.001
"""Smallest standard error of a step, of the gain and over the contrast."""

SLOPE_SD = 0.005
"""How far shading is expected to be off between the two sides of a tile, relative."""

SAMPLE_BLOCKS = 4.0
"""Means of 8 x 8 px that count as one independent sample of how two tiles differ."""

LOOSE_BLOCKS = 36.0
"""The same of the texture itself, where the shift is not known and it does not cancel."""

ROUNDS = 12


@dataclass(frozen=True)
class Brightness:
    """Greys of one overlap as seen by both tiles: of 8 x 8 px means, so that noise is out.

    Attributes
    ----------
    mean_a, mean_b, sd_a, sd_b
        In each tile.
    correlation
        Of both.
    n
        How many means.
    mean_se, sd_se
        Standard errors, from how the tiles differ, of the difference of the means over the
        standard deviation and of the logarithm of the ratio of the standard deviations.
    """

    mean_a: float
    mean_b: float
    sd_a: float
    sd_b: float
    correlation: float
    n: int
    mean_se: float
    sd_se: float


def block_means(image: Image, binning: int = 1) -> Floats:
    """Means of 8 x 8 px of an image that was binned, of whole blocks from the top left corner."""
    edge = 8 // binning
    rows, columns = image.shape[0] // edge, image.shape[1] // edge
    if not rows * columns:
        return np.zeros((rows, columns))
    blocks = image[: rows * edge, : columns * edge]
    return np.asarray(
        cv2.resize(blocks, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float64
    )


def compare(u: Floats, v: Floats) -> Brightness | None:
    """Greys of an overlap from its means in both tiles; None where it is too small to tell."""
    if u.size < 4:
        return None
    sd_a, sd_b = float(u.std()), float(v.std())
    a, b = (u - u.mean()) / max(sd_a, 1e-9), (v - v.mean()) / max(sd_b, 1e-9)
    return Brightness(
        float(u.mean()),
        float(v.mean()),
        sd_a,
        sd_b,
        float(np.mean(a * b)),
        u.size,
        _error(a - b),
        _error((a * a - b * b) / 2),
    )


def _error(apart: Floats) -> float:
    """Give the standard error of a mean whose errors may be alike along rows or columns."""
    scattered = SAMPLE_BLOCKS * float(apart.var()) / apart.size
    lines = (float(apart.mean(axis=k).var()) / apart.shape[1 - k] for k in (0, 1))
    return float(np.sqrt(max(scattered, *lines)))


def correct_brightness(
    graph: Graph, axis: Ints, greys: Sequence[Brightness | None], same: Bools
) -> tuple[Floats, Floats]:
    """Gain and offset per tile: corrected = grey * gain + offset.

    Parameters
    ----------
    graph
        Tiles and all pairs that have an overlap.
    axis
        Axis of each pair.
    greys
        What each pair's overlap showed, None where it was not read.
    same
        Pairs whose shift is known, so that both sides are the same specimen.
    """
    table = np.array([_row(g) for g in greys], dtype=np.float64).reshape(-1, 8)
    mean_a, mean_b, sd_a, sd_b, alike, n, mean_se, sd_se = table.T
    matched = same & (alike > 0.5) & (np.minimum(sd_a, sd_b) > 0)

    ratio = np.zeros(len(n))
    ratio[matched] = np.log(sd_a[matched] / sd_b[matched])
    se = np.hypot(sd_se, GAIN_FLOOR)
    slopes = [np.where(axis == k, 1.0, 0.0) for k in (0, 1)]
    log_gain = _robust(graph, ratio, se, matched, slopes)
    gain = np.exp(log_gain - log_gain.mean())

    usable = n > 0
    level_a, level_b = gain[graph.a] * mean_a, gain[graph.b] * mean_b
    loose = np.sqrt(2 * LOOSE_BLOCKS / np.maximum(n, 1.0))
    contrast = float(np.median(sd_a[usable])) if usable.any() else 1.0
    spread = (sd_a + sd_b) / 2 * np.where(same, mean_se, loose)
    se = np.hypot(spread, LEVEL_FLOOR * contrast) + 1e-9
    slopes = [slope * (level_a + level_b) / 2 for slope in slopes]
    offset = _robust(graph, level_a - level_b, se, usable, slopes)
    return gain, offset - offset.mean()


def _robust(
    graph: Graph, step: Floats, se: Floats, usable: Bools, slopes: Sequence[Floats]
) -> Floats:
    """Values of the tiles whose differences are the steps, in the least-absolute sense beyond 3 sd.

    Tiles are expected to scatter as their steps do: with less the steps would be left in part,
    with more the errors of the steps add up over many tiles. A tile that is far off the others is
    believed to be.
    """
    if not usable.any():
        return np.zeros(graph.n)
    scatter = _scatter(np.abs(step[usable]), se[usable])
    precision = np.where(usable, 1 / se**2, 0.0)
    weights, pull = precision, np.full(graph.n, 1 / scatter**2)
    values = np.zeros(graph.n)
    for _ in range(ROUNDS + 1):
        values, left = _with_slopes(graph, step, weights, pull, slopes)
        before, size = weights, np.abs(left) * np.sqrt(precision)
        weights = precision * np.minimum(1, 3 / np.maximum(size, 3))
        pull = np.minimum(1, 2 * scatter / np.maximum(np.abs(values), 1e-12)) / scatter**2
        if (np.abs(weights - before) <= 0.01 * precision).all():
            break
    return values


def _scatter(steps: Floats, se: Floats) -> float:
    """Estimate the standard deviation of the tiles from the better half of the steps."""
    good = se <= np.median(se)
    error = float(np.median(se[good]))
    # 1.645: a tenth of a normal distribution lies beyond; two tiles make a step.
    size = float(np.quantile(steps[good], 0.9)) / 1.645
    return max(float(np.sqrt(max(size**2 - error**2, 0.0) / 2)), error)


def _with_slopes(
    graph: Graph, step: Floats, weights: Floats, pull: Floats, slopes: Sequence[Floats]
) -> tuple[Floats, Floats]:
    """Values and residuals of step = value b - value a + shared slopes + residual.

    The values are linear in the steps, so the slopes follow from one solve for each.
    """
    values = least_squares(graph, step, weights, pull)
    left = step - graph.difference(values)
    alone = [least_squares(graph, slope, weights, pull) for slope in slopes]
    shown = np.array([s - graph.difference(v) for s, v in zip(slopes, alone, strict=True)])
    normal = np.array([[(weights * s * e).sum() for e in shown] for s in slopes])
    right = np.array([(weights * s * left).sum() for s in slopes])
    shared = np.linalg.solve(normal + np.eye(len(slopes)) / SLOPE_SD**2, right)
    return values - shared @ np.array(alone), left - shared @ shown


def _row(greys: Brightness | None) -> tuple[float, ...]:
    if greys is None:
        return (0.0,) * 8
    return tuple(map(float, astuple(greys)))
