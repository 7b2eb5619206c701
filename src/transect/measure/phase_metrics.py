"""Metrics of phases: fractions, gradients over depth, excluded area and agglomerates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.phases import COATING, Phase
from transect.statistics.counts import rate

Floats = npt.NDArray[np.float64]


def pixels(joined: Joined, used: Any, *phases: Phase) -> Floats:
    """Pixels of some phases in each drawn x-block."""
    return np.asarray(joined.valid(phases).sum(axis=(1, 2))[used], dtype=np.float64)


def add_phases(estimates: Estimates, joined: Joined, used: Any, whole: Floats) -> None:
    """Add the fractions of all phases; `whole` is the valid area of each drawn x-block."""
    names = {
        "porosity_total": (Phase.PORE, Phase.CRACK, Phase.VOID),
        "porosity_inter": (Phase.PORE,),
        "porosity_intra": (Phase.VOID,),
        "porosity_crack": (Phase.CRACK,),
        "phase_fraction_active_material": (Phase.ACTIVE_MATERIAL,),
        "phase_fraction_binder": (Phase.BINDER,),
        "phase_fraction_pore": (Phase.PORE,),
    }
    for name, phases in names.items():
        if whole.size:
            estimates.fraction(name, pixels(joined, used, *phases), whole, joined.px_um)
        else:
            estimates.missing(name, "no coating in the section")


def add_gradients(estimates: Estimates, joined: Joined, used: Any) -> None:
    """Add how porosity and binder change from the bottom third to the top third."""
    bins = joined.settings.measure.depth_bins
    third = bins // 3
    spans = (slice(0, third), slice(bins - third, bins), slice(0, bins))
    whole = joined.valid(COATING).sum(axis=1)[used]
    for name, phases in {
        "gradient_porosity": (Phase.PORE, Phase.CRACK, Phase.VOID),
        "gradient_binder": (Phase.BINDER,),
    }.items():
        part = joined.valid(phases).sum(axis=1)[used]
        values, replicates = [], []
        for span in spans:
            a = part[:, span].sum(axis=1).astype(np.float64)
            b = whole[:, span].sum(axis=1).astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                values.append(np.divide(a.sum(), b.sum()))
                replicates.append(estimates.draw(a) / estimates.draw(b))
        facts: dict[str, Any] = {"limit_um": joined.px_um, "note": ""}
        with np.errstate(divide="ignore", invalid="ignore"):
            gradient = float((values[1] - values[0]) / values[2])
            drawn = (replicates[1] - replicates[0]) / replicates[2]
            ratio, ratios = float(values[1] / values[0]), replicates[1] / replicates[0]
        estimates.resampled(name, gradient, drawn, len(used), **facts)
        if name == "gradient_binder":
            estimates.resampled("binder_migration_index", ratio, ratios, len(used), **facts)


def add_area(estimates: Estimates, joined: Joined, agglomerate_count: int) -> None:
    """Add the share that is excluded, and the rate of agglomerates."""
    valid = float(joined.valid(COATING).sum())
    invalid = float(joined.valid((Phase.INVALID,)).sum())
    limit = joined.settings.measure.agglomerate_um
    if not valid + invalid:
        estimates.missing("excluded_area_fraction", "no coating in the section")
    else:
        share = invalid / (valid + invalid)
        estimates.add("excluded_area_fraction", share, (share, share), int(valid + invalid),
                      "counted, not sampled", limit_um=joined.px_um)  # fmt: skip
    if not valid:
        estimates.missing("agglomerate_per_mm2", "no coating in the section", limit_um=limit)
        return
    value, ends, note = rate(agglomerate_count, valid * joined.px_um**2 / 1e6)
    estimates.add("agglomerate_per_mm2", value, ends, agglomerate_count, "exact Poisson interval",
                  limit_um=limit, note=note)  # fmt: skip
