"""The 2-D indices of transport of a section, with their definitions and intervals.

Windows are resampled along the foil in blocks of consecutive places, both sides of a place
together. Where too many replicates have no path at all, the upper end of the tortuosity factor's
interval is infinite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.config import StatisticsConfig
from transect.measure.estimates import Estimates
from transect.measure.transport.section import Transport
from transect.statistics.bootstrap import (
    LEVEL,
    Resampling,
    block_length,
    percentile_interval,
    resample,
)
from transect.statistics.counts import weighted_quantiles, wilson

Floats = npt.NDArray[np.float64]

INDICES = (
    "tau_factor_2d",
    "tau_geodesic_z",
    "tau_bruggeman",
    "nonpercolating_windows_2d",
    "nonpercolating_fraction_2d",
    "chord_x_um",
    "chord_z_um",
    "chord_anisotropy",
    "pore_d10_um",
    "pore_d50_um",
    "pore_d90_um",
)
"""Names in the registry."""

SHARES = {"pore_d10_um": 0.1, "pore_d50_um": 0.5, "pore_d90_um": 0.9}
_SHARE_OF_ONE = ("nonpercolating_windows_2d", "nonpercolating_fraction_2d")
_PATHS = ("tau_factor_2d", "tau_geodesic_z")
NO_WINDOW = "no window of coating as wide as it is thick"
NO_PATH = "no window has a path through its pores"


@dataclass(frozen=True)
class Index:
    """One index of a section.

    Attributes
    ----------
    value
        Infinite for ways where no window has one, NaN where there is nothing to measure.
    low, high
        Interval of 95 %.
    replicates
        Values of the replicates that it comes from.
    n
        Windows.
    """

    value: float
    low: float
    high: float
    replicates: Floats
    n: int
    method: str
    note: str


def indices_of(found: Transport, config: StatisticsConfig) -> dict[str, Index]:
    """Make every index of `INDICES`, by name.

    Parameters
    ----------
    found
        Windows of the section.
    config
        How many replicates, and their seed.
    """
    porosity = found.along(found.windows["porosity"])
    sides = found.along(found.windows["porosity"] >= 0)
    used = np.flatnonzero(sides)
    series = porosity[used] / sides[used]
    draws = resample(used.size, block_length(series), config.replicates, config.seed)
    values: dict[str, tuple[float, Floats]] = {}
    for name, (part, whole) in found.ratios().items():
        values[name] = _ratio(part[used], whole[used], draws)
    mean, means = _ratio(porosity[used], sides[used], draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        values["tau_bruggeman"] = (float(np.power(mean, -0.5)), np.power(means, -0.5))
    values |= _quantiles(found, used, draws)
    n = len(found.windows)
    return {name: _index(name, *values[name], draws, n) for name in INDICES}


def _ratio(part: Floats, whole: Floats, draws: Resampling) -> tuple[float, Floats]:
    drawn = draws.draws.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # einsum adds in a fixed order; a threaded product of matrices would not.
        replicates = np.einsum("rb,b->r", drawn, part) / np.einsum("rb,b->r", drawn, whole)
        return float(np.divide(part.sum(), whole.sum())), np.asarray(replicates)


def _quantiles(
    found: Transport, used: npt.NDArray[np.intp], draws: Resampling
) -> dict[str, tuple[float, Floats]]:
    sizes = found.sizes
    if not len(sizes):
        nothing = np.full(len(draws.draws), np.nan)
        return {name: (float("nan"), nothing) for name in SHARES}
    values, replicates = weighted_quantiles(
        sizes["diameter_um"].to_numpy(np.float64),
        sizes["area"].to_numpy(np.float64),
        np.searchsorted(used, sizes["window"].to_numpy(np.int64)),
        draws.draws,
        np.array(list(SHARES.values())),
    )
    return {name: (float(values[k]), replicates[:, k]) for k, name in enumerate(SHARES)}


def _index(name: str, value: float, replicates: Floats, draws: Resampling, n: int) -> Index:
    if not n:
        return Index(float("nan"), float("nan"), float("nan"), replicates, 0, "", NO_WINDOW)
    if not np.isfinite(value):
        note = NO_PATH if name in _PATHS else "no pores"
        value = float("inf") if name == "tau_factor_2d" and not np.isnan(value) else float("nan")
        return Index(value, float("nan"), float("nan"), replicates, n, "", note)
    if name == "nonpercolating_windows_2d" and value in (0.0, 1.0):
        # None or all of them: replicates do not vary, a score interval still has a width.
        low, high = wilson(value * n, n)
        return Index(value, low, high, replicates, n, "Wilson score interval", "")
    top = 1.0 if name in _SHARE_OF_ONE else np.inf
    low, high = percentile_interval(value, replicates, draws.widen, 0.0, top)
    notes = [draws.note]
    closed = float(np.mean(~np.isfinite(replicates)))
    if name in _PATHS and closed > 0.5 - LEVEL / 2:
        high = float("inf")
        notes.append(f"{closed:.0%} of the replicates have no path")
    method = draws.method.replace("x-blocks", "windows along x")
    return Index(value, low, high, replicates, n, method, "; ".join(filter(None, notes)))


def add_transport(estimates: Estimates, found: Transport, config: StatisticsConfig) -> None:
    """Add the indices to the metrics of a section.

    Windows are wider than x-blocks: they have draws of their own, as a share of a window in a
    replicate would vary less than whole windows do.

    Parameters
    ----------
    estimates
        Added to.
    found
        Windows of the section.
    config
        How many replicates, and their seed.
    """
    sample_um = float(found.windows["sample_um"].max()) if len(found.windows) else float("nan")
    for name, one in indices_of(found, config).items():
        if not np.isfinite(one.value):
            shut = f" in {one.n} windows" if one.n and name in _PATHS else ""
            estimates.missing(name, one.note + shut, limit_um=sample_um)
            continue
        estimates.add(name, one.value, (one.low, one.high), one.n, one.method,
                      limit_um=sample_um, note=one.note)  # fmt: skip
        estimates.replicates[name, ""] = one.replicates
