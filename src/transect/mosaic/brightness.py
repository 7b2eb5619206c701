"""Gain and offset of every tile, so that neighbours agree and the section keeps its contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transect.mosaic.layout import Bools, Floats, Ints
from transect.mosaic.solve import Graph, least_squares

GAIN_SD = 0.1
"""How far a tile's gain is expected to be from 1: real contrast must not be equalised away."""

GAIN_FLOOR = 0.005
SAMPLE_BLOCKS = 4.0
"""Means of 8 x 8 px that count as one independent sample where both tiles see the same."""

LOOSE_BLOCKS = 36.0
"""The same where the shift is not known: the texture's patches no longer cancel."""

ENOUGH_PAIRS = 8
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
    gain = _gains(graph, axis, sd_a, sd_b, alike, n, matched)
    step = gain[graph.a] * mean_a - gain[graph.b] * mean_b
    samples = np.maximum(n / np.where(same, SAMPLE_BLOCKS, LOOSE_BLOCKS), 1.0)
    spread = np.where(same, (sd_a + sd_b) * np.sqrt(np.clip(1 - alike, 0.0, 1.0)), sd_a + sd_b)
    contrast = _median(sd_a[n > 0], 1.0)
    # 1 % of the contrast: what is left of shading must not add up over many tiles.
    se = np.hypot(spread / np.sqrt(samples), 0.01 * contrast) + 1e-9
    usable = n > 0
    step = _without_slope(step, axis, usable)
    prior_sd = 3.0 * _median(np.abs(step[usable]), 0.0) + contrast
    offset = _robust(graph, step, np.where(usable, 1 / se**2, 0.0), 1 / prior_sd**2)
    return gain, offset - offset.mean()


def _gains(
    graph: Graph,
    axis: Ints,
    sd_a: Floats,
    sd_b: Floats,
    alike: Floats,
    n: Floats,
    matched: Bools,
) -> Floats:
    ratio = np.zeros(len(n))
    ratio[matched] = np.log(sd_a[matched] / sd_b[matched])
    ratio = _without_slope(ratio, axis, matched)
    samples = np.maximum(n / SAMPLE_BLOCKS, 1.0)
    variance = np.clip(1 - alike**2, 0.0, 1.0) / samples + GAIN_FLOOR**2
    weights = np.where(matched, 1 / variance, 0.0)
    log_gain = _robust(graph, ratio, weights, 1 / GAIN_SD**2)
    return np.asarray(np.exp(log_gain - log_gain.mean()))


def _without_slope(step: Floats, axis: Ints, usable: Bools) -> Floats:
    """Take out what all pairs of one axis share: it is shading that was left, not steps."""
    level = step.copy()
    for k in (0, 1):
        mine = usable & (axis == k)
        if mine.sum() >= ENOUGH_PAIRS:
            level[mine] -= np.median(step[mine])
    return level


def _robust(graph: Graph, step: Floats, weights: Floats, prior: float) -> Floats:
    """Values whose differences are the steps, in the least-absolute sense beyond 3 sd."""
    pull = np.full(graph.n, prior)
    values = least_squares(graph, step, weights, pull)
    for _ in range(ROUNDS):
        size = np.abs(step - graph.difference(values)) * np.sqrt(weights)
        values = least_squares(graph, step, weights * np.minimum(1, 3 / np.maximum(size, 3)), pull)
    return values


def _row(greys: Brightness | None) -> tuple[float, ...]:
    if greys is None:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return greys.mean_a, greys.mean_b, greys.sd_a, greys.sd_b, greys.correlation, float(greys.n)


def _median(values: Floats, otherwise: float) -> float:
    return float(np.median(values)) if len(values) else otherwise
