"""Metrics of an interface that is open in places: at the collector, or at the separator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.config import LayersConfig
from transect.measure.blocks import MIN_GAP_PX
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.statistics.counts import wilson

Floats = npt.NDArray[np.float64]

EXTREME = "localisation of one pixel; an extreme of this section only"


@dataclass(frozen=True)
class Interface:
    """Columns of an interface that were seen: x-block, whether open, gap, and the longest run."""

    block: npt.NDArray[np.integer]
    apart: npt.NDArray[np.bool_]
    gap_um: Floats
    longest_um: float


def least_gap_um(config: LayersConfig, px: float) -> float:
    """Smallest gap that counts and can be seen."""
    return max(config.min_gap_um, MIN_GAP_PX * px)


def add_gaps(
    estimates: Estimates,
    joined: Joined,
    used: Any,
    names: tuple[str, str, str, str],
    found: Interface,
    side: str,
) -> None:
    """Add fraction, area per length, widest gap and longest run of one interface.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    used
        X-blocks that are drawn from.
    names
        Metrics, in that order.
    found
        Columns of the interface.
    side
        Side of the foil, blank for both.
    """
    px, n = joined.px_um, len(used)
    gap = np.where(found.apart, found.gap_um, 0.0)
    facts: dict[str, Any] = {
        "side": side,
        "limit_um": least_gap_um(joined.settings.layers, px),
    }
    fraction, area, widest, longest = names
    length, open_um, whole = (
        np.bincount(found.block, weights=values, minlength=joined.blocks)[used]
        for values in (found.apart, gap, np.ones(gap.size))
    )
    if 0 < length.sum() < whole.sum():
        estimates.ratio(fraction, length, whole, n, bounds=(0.0, 1.0), **facts)
    else:
        # None or all of it: replicates do not vary, a score interval still has a width.
        share = float(length.sum() / whole.sum()) if whole.sum() else np.nan
        estimates.add(fraction, share, wilson(share * n, n), n,
                      "Wilson score interval over x-blocks", **facts)  # fmt: skip
    estimates.ratio(area, open_um * px, whole * px / 1000, n, bounds=(0.0, np.inf), **facts)
    for name, value in ((widest, float(gap.max())), (longest, found.longest_um)):
        ends = (max(value - px, 0.0), value + px)
        estimates.add(name, value, ends, int(found.apart.sum()), EXTREME, **facts)
