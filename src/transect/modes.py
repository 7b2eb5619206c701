"""The humps of a grey-value histogram: pore, binder, active material."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
LEVELS = np.arange(256, dtype=np.float64)
MIN_SD = 0.7
"""Narrowest hump in grey levels: rounding alone spreads a value over about one level."""


@dataclass(frozen=True)
class Modes:
    """Typical greys of the phases, and how well the brightest stands apart."""

    pore: float
    binder: float | None
    bright: float
    sd: float
    separation: float


def otsu(counts: F64) -> int:
    """Level that parts a histogram into two classes with the largest variance between them."""
    weight = np.cumsum(counts)
    first = np.cumsum(counts * LEVELS)
    rest = weight[-1] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = first / weight - (first[-1] - first) / rest
        between = np.where((weight > 0) & (rest > 0), weight * rest * gap * gap, 0.0)
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    # Empty levels between two humps are all as good: take the middle.
    return int((best[0] + best[-1]) // 2)


def mixture(counts: F64, means: F64, rounds: int = 200) -> tuple[F64, F64, F64]:
    """Fit a sum of Gaussians to a histogram by expectation and maximisation.

    Returns
    -------
    Means, standard deviations and weights, by rising mean.
    """
    k = means.size
    sds = np.full(k, max(float(np.ptp(means)) / (3 * k), MIN_SD))
    weights = np.full(k, 1.0 / k)
    total = counts.sum()
    for _ in range(rounds):
        z = (LEVELS[:, None] - means) / sds
        density = weights / sds * np.exp(-0.5 * z * z) + 1e-300
        share = density / density.sum(axis=1, keepdims=True) * counts[:, None]
        mass = share.sum(axis=0) + 1e-9
        moved = (share * LEVELS[:, None]).sum(axis=0) / mass
        spread = (share * (LEVELS[:, None] - moved) ** 2).sum(axis=0) / mass
        weights, sds = mass / total, np.sqrt(np.maximum(spread, MIN_SD**2))
        done = np.abs(moved - means).max() < 1e-4
        means = moved
        if done:
            break
    order = np.argsort(means, kind="stable")
    return means[order], sds[order], weights[order]


def fit_modes(flat: I64, whole: I64) -> Modes:
    """Find the phases.

    Parameters
    ----------
    flat
        Histogram (256 levels) of pixels with even surroundings.
    whole
        Histogram of all pixels of the coating.
    """
    counts = flat.astype(np.float64)
    if np.count_nonzero(counts) < 2:
        counts = whole.astype(np.float64)
    cut = otsu(counts)
    bright = _part(counts, cut + 1, 256)
    dark = _part(counts, 0, cut + 1)
    spread = np.hypot(bright[1], dark[1])
    separation = float((bright[0] - dark[0]) / max(spread, MIN_SD))
    peak = _peak(counts, cut + 1, 256, bright[0])
    low, high = _dark_modes(counts[: cut + 1], dark)
    return Modes(low, high, peak, bright[1], separation)


def _part(counts: F64, start: int, stop: int) -> tuple[float, float]:
    """Mean and standard deviation of the levels start..stop-1."""
    weights, levels = counts[start:stop], LEVELS[start:stop]
    total = weights.sum()
    mean = float((weights * levels).sum() / total)
    sd = float(np.sqrt((weights * (levels - mean) ** 2).sum() / total))
    return mean, sd


def _peak(counts: F64, start: int, stop: int, mean: float) -> float:
    """Top of a hump: mean of the part of it that is near its smoothed highest level."""
    smooth = np.convolve(counts, np.ones(5) / 5, mode="same")
    top = start + int(np.argmax(smooth[start:stop]))
    near = slice(max(top - 6, start), min(top + 7, stop))
    weights = counts[near]
    return float((weights * LEVELS[near]).sum() / weights.sum()) if weights.sum() else mean


def _dark_modes(counts: F64, dark: tuple[float, float]) -> tuple[float, float | None]:
    """Pore and binder among the darker levels; binder only where there really are two humps."""
    full = np.zeros(256)
    full[: counts.size] = counts
    if np.count_nonzero(counts) < 2:
        return dark[0], None
    cut = otsu(full)
    start = np.array([_part(full, 0, cut + 1)[0], _part(full, cut + 1, 256)[0]])
    means, sds, weights = mixture(full, start)
    two = _two_humps(full, counts.size, means, sds, weights)
    return float(means[0]), float(means[1]) if two else None


def _two_humps(full: F64, stop: int, means: F64, sds: F64, weights: F64) -> bool:
    """Whether the second hump is one: a valley before it, and an end before the bright phase."""
    if weights.min() < 0.01 or means[1] - means[0] < 4:
        return False
    z = (LEVELS[:, None] - means) / sds
    density = (weights / sds * np.exp(-0.5 * z * z)).sum(axis=1)
    low, high = (int(round(m)) for m in means)
    peaks = density[max(low - 8, 0) : low + 9].max(), density[high - 8 : high + 9].max()
    valley = density[low : high + 1].min()
    smooth = np.convolve(full, np.ones(5) / 5, mode="same")
    hump, end = smooth[max(high - 8, 0) : high + 9].max(), smooth[max(stop - 6, 0) : stop].mean()
    # Without a binder the dark hump only has a tail, which is highest where it is cut.
    return bool(valley < 0.8 * min(peaks) and end < 0.5 * hump)
