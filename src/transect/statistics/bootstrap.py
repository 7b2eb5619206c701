"""Moving-block bootstrap along the foil: the same resampled blocks for every metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
ENOUGH = 16
"""Blocks of the bootstrap below which an interval carries a note."""
LENGTHS = 10
"""Integral lengths that a block of the bootstrap spans where the section is long enough."""


@dataclass(frozen=True)
class Resampling:
    """How often each x-block is drawn in each replicate.

    Attributes
    ----------
    draws
        Shape (replicates, x-blocks).
    length
        X-blocks in a block of the bootstrap.
    widen
        Factor on the spread of replicates: few blocks vary less among themselves than blocks of
        the population do, and their spread is itself uncertain (Student's t).
    """

    draws: npt.NDArray[np.int32]
    length: int
    widen: float

    @property
    def effective(self) -> float:
        """Blocks of the bootstrap that fit into the section."""
        return float(self.draws.shape[1] / self.length)

    @property
    def method(self) -> str:
        """Words for the table of metrics."""
        return (
            f"moving-block bootstrap along x, {self.draws.shape[0]} replicates,"
            f" blocks of {self.length} of {self.draws.shape[1]} x-blocks"
        )

    @property
    def note(self) -> str:
        """What limits the interval, blank if nothing."""
        if self.effective >= ENOUGH:
            return ""
        return f"only {self.effective:.3g} bootstrap blocks: the interval is rough"


def integral_length(series: Floats) -> float:
    """Blocks over which a series is correlated: 1 + 2 x the sum of its autocorrelations.

    The sum stops where the autocorrelation first falls below its noise, 2/sqrt(n).
    """
    return max(1.0 + 2 * float(correlations(series).sum()), 1.0)


def correlations(series: Floats, noise: float = 2.0) -> Floats:
    """Autocorrelations of a series from lag 1 on, up to the first below noise / sqrt(n)."""
    n = series.size
    centred = series - series.mean() if n else series
    power = float(np.dot(centred, centred))
    found: list[float] = []
    if n < 4 or power <= 0:
        return np.empty(0)
    for lag in range(1, n // 2):
        rho = float(np.dot(centred[lag:], centred[:-lag])) / power
        if rho < noise / np.sqrt(n):
            break
        found.append(rho)
    return np.array(found)


def shortfall(series: Floats, length: int) -> float:
    """Factor by which blocks that are short against the correlation make intervals too narrow.

    Places of two blocks are drawn as if they were unrelated: of a correlation over k x-blocks,
    blocks of l see the share 1 - k/l. Coatings that are correlated over a tenth of what the section
    allows as a block had intervals of the mean thickness that hold in 90 % instead of 95 %.

    Parameters
    ----------
    series
        What each x-block adds to a metric beyond its share, in order along the foil.
    length
        X-blocks in a block of the bootstrap.
    """
    # Weak correlations that reach far are half lost where sums end at their noise: intervals held
    # in 1 % fewer sections. Ending where the sign changes errs to the wide side.
    rho = correlations(series, noise=0.0)
    if not rho.size:
        return 1.0
    # Correlations about the sample's own mean are low by the integral length over n.
    rho = np.minimum(rho + (1 + 2 * rho.sum()) / series.size, 1.0)
    seen = np.maximum(1 - np.arange(1, rho.size + 1) / length, 0.0)
    return float(np.sqrt((1 + 2 * rho.sum()) / (1 + 2 * np.dot(seen, rho))))


def block_length(series: Floats) -> int:
    """X-blocks in a block of the bootstrap: 10 integral lengths, if 16 such blocks fit."""
    n = series.size
    wanted = int(np.ceil(LENGTHS * integral_length(series))) if n else 1
    return max(1, min(wanted, n // ENOUGH))


def resample(blocks: int, length: int, replicates: int, seed: int) -> Resampling:
    """Draw blocks of consecutive x-blocks; the end is joined to the start.

    Parameters
    ----------
    blocks
        X-blocks of the section.
    length
        X-blocks in a block of the bootstrap.
    replicates, seed
        How many, and the seed.
    """
    rng = np.random.default_rng(seed)
    draws = np.zeros((replicates, blocks), np.int32)
    if blocks:
        count = -(-blocks // length)
        starts = rng.integers(0, blocks, (replicates, count))
        drawn = (starts[:, :, None] + np.arange(length)) % blocks
        drawn = drawn.reshape(replicates, -1)[:, :blocks]
        for replicate in range(replicates):
            draws[replicate] = np.bincount(drawn[replicate], minlength=blocks)
    effective = max(blocks / length, 1.0)
    widen = 1.0
    if effective > 2:
        student = stdtrit(effective - 1, 0.5 + LEVEL / 2) / ndtri(0.5 + LEVEL / 2)
        widen = float(student * np.sqrt(effective / (effective - 1)))
    return Resampling(draws, length, widen)


def percentile_interval(
    value: float, replicates: Floats, widen: float, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float]:
    """Interval from replicates, widened about the value and cut at the metric's bounds."""
    known = replicates[np.isfinite(replicates)]
    if not np.isfinite(value) or known.size < 20:
        return float("nan"), float("nan")
    ends = np.quantile(known, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    ends = value + (ends - value) * widen
    # Replicates of a skewed metric may lie on one side of the value; the interval holds it.
    return max(min(float(ends[0]), value), low), min(max(float(ends[1]), value), high)
