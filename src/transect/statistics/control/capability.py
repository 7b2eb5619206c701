"""Capability: how much room is left between what a process varies by and its limits.

References
----------
ISO 22514-2:2017; R. H. Kushler, P. Hurley, "Confidence bounds for capability indices", J. Qual.
Technol. 24, 1992 (noncentral t of the nearer limit).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transect.statistics.bootstrap import LEVEL
from transect.statistics.control.charts import Charts
from transect.statistics.limits import Limit
from transect.statistics.noncentral import noncentrality

NAN = float("nan")


@dataclass(frozen=True)
class Capability:
    """Indices of a process; Cp is NaN with one limit, all are without any.

    Attributes
    ----------
    cp
        Distance of the limits over six standard deviations: what a centred process would have.
    cpk
        Distance of the nearer limit from the centre over three standard deviations.
    low, high
        95 % interval of `cpk`.
    """

    cp: float
    cpk: float
    low: float
    high: float


NONE = Capability(NAN, NAN, NAN, NAN)


def capability(charts: Charts, values: int, limit: Limit) -> Capability:
    """Compare the spread of a process that is in control with its limits.

    Parameters
    ----------
    charts
        Charts of the process.
    values
        How many values the centre is a mean of.
    limit
        Lower and upper limit, in the metric's unit.
    """
    sigma, centre = charts.sigma, float(charts.level.centre[0])
    rooms = np.array([limit.high - centre, centre - limit.low]) / (3 * sigma)
    known = rooms[np.isfinite(rooms)]
    if not sigma > 0 or not known.size:
        return NONE
    cpk = float(known.min())
    scale = 3 * np.sqrt(values)
    low, high = (
        noncentrality(cpk * scale, charts.freedom, 0.5 + sign * LEVEL / 2) / scale
        for sign in (1, -1)
    )
    return Capability(float((limit.high - limit.low) / (6 * sigma)), cpk, low, high)
