"""Differences where a group has one cell only: what the sections themselves let one say.

Replicates of sections tell what other places of the same foil would have given. They do not tell
what another cell would have given, so that nothing here is a test of groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.statistics.bootstrap import LEVEL

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sampled:
    """A group's mean over cells with what is known of its sampling error.

    Attributes
    ----------
    value
        Mean over the cells' means over sections.
    replicates
        Replicates of that, as wide as the published intervals; empty where a section has none.
    low, high
        Ends of the 95 % interval, from the published ones of the sections.
    """

    value: float
    replicates: Floats
    low: float
    high: float


def sampled(sections: pd.DataFrame, replicates: dict[str, Floats], seed: int) -> Sampled:
    """Put the sections of a group together, cells alike, sections alike within a cell.

    Parameters
    ----------
    sections
        Rows of the table of metrics, of one metric and side, all with a value; with `key`, the name
        that the section has in `replicates`.
    replicates
        Replicates of the metric by section.
    seed
        Of the order in which replicates of different sections meet.
    """
    rng = np.random.default_rng(seed)
    cells = sections.groupby(["batch", "cell"], sort=True)
    weights = 1 / (cells["value"].transform("size") * cells.ngroups).to_numpy(np.float64)
    values, low, high = (sections[n].to_numpy(np.float64) for n in ("value", "ci_low", "ci_high"))
    mean = float(np.dot(weights, values))
    below, above = (float(np.sqrt(np.sum((weights * (values - e)) ** 2))) for e in (low, high))
    found = [replicates.get(key, np.empty(0)) for key in sections["key"]]
    size = min((drawn.size for drawn in found), default=0)
    away = np.zeros(size)
    for weight, drawn, *ends in zip(weights, found, values, low, high, strict=True):
        if not size:
            break
        # Sections of one length share their draws, which must not make their errors alike.
        order = rng.permutation(drawn.size)[:size]
        away += weight * _widened(drawn[order], *ends)
    return Sampled(mean, mean + away if size else np.empty(0), mean - below, mean + above)


def _widened(drawn: Floats, value: float, low: float, high: float) -> Floats:
    """Distances of replicates from the value, on each side as wide as the published interval."""
    away = drawn - value
    known = away[np.isfinite(away)]
    if not known.size or not np.isfinite([low, high]).all():
        return np.full(drawn.size, np.nan)
    ends = np.quantile(known, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    down = (low - value) / ends[0] if ends[0] < 0 else 1.0
    up = (high - value) / ends[1] if ends[1] > 0 else 1.0
    return np.asarray(np.where(away < 0, away * down, away * up))


def difference(first: Sampled, second: Sampled) -> tuple[float, float, float]:
    """Second minus first with its 95 % interval.

    By replicates where both have them, else from the published intervals by the variance estimates
    that their ends imply (Zou, Donner, Stat. Med. 27 (2008) 1693).
    """
    found = second.value - first.value
    size = min(first.replicates.size, second.replicates.size)
    apart = second.replicates[:size] - first.replicates[:size]
    apart = apart[np.isfinite(apart)]
    if apart.size >= 20:
        ends = np.quantile(apart, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
        return found, min(float(ends[0]), found), max(float(ends[1]), found)
    low = found - np.hypot(second.value - second.low, first.high - first.value)
    high = found + np.hypot(second.high - second.value, first.value - first.low)
    return found, float(low), float(high)
