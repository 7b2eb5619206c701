"""Budget of uncertainty: what each value may be off by, and for which reason.

References
----------
JCGM 100:2008 (GUM): independent contributions add up as squares; ISO 14253-1:2017 and JCGM
106:2012: what is accepted must lie within its limits by as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from transect.statistics.bootstrap import LEVEL
from transect.statistics.registry import layers
from transect.statistics.tables import BUDGET

Floats = npt.NDArray[np.float64]

POWERS = {
    "1": 0,
    "deg": 0,
    "um/mm": 0,
    "um": 1,
    "mm": 1,
    "um2/mm": 1,
    "um2": 2,
    "1/um": -1,
    "1/mm2": -2,
}
"""By which power of the pixel size a value of each unit grows."""

ALONG = ("edge_bevel_width_um", "longest_run_um", "longest_run_separator_um", "wedge_um_per_mm")
ACROSS = frozenset(m.name for m in layers.METRICS if m.unit == "um" and m.name not in ALONG)
"""Lengths across the foil, which a slanted cut stretches by all it stretches."""

WEIGHED = ("porosity_mass_balance", "porosity_unresolved")
"""Shares of a thickness: what is solid of it, by weight, is less of a larger one."""

COMPONENTS = ("sampling", "segmentation", "pixel size", "slant", "stitching")


@dataclass(frozen=True)
class Instrument:
    """What is known of the microscope, the cut and the mosaic.

    Attributes
    ----------
    scale
        Half width of the 95 % interval of the pixel size, as a share of it.
    slant_deg
        Largest angle between the section and the plane across the foil.
    seam_um
        Root mean square of what neighbouring tiles are misplaced by across the foil.
    pitch_um
        Distance of tiles across the foil; infinite where there is one row of them.
    """

    scale: float
    slant_deg: float
    seam_um: float = 0.0
    pitch_um: float = np.inf


def seams_of(seams: pd.DataFrame, px_um: float) -> tuple[float, float]:
    """Misplacement and distance of tiles across the foil in um, from accepted pairs.

    Parameters
    ----------
    seams
        Columns direction, dy_px, accepted and residual_px of the table of seams.
    px_um
        Pixel size in um.
    """
    rows = seams[(seams["direction"] == "y") & seams["accepted"]]
    rows = rows[np.isfinite(rows["residual_px"])]
    if not len(rows):
        return 0.0, np.inf
    # A residual is of both axes together.
    rms = float(np.sqrt((rows["residual_px"] ** 2).mean() / 2))
    return rms * px_um, float(rows["dy_px"].median()) * px_um


def budget(metrics: pd.DataFrame, known: Instrument) -> pd.DataFrame:
    """Tell what contributes to the uncertainty of each value, as ends of 95 % intervals.

    Sampling and segmentation are those of the table. The pixel size acts by its power. A cut that
    slants stretches what lies across the foil by 1 / cos, so true lengths are shorter; areas, and
    lengths in all directions, take half of it. Each join of tiles that a length crosses adds its
    misplacement, and a length L crosses L / pitch of them. What is not known contributes nothing.

    Parameters
    ----------
    metrics
        Rows of the table of metrics.
    known
        What is known of the instrument.

    Returns
    -------
    Rows of the table `budget`: one per metric, side and component.
    """
    cosine = float(np.cos(np.deg2rad(known.slant_deg)))
    ends = {
        "sampling": _given(metrics, "ci"),
        "segmentation": _given(metrics, "segmentation"),
        "pixel size": _stretched(metrics, 1.0, 1 - known.scale, 1 + known.scale),
        "slant": _stretched(metrics, 0.5, cosine, 1.0),
        "stitching": _joined(metrics, known),
    }
    keys = metrics[["batch", "cell", "section", "metric", "side", "unit", "value"]]
    rows = pd.concat(
        [
            keys.assign(component=name, low=low, high=high, order=number)
            for number, (name, (low, high)) in enumerate(ends.items())
        ]
    ).sort_index(kind="stable")
    half = (rows["high"] - rows["low"]) / 2
    total = (half**2).groupby(level=0).transform("sum")
    rows["share"] = (half**2 / total.where(total > 0)).fillna(0.0)
    return rows.reset_index(drop=True)[BUDGET.names]


def guarded(metrics: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Widen intervals to what is judged: all components of the budget together.

    Each contributes the distance of its end from the value; they are independent, so their squares
    add up. A value without an interval has none to be judged by either.

    Parameters
    ----------
    metrics
        Rows of the table of metrics.
    parts
        Their budget.
    """
    value = metrics["value"].to_numpy(np.float64)
    ends = {}
    for name, sign in (("low", -1), ("high", 1)):
        table = parts[name].to_numpy(np.float64).reshape(len(metrics), len(COMPONENTS))
        away = np.sqrt(((table - value[:, None]) ** 2).sum(axis=1))
        sampling = metrics[f"ci_{name}"].to_numpy(np.float64)
        # Where sampling is all there is, it is to the last digit what is published.
        alone = (table[:, 1:] == value[:, None]).all(axis=1)
        found = np.where(alone, sampling, value + sign * away)
        ends[f"guard_{name}"] = np.where(np.isfinite(sampling), found, np.nan)
    return pd.DataFrame(ends, index=metrics.index)


def _given(metrics: pd.DataFrame, name: str) -> tuple[Floats, Floats]:
    """Give ends as the table of metrics has them; the value itself where it has none."""
    low, high = (
        metrics[f"{name}_{end}"].fillna(metrics["value"]).to_numpy(np.float64)
        for end in ("low", "high")
    )
    return low, high


def _stretched(
    metrics: pd.DataFrame, part: float, least: float, most: float
) -> tuple[Floats, Floats]:
    """Give ends of values whose true lengths are the measured ones times one of two factors.

    Lengths across the foil take the whole factor, others its power `part`.
    """
    value = metrics["value"].to_numpy(np.float64)
    power = metrics["unit"].map(POWERS).to_numpy(np.float64)
    power = power * np.where(metrics["metric"].isin(ACROSS), 1.0, part)
    ends = [value * least**power, value * most**power]
    weighed = metrics["metric"].isin(WEIGHED).to_numpy()
    solid = 1 - value[metrics["metric"] == WEIGHED[0]]
    if solid.size:
        shifts = [solid[0] * (1 - 1 / factor) for factor in (least, most)]
        ends = [np.where(weighed, value + s, end) for s, end in zip(shifts, ends, strict=True)]
    return np.minimum(*ends), np.maximum(*ends)


def _joined(metrics: pd.DataFrame, known: Instrument) -> tuple[Floats, Floats]:
    """Give ends of lengths that joins of tiles may have made longer or shorter."""
    value = metrics["value"].to_numpy(np.float64)
    crossed = np.where(metrics["unit"] == "um", np.abs(value), 0.0) / known.pitch_um
    half = float(ndtri(0.5 + LEVEL / 2)) * known.seam_um * np.sqrt(crossed)
    return value - half, value + half
