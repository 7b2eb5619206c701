"""The numbers of a phantom that a report would give, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.phantom.inventory import MIN_GAP_PX, MIN_GAP_UM, MIN_RUN_UM
from transect.phantom.scene import Scene
from transect.phases import COATING, Phase

Bools = npt.NDArray[np.bool_]


def summarise(
    scene: Scene,
    phases: npt.NDArray[np.int64],
    profile: pd.DataFrame,
    particles: pd.DataFrame,
    cracks: pd.DataFrame,
    columns: pd.DataFrame,
    gaps: pd.DataFrame,
    delaminated: dict[str, Bools],
) -> dict[str, Any]:
    """Exact values of a phantom, by the names of the metrics where there is one.

    Areas are counted on the truth grid; lengths and thicknesses are analytic.
    """
    return {
        "px_um": scene.spec.px_um,
        "rows": scene.rows,
        "columns": scene.columns,
        "seed": scene.spec.seed,
        "n_particles": len(particles),
        **_areas(scene.spec.px_um, phases, cracks),
        **_sizes(particles[particles["complete"]]),
        **_interfaces(scene, columns, gaps, delaminated),
        "gradient": _gradient(profile),
        "spec": scene.spec.model_dump(mode="json"),
    }


def _areas(px: float, phases: npt.NDArray[np.int64], cracks: pd.DataFrame) -> dict[str, Any]:
    """Areas, the shares that they make, and cracks."""
    area = {phase: float(phases[phase]) * px * px for phase in Phase}
    active, crack, void, pore = (
        area[p] for p in (Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID, Phase.PORE)
    )
    coating = sum(area[phase] for phase in COATING)
    length = float(cracks["length_um"].sum())
    return {
        "area_um2": {phase.name.lower(): a for phase, a in area.items() if a},
        "coating_area_um2": coating,
        "phase_fraction_active_material": _ratio(active, coating),
        "phase_fraction_binder": _ratio(area[Phase.BINDER], coating),
        "phase_fraction_pore": _ratio(pore, coating),
        "porosity_inter": _ratio(pore, coating),
        "porosity_intra": _ratio(void, coating),
        "porosity_crack": _ratio(crack, coating),
        "porosity_total": _ratio(pore + void + crack, coating),
        "n_cracks": len(cracks),
        "crack_length_um": length,
        "crack_area_fraction": _ratio(crack, crack + active),
        "crack_length_density_per_um": _ratio(length, active),
        "internal_porosity": _ratio(void, active + crack + void),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _interfaces(
    scene: Scene, columns: pd.DataFrame, gaps: pd.DataFrame, delaminated: dict[str, Bools]
) -> dict[str, Any]:
    """Thickness and delamination; without a foil there is neither."""
    if scene.spec.geometry.foil == "none":
        return {}
    return {
        "delamination": _delamination(delaminated, gaps, scene.spec.px_um),
        "thickness": _thickness(columns),
    }


def _sizes(particles: pd.DataFrame) -> dict[str, float | None]:
    """D10, D50, D90 of the complete cut particles, weighted by number and by area."""
    d = np.sort(particles["ecd_um"].to_numpy())
    if not len(d):
        return {}
    out: dict[str, float | None] = {}
    for name, weight in (("number", np.ones_like(d)), ("area", d * d)):
        share = np.cumsum(weight) / weight.sum()
        for p in (10, 50, 90):
            out[f"d{p}_{name}_um"] = float(np.interp(p / 100, share, d))
    return out


def _delamination(delaminated: dict[str, Bools], gaps: pd.DataFrame, px: float) -> dict[str, Any]:
    out: dict[str, Any] = {
        "min_gap_um": max(MIN_GAP_UM, MIN_GAP_PX * px),
        "min_run_um": MIN_RUN_UM,
    }
    for side, flags in delaminated.items():
        here = gaps[gaps["side"] == side]
        length = flags.size * px
        out[side] = {
            "delam_fraction": float(flags.mean()),
            "gap_max_um": float(here["height_um"].max()) if len(here) else 0.0,
            "longest_run_um": float(here["run_um"].max()) if len(here) else 0.0,
            "gap_area_um2_per_mm": float(here["area_um2"].sum()) / length * 1000,
        }
    flags = np.concatenate(list(delaminated.values()))
    out["delam_fraction"] = float(flags.mean())
    return out


def _thickness(columns: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {"cc_thickness_um": float(columns["collector_um"].mean())}
    means = {}
    for side, frame in columns.groupby("side"):
        t = frame["thickness_um"].to_numpy()
        means[side] = float(t.mean())
        out[str(side)] = {
            "t_mean_um": float(t.mean()),
            "t_sd_um": float(t.std()),
            "t_cv": float(t.std() / t.mean()),
            "t_min_um": float(t.min()),
            "t_max_um": float(t.max()),
            "t_range_um": float(t.max() - t.min()),
        }
    if len(means) == 2:
        a, b = means["a"], means["b"]
        out["side_asymmetry"] = 2 * (a - b) / (a + b)
    return out


def _gradient(profile: pd.DataFrame) -> dict[str, Any]:
    """(top third - bottom third) / mean, from counted areas, by side."""
    out: dict[str, Any] = {}
    middle = (profile["zeta0"] + profile["zeta1"]) / 2
    thirds = {"bottom": middle < 1 / 3, "top": middle > 2 / 3, "all": middle >= 0}
    open_ = ["pore", "crack", "void"]
    for side in sorted(set(profile["side"])):
        for name, phases in (("binder", ["binder"]), ("porosity", open_)):
            part = {}
            for third, rows in thirds.items():
                here = profile[rows & (profile["side"] == side)]
                total = here["area_um2"].sum()
                found = here[here["phase"].isin(phases)]["area_um2"].sum()
                part[third] = float(found / total) if total else 0.0
            if part["all"]:
                key = f"gradient_{name}_{side}"
                out[key] = (part["top"] - part["bottom"]) / part["all"]
                if name == "binder" and part["bottom"]:
                    out[f"binder_migration_index_{side}"] = part["top"] / part["bottom"]
    return out
