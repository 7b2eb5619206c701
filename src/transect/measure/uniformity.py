"""Metrics that say how far a section can be trusted to stand for its foil, from its porosity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from transect.config import StatisticsConfig
from transect.measure.estimates import Estimates
from transect.statistics.bootstrap import LEVEL
from transect.statistics.covariance import FractionInterval, fraction_interval
from transect.statistics.uniformity import FEWEST, Stretches, stretches

Floats = npt.NDArray[np.float64]

OF_RANGE = ("integral_range_um2", "required_width_mm")
OF_STRETCHES = ("heterogeneity_ratio", "uniformity_index")


@dataclass(frozen=True)
class Series:
    """A phase along the foil.

    Attributes
    ----------
    part, whole
        Area of the phase and valid area of each x-block in um2; 0 and 0 where nothing is valid.
    block_um
        Width of an x-block.
    limit_um
        Resolution limit of the phase.
    """

    part: Floats
    whole: Floats
    block_um: float
    limit_um: float


def add_uniformity(estimates: Estimates, series: Series, config: StatisticsConfig) -> None:
    """Add integral range, required width, heterogeneity ratio and uniformity index.

    Parameters
    ----------
    estimates
        Metrics of the section.
    series
        All pores along the foil.
    config
        Target of the width; lengths of stretches and of the grain.
    """
    n = int(np.count_nonzero(series.whole))
    share = float(series.part.sum() / series.whole.sum()) if n else float("nan")
    why = "" if n else "no coating in the section"
    if n and not 0 < share < 1:
        why = "no pores" if share == 0 else "nothing but pores"
    if not why and n < 4:
        why = f"{n} x-blocks, at least 4 are needed"
    for metric in (*OF_RANGE, *OF_STRETCHES) if why else ():
        estimates.missing(metric, why, limit_um=series.limit_um)
    if not why:
        _ranges(estimates, series, config, fraction_interval(series.part, series.whole))
        _stretched(estimates, series, config)


def _ranges(
    estimates: Estimates, series: Series, config: StatisticsConfig, found: FractionInterval
) -> None:
    area = float(series.whole.sum())
    across = np.count_nonzero(series.whole) * series.block_um / 1000
    # Var(fraction) = fraction (1 - fraction) A2 / A, solved for A2 and for the width.
    spread = found.standard_error**2
    per_width = across * float((ndtri(0.5 + LEVEL / 2) / config.target) ** 2)
    values = {
        "integral_range_um2": spread * area / (found.value * (1 - found.value)),
        "required_width_mm": spread * per_width,
    }
    low, high = found.variance_ends
    for metric, value in values.items():
        note = f"for +- {100 * config.target:g} points" if metric == "required_width_mm" else ""
        estimates.add(
            metric, value, (value * low, value * high), int(np.count_nonzero(series.whole)),
            f"chi-square with {found.freedom:.0f} degrees of freedom",
            limit_um=series.limit_um, note=note,
        )  # fmt: skip


def _stretched(estimates: Estimates, series: Series, config: StatisticsConfig) -> None:
    length = max(round(config.stretch_um / series.block_um), 1)
    near = max(round(config.near_um / series.block_um), 2)
    cut = stretches(series.part, series.whole, length, near)
    said = f"stretches of {length * series.block_um:g} um"
    count = cut.fractions.size
    if count < FEWEST:
        for metric in OF_STRETCHES:
            estimates.missing(metric, f"{count} {said}, at least {FEWEST} are needed",
                              limit_um=series.limit_um)  # fmt: skip
        return
    facts: dict[str, Any] = {"limit_um": series.limit_um, "note": said}
    _index(estimates, cut, count, facts)
    if not np.isfinite(cut.expected):
        estimates.missing(
            "heterogeneity_ratio",
            f"no covariance within {near * series.block_um:g} um that could be told from noise",
            limit_um=series.limit_um,
        )
        return
    ratio, ends = cut.ratio
    facts["note"] += f"; grain within {near * series.block_um:g} um"
    estimates.add("heterogeneity_ratio", ratio, ends, count, "F distribution", **facts)


def _index(estimates: Estimates, cut: Stretches, count: int, facts: dict[str, Any]) -> None:
    if not cut.fractions.mean() > 0:
        estimates.missing("uniformity_index", "no pores in any stretch")
        return
    index, ends = cut.index
    estimates.add("uniformity_index", index, ends, count, "chi-square of the stretches", **facts)
