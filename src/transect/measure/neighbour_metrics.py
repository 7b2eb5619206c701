"""Metrics of how particles lie: direction, neighbours, what they touch, fragments, foreign ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.phases import COATING
from transect.statistics.counts import rate
from transect.statistics.registry import elsewhere

Floats = npt.NDArray[np.float64]

OF_OUTLINES = {
    "contact_length_frac": "contact_length_frac",
    "cbd_coverage": "perimeter_share_binder",
    **{
        name: name
        for name in (
            f"perimeter_share_{facing}"
            for facing in ("active_material", "pore", "collector", "separator")
        )
    },
}
OF_ELECTROLYTE = {
    "assb_contact_frac": "perimeter_share_binder",
    "interfacial_void_frac": "perimeter_share_pore",
}
"""Shares of the outlines by metric: column of the table `particles`."""


def add_neighbours(
    estimates: Estimates, joined: Joined, used: Any, particles: pd.DataFrame
) -> None:
    """Add the metrics; those of whole particles carry their Miles-Lantuejoul weights."""
    limit = joined.settings.segment.min_particle_px * joined.px_um
    weights = particles["ml_weight"].to_numpy(np.float64)
    found, whole = len(particles), int(np.count_nonzero(weights))
    per_block = joined.per_block(used, particles["x_um"].to_numpy(np.float64))
    facts: dict[str, Any] = {"limit_um": limit}
    solid = joined.settings.segment.filler == "electrolyte"
    if not solid:
        estimates.all_missing(OF_ELECTROLYTE, elsewhere(joined.settings.expect.name), **facts)
    names = {**OF_OUTLINES, **(OF_ELECTROLYTE if solid else {})}
    if not whole:
        note = "no particle that is whole" if found else "no particles"
        estimates.all_missing(
            ("orientation_S2", "n_neighbours_mean", "fragment_fraction", *names), note, **facts
        )
    else:
        area = weights * particles["area_filled_um2"].to_numpy(np.float64)
        turn = np.radians(2 * particles["orientation_deg"].to_numpy(np.float64))
        # 2 <cos^2> - 1 is the mean of the cosine of twice the angle.
        estimates.ratio("orientation_S2", per_block(area * np.cos(turn)), per_block(area), whole,
                        bounds=(-1.0, 1.0), **facts)  # fmt: skip
        near = weights * particles["n_neighbours"].to_numpy(np.float64)
        estimates.ratio("n_neighbours_mean", per_block(near), per_block(weights), whole,
                        bounds=(0.0, np.inf), **facts)  # fmt: skip
        perimeter = particles["perimeter_um"].to_numpy(np.float64) * (weights > 0)
        for name, column in names.items():
            part = perimeter * particles[column].to_numpy(np.float64)
            estimates.ratio(name, per_block(part), per_block(perimeter), whole,
                            bounds=(0.0, 1.0), **facts)  # fmt: skip
        broken = weights * particles["fragment"].to_numpy(bool)
        estimates.ratio("fragment_fraction", per_block(broken), per_block(weights), whole,
                        bounds=(0.0, 1.0), **facts)  # fmt: skip
    _foreign(estimates, joined, particles, limit)


def _foreign(estimates: Estimates, joined: Joined, particles: pd.DataFrame, limit: float) -> None:
    area = float(joined.valid(COATING).sum()) * joined.px_um**2 / 1e6
    if not area:
        estimates.missing("foreign_particle_per_mm2", "no coating in the section", limit_um=limit)
        return
    count = int(particles["foreign"].sum())
    value, ends, note = rate(count, area)
    what = f"grey above the median by {joined.settings.measure.foreign_sigma:g} robust sd"
    estimates.add("foreign_particle_per_mm2", value, ends, count, "exact Poisson interval",
                  limit_um=limit, note="; ".join(filter(None, (what, note))))  # fmt: skip
