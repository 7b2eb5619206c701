"""Whether a quantity stays the same along the foil: a slope, or a place where it changes.

Both are tested by shuffling stretches of foil that are long against the grain, so that neither the
distribution nor the correlation of near places has to be known.

References
----------
A. N. Pettitt, "A non-parametric approach to the change-point problem", Appl. Stat. 28, 1979 (here
on sums instead of ranks); P. Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from transect.statistics.bootstrap import LEVEL, integral_length

Floats = npt.NDArray[np.float64]

FEWEST = 8
"""Stretches below which nothing is tested: shuffling fewer could hardly be significant."""
GRAINS = 4
"""Integral lengths that a stretch spans at least."""
SHUFFLES = 1999
"""Shufflings: with the one that was found, p values in steps of 1/2000."""
EDGE = 2
"""Stretches on either side of a change at least: one alone is an outlier, not a change."""


@dataclass(frozen=True)
class Drift:
    """How a quantity goes along the foil.

    Attributes
    ----------
    n
        Stretches that were compared.
    slope
        Change per unit of x, and the ends of its 95 % interval.
    p_slope
        P value of the slope.
    place
        Where the quantity changes most, in units of x.
    before, after
        Its means on both sides of that.
    p_change
        P value of the change.
    """

    n: int
    slope: tuple[float, float, float]
    p_slope: float
    place: float
    before: float
    after: float
    p_change: float


def drift(part: Floats, whole: Floats, x: Floats, seed: int) -> Drift | None:
    """Test the ratio of two sums for a slope and for a change along the foil.

    Parameters
    ----------
    part, whole
        Sums of each block in order along the foil; blocks of no `whole` are left out.
    x
        Middle of each block.
    seed
        Of the shuffling.

    Returns
    -------
    None where the foil is too short, or nothing varies.
    """
    kept = whole > 0
    part, whole, x = part[kept], whole[kept], x[kept]
    if part.size < FEWEST * GRAINS:
        return None
    value = part.sum() / whole.sum()
    length = int(np.ceil(GRAINS * integral_length(_rest(part - value * whole))))
    count = part.size // length
    if count < FEWEST:
        return None
    # Whole stretches, from the middle of the foil out: what is over is half at either end.
    first = (part.size - count * length) // 2
    cut = slice(first, first + count * length)
    parts, wholes, places = (v[cut].reshape(count, length).sum(axis=1) for v in (part, whole, x))
    places, ratios = places / length, parts / wholes
    if not np.ptp(ratios) > 0:
        return None
    slope = _slope(ratios, places)
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.broadcast_to(ratios, (SHUFFLES, count)), axis=1)
    centred = places - places.mean()
    p_slope = _p(abs(ratios @ centred), np.abs(shuffled @ centred))
    steps, drawn = _steps(ratios[None])[0], _steps(shuffled)
    change = int(np.argmax(steps)) + EDGE
    edge = float(places[change - 1] + places[change]) / 2
    sides = (slice(0, change), slice(change, count))
    before, after = (float(parts[s].sum() / wholes[s].sum()) for s in sides)
    return Drift(count, slope, p_slope, edge, before, after, _p(steps.max(), drawn.max(axis=1)))


def _rest(series: Floats) -> Floats:
    """Take the best step and slope off a series: what drifts would look like a long grain."""
    n = series.size
    steps = _steps(series[None])[0]
    change = int(np.argmax(steps)) + EDGE
    ramp = np.linspace(-1, 1, n)
    design = np.stack([np.ones(n), ramp, np.arange(n) >= change], axis=1).astype(np.float64)
    fit, *_ = np.linalg.lstsq(design, series, rcond=None)
    return np.asarray(series - design @ fit)


def _steps(series: Floats) -> Floats:
    """Height of a step at each place, in its standard errors up to a factor; rows are series."""
    n = series.shape[1]
    sums = np.cumsum(series - series.mean(axis=1, keepdims=True), axis=1)[:, EDGE - 1 : n - EDGE]
    before = np.arange(EDGE, n - EDGE + 1)
    return np.asarray(np.abs(sums) / np.sqrt(before * (n - before) / n))


def _p(found: float, drawn: Floats) -> float:
    """Share of shufflings that reach what was found, itself among them."""
    # Sums of the same stretches in another order are equal up to rounding.
    return float((1 + np.count_nonzero(drawn >= found * (1 - 1e-9))) / (1 + drawn.size))


def _slope(values: Floats, places: Floats) -> tuple[float, float, float]:
    n, centred = values.size, places - places.mean()
    square = float(centred @ centred)
    slope = float(centred @ values) / square
    rest = values - values.mean() - slope * centred
    error = float(np.sqrt(rest @ rest / (n - 2) / square))
    half = float(stdtrit(n - 2, 0.5 + LEVEL / 2)) * error
    return slope, slope - half, slope + half
