"""Axes of a chart: from values to places in the drawing, with ticks at round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.report.digits import short, written

Floats = npt.NDArray[np.float64]

TINY = 1e-30
"""Drawn as zero, in any unit."""


@dataclass(frozen=True)
class Tick:
    """A tick: its place in the drawing and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic scale from [low, high] to [start, stop] of the drawing."""

    low: float
    high: float
    start: float
    stop: float
    label: str = ""
    log: bool = False

    def at(self, values: npt.ArrayLike) -> Floats:
        """Place of each value in the drawing."""
        found = np.asarray(values, dtype=np.float64)
        low, high = self.low, self.high
        if self.log:
            found = np.log(np.maximum(found, low * 1e-3))
            low, high = math.log(low), math.log(high)
        return np.asarray(self.start + (found - low) / (high - low) * (self.stop - self.start))

    def place(self, value: float) -> float:
        """Place of one value in the drawing."""
        return float(self.at(value))

    @property
    def ticks(self) -> list[Tick]:
        """Ticks at round numbers, as many as their labels leave room for."""
        wanted = _wanted(self.start, self.stop)
        values, labels = (_log if self.log else _linear)(self.low, self.high, wanted)
        return [Tick(self.place(v), t) for v, t in zip(values, labels, strict=True)]


def axis(
    values: npt.ArrayLike,
    start: float,
    stop: float,
    label: str = "",
    *,
    zero: bool = False,
    least: float = 0.0,
) -> Axis:
    """Linear axis around the finite values, grown to round ends.

    Parameters
    ----------
    values
        What is drawn; missing values are left out.
    start, stop
        Where the axis begins and ends in the drawing.
    label
        Quantity and unit.
    zero
        Whether the axis includes zero.
    least
        Smallest step between ticks: 1 for counts.
    """
    found = np.asarray(values, dtype=np.float64).ravel()
    found = found[np.isfinite(found)]
    # No step of ticks can be told between numbers so small.
    found = np.where(np.abs(found) < TINY, 0.0, found)
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        pad = abs(high) * 0.1 or 1.0
        low, high = (0.0, high + pad) if zero else (low - pad, high + pad)
    step = max(_step(high - low, _wanted(start, stop)), least)
    return Axis(
        math.floor(low / step + 1e-9) * step,
        math.ceil(high / step - 1e-9) * step,
        start,
        stop,
        label,
    )


def log_axis(low: float, high: float, start: float, stop: float, label: str = "") -> Axis:
    """Logarithmic axis between two positive numbers."""
    if high <= low * 1.01:
        low, high = low / 1.5, high * 1.5
    return Axis(low, high, start, stop, label, log=True)


def _wanted(start: float, stop: float) -> int:
    """Count of ticks: labels stand side by side along x, above each other along y."""
    return max(int(abs(stop - start) / (80 if stop > start else 42)), 2)


def _step(width: float, wanted: int) -> float:
    rough = width / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def _linear(low: float, high: float, wanted: int) -> tuple[list[float], list[str]]:
    step = _step(high - low, wanted)
    decimals = max(-math.floor(math.log10(step) + 1e-9), 0)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    values = [k * step for k in range(first, last + 1)]
    return values, [written(v, decimals) for v in values]


def _log(low: float, high: float, wanted: int) -> tuple[list[float], list[str]]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        values = [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]
        if len(values) <= max(wanted + 2, 4):
            break
    return values, [short(v, 1) for v in values]
