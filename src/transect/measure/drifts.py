"""What changes along the foil: rows of the table `drift`, and a word with the metrics it is of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined, keyed
from transect.measure.lines import SIDES
from transect.measure.tables import DRIFT
from transect.statistics.drift import Drift, drift
from transect.statistics.registry import REGISTRY
from transect.statistics.twogroups import adjusted

Floats = npt.NDArray[np.float64]

SURE = 0.05
"""Q value from which on a quantity is said to drift."""
DRIFTS = "drifts along the section: its interval is of this stretch of foil, not of the cell"
NAN = float("nan")

_RATIOS = {
    "porosity_total": (("area_pore_um2", "area_crack_um2", "area_void_um2"), "area_valid_um2", 1.0),
    "phase_fraction_active_material": (("area_active_material_um2",), "area_valid_um2", 1.0),
    "phase_fraction_binder": (("area_binder_um2",), "area_valid_um2", 1.0),
    "crack_length_density_per_um": (("crack_length_um",), "area_active_material_um2", 1.0),
    "n_A_per_mm2": (("n_particles",), "area_valid_um2", 1e6),
    "delam_fraction": (("gap_length_um",), "interface_length_um", 1.0),
}
"""Columns of `blocks` that are summed, what they are divided by, and a factor for the unit."""


def drift_table(estimates: Estimates, joined: Joined, blocks: pd.DataFrame) -> pd.DataFrame:
    """Test the quantities that blocks add up to, and note with metrics that they drift.

    Parameters
    ----------
    blocks
        Table of x-blocks.
    """
    if not len(blocks):
        return DRIFT.empty()
    seed = joined.settings.statistics.seed
    rows = [
        _row(metric, side, drift(part, whole, x_um, seed))
        for metric, side, part, whole, x_um in _series(blocks)
    ]
    table = pd.DataFrame(rows)
    least = table[["p_slope", "p_change"]].min(axis=1).to_numpy(np.float64)
    # The smaller of two tests: twice its p value.
    table["q_value"] = adjusted(np.minimum(2 * least, 1.0))
    told, sure = table["n"] > 0, table["q_value"] < SURE
    table["verdict"] = np.where(sure, "drifts", np.where(told, "steady", "too short to tell"))
    for metric, side in zip(table["metric"][sure], table["side"][sure], strict=True):
        estimates.remark(metric, side, DRIFTS)
    return keyed(table, joined.keys)[DRIFT.names]


def _series(blocks: pd.DataFrame) -> Iterator[tuple[str, str, Floats, Floats, Floats]]:
    """Give each quantity with what it is a ratio of, block by block, and where blocks are."""
    both = blocks.groupby("block", sort=True)
    sums, ends = both.sum(numeric_only=True), both[["x0_um", "x1_um"]].mean()
    middle = ends.mean(axis=1).to_numpy(np.float64)
    for metric, (parts, whole, factor) in _RATIOS.items():
        part = factor * sums[list(parts)].sum(axis=1).to_numpy(np.float64)
        yield metric, "", part, sums[whole].to_numpy(np.float64), middle
    for side in SIDES:
        rows = blocks[(blocks["side"] == side) & np.isfinite(blocks["thickness_mean_um"])]
        if len(rows):
            thick = rows["thickness_mean_um"].to_numpy(np.float64)
            at = rows[["x0_um", "x1_um"]].mean(axis=1).to_numpy(np.float64)
            yield "t_mean_um", side, thick, np.ones_like(thick), at


def _row(metric: str, side: str, found: Drift | None) -> dict[str, object]:
    names = {"metric": metric, "side": side, "unit": REGISTRY[metric].unit}
    if found is None:
        numbers = [
            c for c in DRIFT.names if c.startswith(("slope", "p_", "change", "before", "aft"))
        ]
        return {**names, "n": 0, **dict.fromkeys(numbers, NAN)}
    slope, low, high = (1000 * value for value in found.slope)
    return {
        **names,
        "n": found.n,
        "slope_per_mm": slope,
        "slope_low": low,
        "slope_high": high,
        "p_slope": found.p_slope,
        "change_x_um": found.place,
        "before": found.before,
        "after": found.after,
        "p_change": found.p_change,
    }
