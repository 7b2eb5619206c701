"""Columns of the tables `cracks` and `particles` that come from the skeletons of cracks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.crack_points import EIGHTHS
from transect.measure.crack_shapes import (
    CLASSES,
    CONTACT_AMOUNT,
    CONTACT_LENGTH,
    ENDS,
    LENGTH,
    MICRO,
    MILLI,
    PLACE,
    RADIAL_AMOUNT,
    RADIAL_LENGTH,
    THIN_AMOUNT,
    THIN_LENGTH,
    WIDEST_HERE,
    Shapes,
    rows_of,
)
from transect.measure.joined import Joined
from transect.measure.tables import CRACKS

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

RESOLVED_PX = 3.0
"""Width from which area over length tells it."""


def with_shapes(cracks: pd.DataFrame, found: Shapes, joined: Joined) -> pd.DataFrame:
    """Add widths and classes to the rows of the table `cracks`."""
    if not len(cracks):
        return CRACKS.empty()
    px, every, sums = joined.px_um, joined.cracks, found.cracks
    row = rows_of(every["component"].to_numpy(), cracks["crack"].to_numpy())
    open_px = every["open"].to_numpy()[row]
    length = np.maximum(sums[:, LENGTH], 1)
    limit = joined.settings.measure.cracked_length_ratio * found.diameters_um
    widest = sums[:, WIDEST_HERE] / EIGHTHS
    # What is not reported has no centre, and no class.
    reported = found.diameters_um > 0
    place = np.where(reported, sums[:, PLACE] / length / MILLI, np.nan)
    kind = np.where(place < 0.5, 0, 1)
    kind = np.where(sums[:, ENDS] >= 2, 2, kind)
    kind = np.where(open_px > 0, 3, kind)
    return cracks.assign(
        width_p95_um=found.crack_p95 / EIGHTHS * px,
        width_max_um=widest * px,
        width_sub_um=_over(sums[:, THIN_AMOUNT], sums[:, THIN_LENGTH], MILLI) * px,
        width_resolved=cracks["width_mean_um"].to_numpy() >= RESOLVED_PX * px,
        radial_place=place,
        crack_class=np.where(reported, np.array(CLASSES, object)[kind], ""),
        long=cracks["length_um"].to_numpy() > limit,
    )[CRACKS.names]


def with_angles(particles: pd.DataFrame, found: Shapes, px_um: float) -> pd.DataFrame:
    """Add widths and directions of cracks to the table of particles, NaN where there are none."""
    sums = found.particles
    angle = _over(sums[:, CONTACT_AMOUNT], sums[:, CONTACT_LENGTH], MILLI)
    # In place: a million rows are not copied.
    particles["radial_index"] = _over(sums[:, RADIAL_AMOUNT], sums[:, RADIAL_LENGTH], MICRO)
    particles["crack_width_p95_um"] = found.particle_p95 / EIGHTHS * px_um
    particles["contact_angle_deg"] = angle
    particles["contact_angle_null_deg"] = np.where(np.isnan(angle), np.nan, found.null)
    return particles


def _over(part: Array, whole: Array, unit: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole / unit, np.nan)
