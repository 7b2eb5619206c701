"""Metrics of a section: phases and particles, then layers, from the tables and sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.blocks import profile_table
from transect.measure.estimates import Estimates
from transect.measure.interfaces import add_layers
from transect.measure.joined import Joined
from transect.measure.outline import crofton
from transect.measure.sizes import OF_VOLUME, Sections, add_sizes, distribution_table
from transect.measure.uniformity import Series, add_uniformity
from transect.phases import COATING, Phase
from transect.statistics.counts import rate, wilson

Floats = npt.NDArray[np.float64]

CRACK_PX = 1.0
"""Thinnest crack that the thresholds can see at all, in px."""


@dataclass(frozen=True)
class Tables:
    """The tables of a section, by name."""

    frames: dict[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table."""
        return self.frames[name]


def metric_tables(
    joined: Joined, tables: Tables, agglomerate_count: int
) -> dict[str, pd.DataFrame]:
    """Tables `metrics`, `replicates`, `profile` and `size_distribution`.

    Parameters
    ----------
    joined
        Sums of the section.
    tables
        Tables `particles`, `cracks`, `columns` and `blocks`.
    agglomerate_count
        Agglomerates found in the section.
    """
    valid = joined.valid(COATING).sum(axis=(1, 2))
    used = np.flatnonzero(valid)
    whole = valid[used].astype(np.float64)
    pores = joined.valid((Phase.PORE, Phase.CRACK, Phase.VOID)).sum(axis=(1, 2))[used]
    config = joined.settings.statistics
    estimates = Estimates.over(pores / np.maximum(whole, 1), config.replicates, config.seed, used)
    _phases(estimates, joined, used, whole)
    px, block_um = joined.px_um, joined.reach.block * joined.px_um
    part, valid_um2 = (estimates.along(values * px**2) for values in (1.0 * pores, whole))
    add_uniformity(estimates, Series(part, valid_um2, block_um, px), config)
    _cracks(estimates, joined, used, tables)
    _gradients(estimates, joined, used)
    _particles(estimates, joined, used, tables["particles"])
    sizes = _volumes(estimates, joined, used, tables["particles"])
    _area(estimates, joined, agglomerate_count)
    add_layers(estimates, joined, tables["columns"], used)
    metrics, replicates = estimates.tables(joined.keys)
    profile = profile_table(joined, estimates.resampling, used)
    return {
        "metrics": metrics,
        "replicates": replicates,
        "profile": profile,
        "size_distribution": distribution_table(sizes, joined.keys),
    }


def _pixels(joined: Joined, used: Any, *phases: Phase) -> Floats:
    return np.asarray(joined.valid(phases).sum(axis=(1, 2))[used], dtype=np.float64)


def _phases(estimates: Estimates, joined: Joined, used: Any, whole: Floats) -> None:
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
            estimates.fraction(name, _pixels(joined, used, *phases), whole, joined.px_um)
        else:
            estimates.missing(name, "no coating in the section")


def _cracks(estimates: Estimates, joined: Joined, used: Any, tables: Tables) -> None:
    px = joined.px_um
    solid = _pixels(joined, used, Phase.ACTIVE_MATERIAL)
    crack = _pixels(joined, used, Phase.CRACK)
    blocks = tables["blocks"]
    length = np.zeros(joined.blocks)
    np.add.at(length, blocks["block"].to_numpy(), blocks["crack_length_um"].to_numpy())
    n, note = len(tables["cracks"]), "" if solid.any() else "no active material"
    facts: dict[str, Any] = {"limit_um": CRACK_PX * px, "note": note}
    bounded = {**facts, "bounds": (0.0, np.inf)}
    area = solid * px**2
    estimates.ratio("crack_area_fraction", crack, crack + solid, n, bounds=(0.0, 1.0), **facts)
    estimates.ratio("crack_length_density_per_um", length[used], area, n, **bounded)
    estimates.ratio(
        "crack_surface_density_per_um", length[used], area, n, factor=4 / np.pi, **bounded
    )
    edges = joined.edges.sum(axis=1)[used]
    boundary = crofton(edges[:, 0], edges[:, 1]) * px
    whole = _pixels(joined, used, *COATING) * px**2
    estimates.ratio(
        "S_V_per_um", boundary, whole, len(used), factor=4 / np.pi, bounds=(0.0, np.inf),
        limit_um=px, note=note,
    )  # fmt: skip


def _gradients(estimates: Estimates, joined: Joined, used: Any) -> None:
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


def _particles(estimates: Estimates, joined: Joined, used: Any, particles: pd.DataFrame) -> None:
    limit = joined.settings.segment.min_particle_px * joined.px_um
    weights = particles["ml_weight"].to_numpy(np.float64)
    blocks, n = _drawn_blocks(joined, used, particles), len(used)

    def per_block(values: Floats) -> Floats:
        out = np.zeros(n)
        np.add.at(out, blocks, values)
        return out

    count = per_block(np.ones(len(particles)))
    facts: dict[str, Any] = {"limit_um": limit, "bounds": (0.0, np.inf)}
    area = _pixels(joined, used, *COATING) * joined.px_um**2 / 1e6
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
    _cracked(estimates, joined, particles, per_block)


def _drawn_blocks(joined: Joined, used: Any, particles: pd.DataFrame) -> npt.NDArray[np.int64]:
    """X-block of each particle, as the draws count them."""
    blocks = joined.block_of(particles["x_um"].to_numpy(np.float64))
    return np.clip(np.searchsorted(used, blocks), 0, max(len(used) - 1, 0))


def _volumes(
    estimates: Estimates, joined: Joined, used: Any, particles: pd.DataFrame
) -> pd.DataFrame | None:
    """Add what is unfolded of the whole particles; gives the three distributions, if any."""
    limit = joined.settings.segment.min_particle_px * joined.px_um
    whole = particles[particles["ml_weight"] > 0]
    if not len(whole):
        note = "no particle that is whole" if len(particles) else "no particles"
        for metric in OF_VOLUME:
            estimates.missing(metric, note, limit_um=limit)
        return None
    weights, ecd = (whole[name].to_numpy(np.float64) for name in ("ml_weight", "ecd_um"))
    sections = Sections(ecd, weights, _drawn_blocks(joined, used, whole), limit)
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


def _cracked(estimates: Estimates, joined: Joined, particles: pd.DataFrame, per_block: Any) -> None:
    weights = particles["ml_weight"].to_numpy(np.float64)
    config = joined.settings.measure
    note = (
        f"cracked: length above {config.cracked_length_ratio:g} ECD or area fraction above"
        f" {config.cracked_area_fraction:g}"
    )
    flagged = weights * particles["cracked"].to_numpy(bool)
    n = int(np.count_nonzero(weights))
    limit = CRACK_PX * joined.px_um
    share = float(flagged.sum() / weights.sum())
    if 0 < share < 1:
        estimates.ratio("cracked_fraction", per_block(flagged), per_block(weights), n,
                        bounds=(0.0, 1.0), limit_um=limit, note=note)  # fmt: skip
        return
    # None or all of them: replicates do not vary, a score interval still has a width.
    worth = float(weights.sum() ** 2 / (weights**2).sum())
    estimates.add("cracked_fraction", share, wilson(share * worth, worth), n,
                  "Wilson score interval", limit_um=limit, note=note)  # fmt: skip


def _area(estimates: Estimates, joined: Joined, agglomerate_count: int) -> None:
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
