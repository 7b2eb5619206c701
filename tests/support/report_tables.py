"""What is measured on a made-up section: its objects, profiles, metrics and verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from support.report_made import PX_UM, Made, fill
from transect.measure.decisions import DECIDED
from transect.measure.estimates import Estimates
from transect.measure.sizes import Sections, add_sizes, distribution_table
from transect.measure.tables import (
    BLOCKS,
    COLUMNS,
    CRACKS,
    METRICS,
    PARTICLES,
    PORES,
    PROFILE,
    SIZE_DISTRIBUTION,
)
from transect.statistics.bootstrap import resample
from transect.statistics.budget import guarded
from transect.statistics.registry import REGISTRY
from transect.statistics.tables import AGGREGATES, VERDICTS
from transect.storage.tables import write_table


def made_particles(made: Made, layers: pd.DataFrame, spots: Any, random: Any) -> tuple[Any, Any]:
    n = len(spots)
    number, x, y, radius = np.array(spots).reshape(-1, 4).T
    ecd = 2 * radius * PX_UM * random.uniform(0.95, 1.05, n)
    cracked = number % 4 == 0
    particles = fill(
        PARTICLES, n, **made.keys, particle=number.astype(np.uint64),
        side=np.where(y < made.rows / 2, "a", "b"), x_um=x * PX_UM, mosaic_x_um=x * PX_UM,
        mosaic_y_um=y * PX_UM, ecd_um=ecd, area_um2=np.pi / 4 * ecd**2,
        aspect_ratio=random.uniform(0.7, 1, n), crack_area_um2=np.where(cracked, 0.3, 0.0),
        crack_area_fraction=np.where(cracked, 0.04, 0), void_area_um2=random.random(n) * (n > 0),
        ml_weight=1 + ecd / 300, cracked=cracked,
    )  # fmt: skip
    k = int(cracked.sum())
    length = ecd[cracked] * random.uniform(0.3, 1, k)
    cracks = fill(
        CRACKS, k, **made.keys, crack=number[cracked].astype(np.uint64),
        mosaic_x_um=x[cracked] * PX_UM, mosaic_y_um=y[cracked] * PX_UM, length_um=length,
        width_mean_um=random.lognormal(-2, 0.3, k), area_um2=length * 0.1,
    )  # fmt: skip
    return particles, cracks


def made_pores(made: Made, random: Any) -> pd.DataFrame:
    kinds = np.repeat(["inter", "intra", "gap"], (700, 260, 3))
    ecd = random.lognormal(-0.6, 0.6, len(kinds))
    return fill(PORES, len(kinds), **made.keys, kind=kinds, ecd_um=ecd, area_um2=ecd**2)


def made_blocks(made: Made, random: Any) -> pd.DataFrame:
    edges = np.arange(0, made.columns * PX_UM + 1e-6, 5.0)
    n = len(edges) - 1
    share = random.dirichlet([60, 12, 25, 1], n) * 80
    parts = ("active_material", "binder", "pore", "crack")
    areas = {f"area_{p}_um2": share[:, i] for i, p in enumerate(parts)}
    return fill(
        BLOCKS, n, **made.keys, block=np.arange(n), side="a", x0_um=edges[:-1], x1_um=edges[1:],
        area_valid_um2=np.full(n, 80.0), **areas,
    )  # fmt: skip


def made_sizes(made: Made, particles: pd.DataFrame) -> pd.DataFrame:
    """Made as measuring makes them, from the made particles."""
    if not len(particles):
        return SIZE_DISTRIBUTION.empty()
    sizes, weights = (particles[name].to_numpy(float) for name in ("ecd_um", "ml_weight"))
    blocks = np.arange(len(sizes)) % 16
    sections = Sections(sizes, weights, blocks, float(sizes.min()))
    return distribution_table(
        add_sizes(Estimates(resample(16, 1, 100, 1)), sections, 0.9), made.keys
    )


def made_profile(made: Made) -> pd.DataFrame:
    rows = []
    for side in "ab" if made.foil else "a":
        for b in range(20):
            zeta = (b + 0.5) / 20
            binder = 0.10 + 0.05 * zeta**2 + (0.01 if side == "b" else 0)
            pore = 0.27 - 0.05 * zeta
            shares = {"binder": binder, "pore": pore, "crack": 0.008, "void": 0.004}
            shares["active_material"] = 1 - sum(shares.values())
            for phase, value in shares.items():
                half = 0.1 * value**0.7 * (1 + 0.3 * np.sin(9 * zeta))
                rows.append(
                    (side, b, b / 20, (b + 1) / 20, phase, value, value - half, value + half)
                )
    names = ["side", "depth_bin", "zeta0", "zeta1", "phase", "fraction", "ci_low", "ci_high"]
    columns = pd.DataFrame(rows, columns=names).to_dict("series")
    return fill(PROFILE, len(rows), **made.keys, **columns)


def made_columns(made: Made, layers: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for side in "ab" if made.foil else "a":
        n = len(layers)
        thick = np.abs(layers[f"{side}_base_px"] - layers[f"{side}_surface_px"]) * PX_UM
        gap = (layers["foil_top_px"] - layers["a_base_px"]) * PX_UM if side == "a" else np.zeros(n)
        parts.append(
            fill(
                COLUMNS,
                n,
                **made.keys,
                side=side,
                x_um=layers["column_px"] * PX_UM,
                thickness_um=thick if made.foil else np.full(n, np.nan),
                gap_um=gap,
                delaminated=np.asarray(gap) > 0.3,
            )  # fmt: skip
        )
    return pd.concat(parts, ignore_index=True)


VALUES = {
    "um": (8.2, 0.21), "1/um": (0.41, 0.012), "um2/mm": (210.0, 30.0), "1/mm2": (12040.0, 260.0),
}  # fmt: skip
_SIDED = ("t_", "delam", "gap", "longest")
_OF_PARTICLES = ("d1", "d5", "d9", "span", "ecd", "aspect", "circ", "solid", "crack", "n_")


def made_metrics(made: Made, random: Any) -> pd.DataFrame:
    rows = []
    for name, metric in REGISTRY.items():
        value, half = VALUES.get(metric.unit, (0.234, 0.006))
        value = (value + made.shift) * random.uniform(0.9, 1.1)
        if name.startswith("t_m"):
            value, half = value + 8, 0.4
        for side in "ab" if name.startswith(_SIDED) else ("",):
            note, count = "", 64
            if name == "n_particles":
                value, half, count = 1204.0, np.nan, 1204
            if not made.particles and name.startswith(_OF_PARTICLES):
                value, half, note, count = np.nan, np.nan, "no particles were found", 0
            if not made.foil and name.startswith(_SIDED):
                value, half, note, count = np.nan, np.nan, "no foil was found", 0
            rows.append((name, side, value, metric.unit, value - half, value + half, count, note))
    names = ["metric", "side", "value", "unit", "ci_low", "ci_high", "n", "note"]
    columns = pd.DataFrame(rows, columns=names).to_dict("series")
    method = "moving-block bootstrap over 5 um blocks, 400 replicates"
    depends = columns["metric"].isin(DECIDED)
    moved = {
        f"segmentation_{end}": columns["value"].where(depends) * factor
        for end, factor in (("low", 0.98), ("high", 1.03))
    }
    return fill(METRICS, len(rows), **made.keys, method=method, **columns, **moved)


_LIMITS = {
    "porosity_total": (0.20, 0.30, "pass"),
    "t_cv": (np.nan, 0.24, "not decidable"),
    "delam_fraction": (np.nan, 0.05, "fail"),
    "cracked_fraction": (np.nan, 0.35, "pass"),
    "d50_area_um": (6.0, 11.0, "pass"),
}


def made_verdicts(made: Made, metrics: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    found = [_LIMITS.get(m, (np.nan, np.nan, "no limit")) for m in metrics["metric"]]
    columns = {c: metrics[c] for c in ("metric", "side", "value", "ci_low", "ci_high", "unit")}
    low, high, verdict = zip(*found, strict=True)
    return fill(
        VERDICTS, len(metrics), **made.keys, **columns, **guarded(metrics, parts),
        limit_low=low, limit_high=high, verdict=verdict,
    )  # fmt: skip


def made_aggregate(path: Path, batch: str, cell: str, shift: float) -> None:
    n = len(REGISTRY)
    units = [m.unit for m in REGISTRY.values()]
    value = np.array([VALUES.get(u, (0.234, 0))[0] for u in units]) + shift
    table = fill(
        AGGREGATES, n, batch=batch, cell=cell, metric=list(REGISTRY), side="", value=value,
        sd_between=value * 0.05, ci_low=value * 0.9, ci_high=value * 1.1, unit=units,
        n_sections=6, n_cells=3, method="t interval over cells",
    )  # fmt: skip
    write_table(path, table, AGGREGATES)
