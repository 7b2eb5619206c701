"""Gain and offset of every tile, so that neighbours agree and the section keeps its contrast.

Where two tiles overlap they show the same specimen: what differs is the detector. Contrast of the
specimen makes no step between tiles, however slow it is, so evening out steps leaves it; what could
destroy it is the sum of many small errors. Two things hold that: each step is weighed by its own
error against how far tiles scatter, and a step that all pairs of one direction share is what is
left of shading, not a slope of the section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from transect.mosaic.layout import Bools, Floats, Ints
from transect.mosaic.solve import Graph, least_squares
from transect.mosaic.strips import Image

GAIN_FLOOR = 0.001
LEVEL_FLOOR = 0.001
"""Smallest standard error of a step, of the gain and over the contrast."""

SLOPE_SD = 0.005
"""How far shading is expected to be off between the two sides of a tile, relative."""

SAMPLE_BLOCKS = 4.0
"""Means of 8 x 8 px that count as one independent sample where both tiles see the same."""

LOOSE_BLOCKS = 36.0
"""The same where the shift is not known: the texture's patches no longer cancel."""

ROUNDS = 12


@dataclass(frozen=True)
class Brightness:
    """Greys of one overlap as seen by both tiles: of 8 x 8 px means, so that noise is out."""

    mean_a: float
    mean_b: float
    sd_a: float
    sd_b: float
    correlation: float
    n: int


def block_means(image: Image) -> Floats:
    """Means of 8 x 8 px, of whole blocks from the top left corner."""
    rows, columns = image.shape[0] // 8, image.shape[1] // 8
    if not rows * columns:
        return np.zeros((rows, columns))
    blocks = image[: rows * 8, : columns * 8]
    return np.asarray(
        cv2.resize(blocks, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float64
    )


def compare(u: Floats, v: Floats) -> Brightness | None:
    """Greys of an overlap from its means in both tiles; None where it is too small to tell."""
    if u.size < 4:
        return None
    sd_a, sd_b = float(u.std()), float(v.std())
    alike = float(np.mean((u - u.mean()) * (v - v.mean()))) / max(sd_a * sd_b, 1e-12)
    return Brightness(float(u.mean()), float(v.mean()), sd_a, sd_b, alike, u.size)


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
    table = np.array([_row(g) for g in greys], dtype=np.float64).reshape(-1, 6)
    mean_a, mean_b, sd_a, sd_b, alike, n = table.T
    matched = same & (alike > 0.5) & (np.minimum(sd_a, sd_b) > 0)
    samples = np.maximum(n / np.where(same, SAMPLE_BLOCKS, LOOSE_BLOCKS), 1.0)

    ratio = np.zeros(len(n))
    ratio[matched] = np.log(sd_a[matched] / sd_b[matched])
    se = np.hypot(np.sqrt(np.clip(1 - alike**2, 0.0, 1.0) / samples), GAIN_FLOOR)
    slopes = [np.where(axis == k, 1.0, 0.0) for k in (0, 1)]
    log_gain = _robust(graph, ratio, se, matched, slopes)
    gain = np.exp(log_gain - log_gain.mean())

    usable = n > 0
    level_a, level_b = gain[graph.a] * mean_a, gain[graph.b] * mean_b
    apart = np.sqrt(np.clip(1 - alike, 0.0, 1.0))
    spread = (sd_a + sd_b) * np.where(same, apart, 1.0)
    contrast = float(np.median(sd_a[usable])) if usable.any() else 1.0
    se = np.hypot(spread / np.sqrt(samples), LEVEL_FLOOR * contrast) + 1e-9
    slopes = [slope * (level_a + level_b) / 2 for slope in slopes]
    offset = _robust(graph, level_a - level_b, se, usable, slopes)
    return gain, offset - offset.mean()


def _robust(
    graph: Graph, step: Floats, se: Floats, usable: Bools, slopes: Sequence[Floats]
) -> Floats:
    """Values of the tiles whose differences are the steps, in the least-absolute sense beyond 3 sd.

    Tiles are expected to scatter as their steps do: with less the steps would be left in part,
    with more the errors of the steps add up over many tiles.
    """
    if not usable.any():
        return np.zeros(graph.n)
    middling = float(np.median(se[usable]))
    # 1.645: a tenth of a normal distribution lies beyond; two tiles make a step.
    scatter = float(np.quantile(np.abs(step[usable]), 0.9)) / 1.645 / np.sqrt(2)
    pull = np.full(graph.n, 1 / max(scatter, 3 * middling) ** 2)
    precision = np.where(usable, 1 / se**2, 0.0)
    weights = precision
    values = np.zeros(graph.n)
    for _ in range(ROUNDS + 1):
        values, left = _with_slopes(graph, step, weights, pull, slopes)
        before, size = weights, np.abs(left) * np.sqrt(precision)
        weights = precision * np.minimum(1, 3 / np.maximum(size, 3))
        if (np.abs(weights - before) <= 0.01 * precision).all():
            break
    return values


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
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return greys.mean_a, greys.mean_b, greys.sd_a, greys.sd_b, greys.correlation, float(greys.n)
