"""Metrics of the layers: thickness along the foil, its two sides, and delamination."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.blocks import runs_of
from transect.measure.estimates import Estimates
from transect.measure.gap_metrics import EXTREME, Interface, add_gaps
from transect.measure.joined import Joined
from transect.measure.lines import SIDES
from transect.statistics.bootstrap import integral_length

Floats = npt.NDArray[np.float64]

_THICKNESS = ("t_mean_um", "t_sd_um", "t_cv", "t_min_um", "t_max_um", "t_range_um")
_OTHERS = (
    "side_asymmetry",
    "cc_thickness_um",
)
AT_COLLECTOR = ("delam_fraction", "gap_area_um2_per_mm", "gap_max_um", "longest_run_um")


def add_layers(estimates: Estimates, joined: Joined, columns: pd.DataFrame, used: Any) -> None:
    """Add the metrics of thickness and delamination.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    columns
        Rows of the table `columns`.
    used
        X-blocks that are drawn from.
    """
    if not joined.lines.foil or not len(columns):
        why = joined.lines.without_thickness
        estimates.all_missing((*_THICKNESS, *_OTHERS, *AT_COLLECTOR), why)
        return
    means = {}
    for side in SIDES:
        mine = columns[columns["side"] == side]
        if len(mine):
            means[side] = _thickness(estimates, joined, mine, used, side)
    if len(means) == 2:
        (a, drawn_a), (b, drawn_b) = means["a"], means["b"]
        drawn = 2 * (drawn_a - drawn_b) / (drawn_a + drawn_b)
        estimates.resampled("side_asymmetry", 2 * (a - b) / (a + b), drawn, len(used),
                            limit_um=joined.px_um)  # fmt: skip
    else:
        estimates.missing("side_asymmetry", "coated on one side only")
    foil = columns.drop_duplicates("x_um")
    foil = foil[np.isfinite(foil["collector_um"])]
    thick, count = _per_block(joined, foil, foil["collector_um"].to_numpy(np.float64), used)
    estimates.ratio("cc_thickness_um", thick, count, int(count.sum()), bounds=(0.0, np.inf),
                    limit_um=joined.px_um)  # fmt: skip
    _delamination(estimates, joined, columns, used)


def _per_block(
    joined: Joined, rows: pd.DataFrame, values: Floats, used: Any
) -> tuple[Floats, Floats]:
    """Sum values and count rows by drawn x-block."""
    at = joined.block_of(rows["x_um"].to_numpy(np.float64))
    total, count = np.zeros(joined.blocks), np.zeros(joined.blocks)
    np.add.at(total, at, values)
    np.add.at(count, at, 1.0)
    return total[used], count[used]


def _thickness(
    estimates: Estimates, joined: Joined, rows: pd.DataFrame, used: Any, side: str
) -> tuple[float, Floats]:
    """Add the thickness of one side; returns its mean and the replicates of that."""
    t, px = rows["thickness_um"].to_numpy(np.float64), joined.px_um
    # Squares about the mean: thickness varies by a few percent only.
    middle = float(t.mean())
    first, count = _per_block(joined, rows, t - middle, used)
    second, _ = _per_block(joined, rows, (t - middle) ** 2, used)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = estimates.draw(count)
        offset = estimates.draw(first) / n
        mean = middle + offset
        sd = np.sqrt(np.maximum(estimates.draw(second) / n - offset**2, 0.0))
        series = (first / count)[count > 0]
    independent = max(round(series.size / integral_length(series)), 1)
    facts: dict[str, Any] = {
        "side": side,
        "limit_um": px,
        "note": f"worth {independent} independent x-blocks",
    }
    spread = float(t.std())
    bounds = (0.0, np.inf)
    beyond = first - count * (first.sum() / count.sum())
    estimates.resampled("t_mean_um", middle, mean, independent, bounds=bounds, influence=beyond,
                        **facts)  # fmt: skip
    estimates.resampled("t_sd_um", spread, sd, independent, bounds=bounds, **facts)
    estimates.resampled("t_cv", spread / middle, sd / mean, independent, bounds=bounds, **facts)
    low, high = float(t.min()), float(t.max())
    for name, value in (("t_min_um", low), ("t_max_um", high), ("t_range_um", high - low)):
        ends = (max(value - px, 0.0), value + px)
        estimates.add(name, value, ends, len(t), EXTREME, side=side, limit_um=px)
    return middle, mean


def _delamination(estimates: Estimates, joined: Joined, columns: pd.DataFrame, used: Any) -> None:
    for side in ("", *SIDES):
        rows = columns if not side else columns[columns["side"] == side]
        if not len(rows):
            continue
        found = Interface(
            joined.block_of(rows["x_um"].to_numpy(np.float64)),
            rows["delaminated"].to_numpy(bool),
            rows["gap_um"].to_numpy(np.float64),
            _longest(rows, joined.px_um),
        )
        add_gaps(estimates, joined, used, AT_COLLECTOR, found, side)


def _longest(rows: pd.DataFrame, px: float) -> float:
    """Longest run of delaminated columns of one side, in um."""
    longest = 0.0
    for _, mine in rows.groupby("side"):
        x = np.rint(mine["x_um"].to_numpy(np.float64) / px - 0.5).astype(np.int64)
        flags = np.zeros(int(x.max()) + 1, bool)
        flags[x[mine["delaminated"].to_numpy(bool)]] = True
        start, stop = runs_of(flags)
        if start.size:
            longest = max(longest, float((stop - start).max()) * px)
    return longest
