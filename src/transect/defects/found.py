"""What each class makes of the section's tables: a frame of candidates with their rule's limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.lines import Lines, place

Floats = npt.NDArray[np.float64]

BOX = ["bbox_x0_um", "bbox_y0_um", "bbox_x1_um", "bbox_y1_um"]
COLUMNS = ["number", "side", *BOX, "x_um", "zeta", "size_um", "score"]
DEEP = 0.4
"""Share of the thickness at which a crack of the coating is twice as grave as its rule asks."""
SOLID = 0.85
"""Solidity below which a particle may be a fragment; see the table of particles."""


@dataclass(frozen=True)
class Evidence:
    """What defects are read from.

    Attributes
    ----------
    particles, pores, columns
        Tables of the section.
    lumps
        Agglomerates: box and centroid in px, and diameter in um.
    lines
        Layers of the section.
    limits_um
        Smallest size that counts, by metric.
    foreign
        Usual mean grey of particles, and the one from which on they are foreign.
    min_run_um
        Shortest delamination.
    """

    particles: pd.DataFrame
    pores: pd.DataFrame
    columns: pd.DataFrame
    lumps: pd.DataFrame
    lines: Lines
    limits_um: dict[str, float]
    foreign: tuple[float, float]
    min_run_um: float


def macro_voids(seen: Evidence) -> pd.DataFrame:
    """Pores that are far larger than pores are."""
    limit = seen.limits_um.get("macro_void_per_mm2", np.nan)
    rows = seen.pores[(seen.pores["kind"] == "inter") & (seen.pores["ecd_um"] > limit)]
    return _openings(seen, rows, rows["ecd_um"], rows["ecd_um"] / limit)


def coating_cracks(seen: Evidence) -> pd.DataFrame:
    """Long thin pores; how grave is how deep they go: 0.4 of the thickness is twice the rule."""
    rows = seen.pores[seen.pores["coating_crack"]]
    wide, high = (rows[f"bbox_{axis}1_um"] - rows[f"bbox_{axis}0_um"] for axis in "xy")
    thick = seen.lines.thickness[seen.lines.coated]
    # Without a thickness nothing is known of its depth.
    whole = float(np.median(thick)) * seen.lines.px_um if thick.size else np.inf
    return _openings(seen, rows, (wide**2 + high**2) ** 0.5, 1 + high / whole / DEEP)


def _openings(
    seen: Evidence, rows: pd.DataFrame, size: pd.Series, score: pd.Series
) -> pd.DataFrame:
    middle = (rows[f"bbox_{axis}0_um"] + rows[f"bbox_{axis}1_um"] for axis in "xy")
    column, row = (v.to_numpy(np.float64) / 2 / seen.lines.px_um for v in middle)
    side = place(seen.lines, column, row)[0]
    return rows.assign(number=rows["pore"], side=side, size_um=size, score=score)[COLUMNS]


def foreign_particles(seen: Evidence) -> pd.DataFrame:
    """Particles brighter than others."""
    rows = seen.particles[seen.particles["foreign"]]
    usual, least = seen.foreign
    score = (rows["grey_mean"] - usual) / (least - usual)
    return _particles(rows, score)


def fragments(seen: Evidence) -> pd.DataFrame:
    """Particles that were crushed: not convex, and close to their neighbours."""
    rows = seen.particles[seen.particles["fragment"]]
    return _particles(rows, SOLID / rows["solidity"])


def _particles(rows: pd.DataFrame, score: pd.Series) -> pd.DataFrame:
    return rows.assign(number=rows["particle"], size_um=rows["ecd_um"], score=score)[COLUMNS]


def agglomerates(seen: Evidence) -> pd.DataFrame:
    """Lumps of binder."""
    rows, px = seen.lumps, seen.lines.px_um
    side, _, zeta = place(seen.lines, rows["column"].to_numpy(), rows["row"].to_numpy())
    limit = seen.limits_um.get("agglomerate_per_mm2", np.nan)
    boxes = {
        name: rows[of] * px
        for name, of in zip(BOX, ("column0", "row0", "column1", "row1"), strict=True)
    }
    return rows.assign(
        side=side, zeta=zeta, x_um=rows["column"] * px, score=rows["size_um"] / limit, **boxes
    )[COLUMNS]


def delaminations(seen: Evidence) -> pd.DataFrame:
    """List runs of open collector interface, whose columns lie next to each other."""
    lines, px = seen.lines, seen.lines.px_um
    rows = seen.columns[seen.columns["delaminated"]].sort_values(["side", "x_um"])
    if not len(rows):
        return pd.DataFrame({name: [] for name in COLUMNS})
    apart = (rows["x_um"].diff() > 1.5 * px) | (rows["side"] != rows["side"].shift())
    found = []
    for _, run in rows.groupby(apart.cumsum()):
        side = str(run["side"].iloc[0])
        number = "ab".index(side)
        here = np.floor(run["x_um"].to_numpy() / px).astype(np.int64)
        base, gap = lines.base[number, here], lines.gap[number, here]
        # The coating's base is what parted; the foil lies a gap further in.
        ends = np.stack([base, base + np.where(number == 0, gap, -gap)])
        length = (here[-1] - here[0] + 1) * px
        found.append(
            {
                "number": 2 * here[0] + number,
                "side": side,
                "bbox_x0_um": here[0] * px,
                "bbox_x1_um": (here[-1] + 1) * px,
                "bbox_y0_um": float(ends.min()) * px,
                "bbox_y1_um": float(ends.max()) * px,
                "x_um": float(run["x_um"].mean()),
                "zeta": 0.0,
                "size_um": length,
                "score": length / seen.min_run_um,
            }
        )
    return pd.DataFrame(found)[COLUMNS]
