"""Metrics of particles: number, size, shape, what is unfolded of them, and their outlines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.crack_metrics import add_cracked
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined, drawn
from transect.measure.phase_metrics import pixels
from transect.measure.sizes import OF_VOLUME, Sections, add_sizes
from transect.phases import COATING

Floats = npt.NDArray[np.float64]

_OF_PARTICLES = (
    *(f"d{q}_{kind}_um" for kind in ("area", "number") for q in (10, 50, 90)),
    "span_area",
    "ecd_mean_um",
    "ecd_max_um",
    "aspect_ratio_median",
    "circularity_median",
    "solidity_median",
    "cracked_fraction",
    "internal_porosity",
    "detachment_mean",
)


def add_particles(estimates: Estimates, joined: Joined, used: Any, particles: pd.DataFrame) -> None:
    """Add number, size, shape and cracks of the rows of the table `particles`."""
    limit = joined.settings.segment.min_particle_px * joined.px_um
    weights = particles["ml_weight"].to_numpy(np.float64)
    x_um = particles["x_um"].to_numpy(np.float64)
    blocks, per_block = drawn(used, joined.block_of(x_um)), joined.per_block(used, x_um)
    count = per_block(np.ones(len(particles)))
    facts: dict[str, Any] = {"limit_um": limit, "bounds": (0.0, np.inf)}
    area = pixels(joined, used, *COATING) * joined.px_um**2 / 1e6
    found = len(particles)
    note = "" if found else "no particles"
    estimates.resampled("n_particles", float(found), estimates.draw(count), found, note=note,
                        **facts)  # fmt: skip
    estimates.ratio("n_A_per_mm2", per_block(weights), area, found, note=note, **facts)
    if not weights.any():
        for name in _OF_PARTICLES:
            estimates.missing(name, "no particle that is whole" if found else "no particles",
                              limit_um=limit)  # fmt: skip
        return
    _sizes(estimates, particles, weights, blocks, limit)
    ecd = particles["ecd_um"].to_numpy(np.float64)
    whole = int(np.count_nonzero(weights))
    estimates.ratio("ecd_mean_um", per_block(ecd * weights), per_block(weights), whole, **facts)
    largest = float(ecd[weights > 0].max())
    estimates.add("ecd_max_um", largest, (largest, largest), whole, "counted, not sampled",
                  limit_um=limit)  # fmt: skip
    filled, void = particles["area_filled_um2"], particles["void_area_um2"]
    estimates.ratio("internal_porosity", per_block(void.to_numpy()), per_block(filled.to_numpy()),
                    found, limit_um=limit, bounds=(0.0, 1.0))  # fmt: skip
    perimeter = particles["perimeter_um"].to_numpy(np.float64) * (weights > 0)
    apart = particles["detachment"].to_numpy(np.float64) * perimeter
    estimates.ratio("detachment_mean", per_block(apart), per_block(perimeter), whole,
                    limit_um=limit, bounds=(0.0, 1.0))  # fmt: skip
    add_cracked(estimates, joined, particles, per_block)


def add_volumes(
    estimates: Estimates, joined: Joined, used: Any, particles: pd.DataFrame
) -> pd.DataFrame | None:
    """Add what is unfolded of the whole particles; gives the three distributions, if any."""
    limit = joined.settings.segment.min_particle_px * joined.px_um
    whole = particles.loc[particles["ml_weight"] > 0, ["ml_weight", "ecd_um", "x_um"]]
    if not len(whole):
        note = "no particle that is whole" if len(particles) else "no particles"
        for metric in OF_VOLUME:
            estimates.missing(metric, note, limit_um=limit)
        return None
    weights, ecd = (whole[name].to_numpy(np.float64) for name in ("ml_weight", "ecd_um"))
    blocks = drawn(used, joined.block_of(whole["x_um"].to_numpy(np.float64)))
    sections = Sections(ecd, weights, blocks, limit)
    return add_sizes(estimates, sections, estimates.value("aspect_ratio_median"))


def _sizes(
    estimates: Estimates, particles: pd.DataFrame, weights: Floats, blocks: Any, limit: float
) -> None:
    ecd = particles["ecd_um"].to_numpy(np.float64)
    by_area = weights * particles["area_filled_um2"].to_numpy(np.float64)
    shares = [0.1, 0.5, 0.9]
    for kind, weight in (("area", by_area), ("number", weights)):
        names = [f"d{round(100 * share)}_{kind}_um" for share in shares]
        drawn = estimates.quantiles(names, ecd, weight, blocks, shares, limit)
        if kind == "area":
            d10, d50, d90 = (row["value"] for row in estimates.rows[-3:])
            span = (drawn[:, 2] - drawn[:, 0]) / drawn[:, 1]
            n = int(np.count_nonzero(weights))
            estimates.resampled("span_area", (d90 - d10) / d50, span, n, limit_um=limit)
    for name in ("aspect_ratio", "circularity", "solidity"):
        values = particles[name].to_numpy(np.float64)
        estimates.quantiles([f"{name}_median"], values, weights, blocks, [0.5], limit)
