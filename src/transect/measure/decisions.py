"""What a metric's value owes to where a pixel becomes another phase."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.statistics.registry import REGISTRY

Floats = npt.NDArray[np.float64]

SHARES = (
    "porosity_total",
    "porosity_inter",
    "porosity_intra",
    "porosity_crack",
    "phase_fraction_active_material",
    "phase_fraction_binder",
    "phase_fraction_pore",
    "aspect_ratio_median",
    "circularity_median",
    "solidity_median",
    "crack_area_fraction",
    "cracked_fraction",
    "internal_porosity",
    "detachment_mean",
    "contact_length_frac",
    "cbd_coverage",
    "perimeter_share_active_material",
    "perimeter_share_pore",
    "assb_contact_frac",
    "interfacial_void_frac",
    "fragment_fraction",
)
"""Metrics that depend on the decision and cannot be above 1."""

DECIDED = (
    *SHARES,
    *(f"d{q}_{kind}_um" for kind in ("area", "number") for q in (10, 50, 90)),
    *(f"d{q}_volume_um" for q in (10, 50, 90)),
    "d32_um",
    "d43_um",
    "span_area",
    "n_particles",
    "n_A_per_mm2",
    "ecd_mean_um",
    "ecd_max_um",
    "crack_length_density_per_um",
    "crack_surface_density_per_um",
    "crack_width_mean_um",
    "crack_width_p95_um",
    "S_V_per_um",
    "n_neighbours_mean",
    "gradient_porosity",
    "gradient_binder",
    "gradient_active_material",
    "binder_migration_index",
    "skin_index",
)
"""Metrics that depend on the decision; the layers are found before it."""

_LIMITS = ("material", "binder")


def with_segmentation(metrics: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Fill in the columns `segmentation_low` and `segmentation_high`.

    Parameters
    ----------
    metrics
        Rows of the table `metrics`.
    decisions
        Rows of the table `decisions` of the section.
    """
    by_metric = dict(tuple(decisions.groupby("metric", sort=False)))
    frame = metrics.copy()
    ends = [
        _ends(name, value, by_metric[name]) if side == "" and name in by_metric else (np.nan,) * 2
        for name, side, value in zip(frame["metric"], frame["side"], frame["value"], strict=True)
    ]
    frame[["segmentation_low", "segmentation_high"]] = np.reshape(ends, (-1, 2))
    return frame


def _ends(metric: str, value: float, rows: pd.DataFrame) -> tuple[float, float]:
    """Value at its lowest and highest when limits move, those of each kind on their own."""
    found = rows["value"].to_numpy(np.float64)
    even = (rows[list(_LIMITS)] == 0.5).to_numpy()
    decided = float(found[even.all(axis=1)][0])
    # Windows that have none of it by any decision know nothing of what others have.
    unknown = value != 0 and not found.any()
    if unknown or not np.isfinite([value, decided, *found]).all():
        return np.nan, np.nan
    # What windows tell is by how much of itself a metric changes; one that may be negative, or
    # that windows have none of, changes by as much as theirs.
    relative = not REGISTRY[metric].signed and decided > 0
    changes = (found - decided) * (value / decided if relative else 1.0)
    moved = [np.append(changes[~even[:, k]], 0.0) for k in range(len(_LIMITS))]
    low = value - float(np.hypot.reduce([part.min() for part in moved]))
    high = value + float(np.hypot.reduce([part.max() for part in moved]))
    least = -np.inf if REGISTRY[metric].signed else 0.0
    return max(low, least), min(high, 1.0) if metric in SHARES else high
