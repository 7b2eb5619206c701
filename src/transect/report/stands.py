"""How far a section stands for its foil, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.report.digits import length, short, unit
from transect.report.estimates import Estimate
from transect.report.labels import label, side_words

_STAND = ("required_width_mm", "heterogeneity_ratio", "uniformity_index")


def stand_words(found: list[Estimate], drift: pd.DataFrame) -> list[str]:
    """Say how far the section can be trusted to stand for its foil, and what changes along it.

    Parameters
    ----------
    found
        All numbers.
    drift
        Rows of the table `drift`.
    """
    said = []
    for e in found:
        if e.metric not in _STAND or not np.isfinite(e.value):
            continue
        words = f"{e.full_name}: {e.text} {e.unit}".rstrip()
        words += f" ({e.interval})" if e.interval else ""
        if e.metric == "heterogeneity_ratio" and np.isfinite(e.low):
            words += ": more than grain alone" if e.low > 1 else ": no more than grain alone"
        said.append(f"{words}{f', {e.note}' if e.note else ''}.")
    rows = drift.to_dict("records")
    said += [_drifts(row) for row in rows if row["verdict"] == "drifts"]
    steady = [_name(row) for row in rows if row["verdict"] == "steady"]
    if steady:
        said.append(f"No slope and no change along the foil was found in: {', '.join(steady)}.")
    return said


def _name(row: dict[object, object]) -> str:
    words, side = label(str(row["metric"])).words, str(row["side"])
    return f"{words}, {side_words(side)}" if side else words


def _drifts(row: dict[object, object]) -> str:
    """Say what drifts: by a step where that is the surer of both, else by a slope."""
    scale = 100 if label(str(row["metric"])).percent else 1
    of = "%" if scale == 100 else unit(str(row["unit"]))
    names = ("before", "after", "change_x_um", "slope_per_mm", "p_slope", "p_change", "q_value")
    before, after, place, slope, p_slope, p_change, q = (float(str(row[name])) for name in names)
    if p_change <= p_slope:
        words = f"{short(scale * before)} {of} up to {length(place)}, {short(scale * after)} {of}"
        words += " from there on"
    else:
        words = f"{short(scale * slope)} {of} per mm"
    return f"{_name(row)} drifts: {words} (q = {short(q, 2)}). Its interval is not the cell's."
