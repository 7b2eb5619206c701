"""Metrics of phases: fractions, gradients over depth, excluded area and agglomerates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.agglomerates import AGGLOMERATE_SHARE, Lumps
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.phases import COATING, Phase
from transect.statistics.counts import rate

Floats = npt.NDArray[np.float64]

SKIN, INNER = 0.9, (0.3, 0.7)
"""Relative depths of the skin, and of what it is compared with."""


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
        "gradient_active_material": (Phase.ACTIVE_MATERIAL,),
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


def add_area(estimates: Estimates, joined: Joined, pores: pd.DataFrame, lumps: Lumps) -> None:
    """Add the share that is excluded, and the rates of agglomerates and of macro voids."""
    valid = float(joined.valid(COATING).sum())
    invalid = float(joined.valid((Phase.INVALID,)).sum())
    if not valid + invalid:
        estimates.missing("excluded_area_fraction", "no coating in the section")
    else:
        share = invalid / (valid + invalid)
        estimates.add("excluded_area_fraction", share, (share, share), int(valid + invalid),
                      "counted, not sampled", limit_um=joined.px_um)  # fmt: skip
    if not valid:
        for name in (
            "agglomerate_per_mm2", "agglomerate_ecd_max_um", "macro_void_per_mm2",
            "coating_crack_per_mm2", "coating_crack_depth_fraction",
        ):  # fmt: skip
            estimates.missing(name, "no coating in the section", limit_um=lumps.limit_um)
        return
    area, count = valid * joined.px_um**2 / 1e6, lumps.diameters_um.size
    value, ends, note = rate(count, area)
    estimates.add("agglomerate_per_mm2", value, ends, count, "exact Poisson interval",
                  limit_um=lumps.limit_um, note=note)  # fmt: skip
    if count:
        largest = float(lumps.diameters_um.max())
        estimates.add("agglomerate_ecd_max_um", largest, (largest, largest), count,
                      "counted, not sampled", limit_um=lumps.limit_um)  # fmt: skip
    else:
        estimates.missing("agglomerate_ecd_max_um", "no agglomerate", limit_um=lumps.limit_um)
    _macro_voids(estimates, joined, pores, area)
    _coating_cracks(estimates, joined, pores, area)


def _macro_voids(
    estimates: Estimates, joined: Joined, pores: pd.DataFrame, area_mm2: float
) -> None:
    """Count pores that are far larger than pores are, or than a fifth of the coating."""
    ecd = pores["ecd_um"].to_numpy(np.float64)[(pores["kind"] == "inter").to_numpy()]
    thick = joined.lines.thickness[joined.lines.coated]
    part = AGGLOMERATE_SHARE * float(np.median(thick)) * joined.px_um if thick.size else 0.0
    local = estimates.value("pore_d90_um")
    limit, why = max(3 * local, part), f"3 local thicknesses d90 of {local:.3g} um"
    if not np.isfinite(local):
        limit, why = part, "no local thickness"
    count = int(np.count_nonzero(ecd > limit))
    value, ends, note = rate(count, area_mm2)
    words = f"above {limit:.3g} um, the larger of {why} and a fifth of the coating"
    estimates.add("macro_void_per_mm2", value, ends, count, "exact Poisson interval",
                  limit_um=limit, note="; ".join(filter(None, (words, note))))  # fmt: skip


def _coating_cracks(
    estimates: Estimates, joined: Joined, pores: pd.DataFrame, area_mm2: float
) -> None:
    """Count cracks of the coating, and tell how far through it the deepest goes."""
    cracks = pores[pores["coating_crack"].to_numpy(bool)]
    count, limit = len(cracks), joined.px_um
    value, ends, note = rate(count, area_mm2)
    estimates.add("coating_crack_per_mm2", value, ends, count, "exact Poisson interval",
                  limit_um=limit, note=note)  # fmt: skip
    thick = joined.lines.thickness[joined.lines.coated]
    if not count or not thick.size:
        estimates.missing("coating_crack_depth_fraction", "no crack of the coating", limit_um=limit)
        return
    depth = float((cracks["bbox_y1_um"] - cracks["bbox_y0_um"]).max())
    deepest = depth / (float(np.median(thick)) * joined.px_um)
    estimates.add("coating_crack_depth_fraction", deepest, (deepest, deepest), count,
                  "counted, not sampled", limit_um=limit)  # fmt: skip


def add_skin(estimates: Estimates, joined: Joined, used: Any) -> None:
    """Add the porosity of the outermost tenth over that of the middle: calendering shuts pores."""
    bins = joined.settings.measure.depth_bins
    middle = (np.arange(bins) + 0.5) / bins
    whole = joined.valid(COATING).sum(axis=1)[used].astype(np.float64)
    part = joined.valid((Phase.PORE, Phase.CRACK, Phase.VOID)).sum(axis=1)[used]
    shares, drawn = [], []
    for span in (middle > SKIN, (middle > INNER[0]) & (middle < INNER[1])):
        a, b = part[:, span].sum(axis=1).astype(np.float64), whole[:, span].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares.append(np.divide(a.sum(), b.sum()))
            drawn.append(estimates.draw(a) / estimates.draw(b))
    with np.errstate(divide="ignore", invalid="ignore"):
        value, replicates = float(shares[0] / shares[1]), drawn[0] / drawn[1]
    estimates.resampled("skin_index", value, replicates, len(used), bounds=(0.0, np.inf),
                        limit_um=joined.px_um)  # fmt: skip


def add_mass_balance(estimates: Estimates, joined: Joined) -> None:
    """Add the porosity that loading and thickness leave, and what the image does not see of it."""
    config = joined.settings.measure
    names = ("porosity_mass_balance", "porosity_unresolved")
    loading, density = config.loading_mg_cm2, config.solids_g_cm3
    sides = [row for row in estimates.rows if row["metric"] == "t_mean_um"]
    sides = [row for row in sides if np.isfinite(row["value"])]
    if loading is None or density is None:
        estimates.all_missing(names, "loading_mg_cm2 and solids_g_cm3 are not given")
        return
    if not sides:
        estimates.all_missing(names, "no thickness")
        return

    def left(t_um: float) -> float:
        # 1 mg/cm2 over 1 g/cm3 is 10 um of solid.
        return 1.0 - 10.0 * loading / density / t_um

    def mean(key: str) -> float:
        return float(np.mean([row[key] for row in sides]))

    value, ends = left(mean("value")), (left(mean("ci_low")), left(mean("ci_high")))
    method = "from the interval of the thickness; the loading is taken as exact"
    estimates.add(names[0], value, ends, len(sides), method)
    row = next(row for row in estimates.rows if row["metric"] == "porosity_total")
    spread = np.hypot(ends[1] - ends[0], row["ci_high"] - row["ci_low"]) / 2
    off = value - row["value"]
    estimates.add(names[1], off, (off - spread, off + spread), len(sides),
                  "both intervals, added in squares")  # fmt: skip
