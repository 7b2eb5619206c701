"""Table of particles: size, shape, cracks, voids and neighbours from the merged sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.directions import hulls
from transect.measure.joined import Joined
from transect.measure.lines import foil_deg, place
from transect.measure.localise import distinct
from transect.measure.outline import FACING, crofton
from transect.measure.partial_schemas import HIGH, LOW
from transect.measure.partials import Partials
from transect.measure.seams import at_seams
from transect.measure.tables import PARTICLES
from transect.measure.window_sums import anchors_of

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

_EXTENTS = {*LOW, *HIGH}
FRAGMENT_SOLIDITY, FRAGMENT_FACING = 0.85, 0.1
"""A particle this far from convex, of whose outline this share faces another one, is a piece of
a broken particle."""
OF_CRACKS = (
    "crack_width_p95_um", "radial_index", "contact_angle_deg", "contact_angle_null_deg",
)  # fmt: skip
_PAIRS = 500_000
"""Pairs of neighbours that are looked up at once."""


def particle_table(joined: Joined, cracks: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table `particles`: those of at least the smallest reported size.

    Parameters
    ----------
    joined
        Sums of the section.
    cracks
        Rows of the table `cracks`.
    """
    every = joined.partials["particles"]
    smallest = np.pi / 4 * joined.settings.segment.min_particle_px**2
    # A particle without a pixel of active material is a hole that lost its walls.
    kept = (_filled(every) >= smallest) & (every["n_active_material"] > 0).to_numpy()
    rows = np.flatnonzero(kept)
    # Extents are three quarters of all sums: they stay where they are.
    sums = every[[n for n in every.columns if n not in _EXTENTS]].take(rows).reset_index(drop=True)
    if not len(sums):
        return PARTICLES.empty()
    ids = sums["particle"].to_numpy()
    table: dict[str, Any] = {"particle": ids}
    table["n_neighbours"] = _neighbours(ids, joined.partials["neighbours"])
    table |= _places(sums, joined)
    table |= _sizes(sums, joined.partials, joined.px_um)
    table |= _outlines(sums, joined.px_um)
    table |= _shapes(table)
    table |= _grey(sums, joined.grey_step)
    table |= _inside(sums, cracks, joined.px_um)
    table |= _frame_facts(sums, table, joined)
    config = joined.settings.measure
    table["cracked"] = (
        table["crack_length_um"] > config.cracked_length_ratio * table["ecd_um"]
    ) | (table["crack_area_fraction"] > config.cracked_area_fraction)
    table["fragment"] = (
        (table["solidity"] < FRAGMENT_SOLIDITY)
        & (table["n_neighbours"] > 0)
        & (table["perimeter_share_active_material"] >= FRAGMENT_FACING)
    )
    table["foreign"] = foreign(table["grey_mean"], config.foreign_sigma)
    # In the order of the schema at once: putting a million rows in order would copy them.
    table |= {name: np.full(len(sums), value, object) for name, value in joined.keys.items()}
    # Directions of cracks are filled in when their skeletons are looked at.
    table |= {name: np.full(len(sums), np.nan) for name in OF_CRACKS}
    return pd.DataFrame({name: table.pop(name) for name in PARTICLES.names}, copy=False)


def _filled(sums: pd.DataFrame) -> Floats:
    names = ["n_active_material", "n_crack", "n_void"]
    return np.asarray(sums[names].to_numpy().sum(axis=1), dtype=np.float64)


def _places(sums: pd.DataFrame, joined: Joined) -> dict[str, Any]:
    px, area = joined.px_um, _filled(sums)
    anchors = anchors_of(sums["particle"].to_numpy(), joined.shape[1])
    dx, dy = sums["sum_x"].to_numpy() / area, sums["sum_y"].to_numpy() / area
    column, row = anchors[:, 1] + dx + 0.5, anchors[:, 0] + dy + 0.5
    side, z, zeta = place(joined.lines, column, row)
    xx = sums["sum_xx"].to_numpy() / area - dx**2
    yy = sums["sum_yy"].to_numpy() / area - dy**2
    xy = sums["sum_xy"].to_numpy() / area - dx * dy
    # Rows grow downwards: the sign turns the angle to the usual sense.
    angle = np.degrees(0.5 * np.arctan2(-2 * xy, xx - yy)) + foil_deg(joined.lines, column)
    box = {
        "bbox_x0_um": sums["column0"] * px,
        "bbox_y0_um": sums["row0"] * px,
        "bbox_x1_um": sums["column1"] * px,
        "bbox_y1_um": sums["row1"] * px,
    }
    return {
        "side": side,
        "x_um": column * px,
        "z_um": z,
        "zeta": zeta,
        "mosaic_x_um": column * px,
        "mosaic_y_um": row * px,
        "orientation_deg": 90 - (90 - angle) % 180,
        **box,
    }


def _sizes(sums: pd.DataFrame, partials: Partials, px: float) -> dict[str, Any]:
    area, ids = _filled(sums), sums["particle"].to_numpy()
    largest, smallest = np.empty(len(sums)), np.empty(len(sums))
    hull = np.empty(len(sums))
    for extents in partials.extents():
        # Particles are in the order of their ids.
        spot = np.minimum(np.searchsorted(ids, extents["particle"].to_numpy()), len(ids) - 1)
        kept = ids[spot] == extents["particle"].to_numpy()
        part, here = spot[kept], extents[kept]
        low, high = here[list(LOW)].to_numpy(), here[list(HIGH)].to_numpy()
        hull[part], largest[part], smallest[part] = hulls(low, high)
    return {
        "area_um2": sums["n_active_material"].to_numpy() * px**2,
        "area_filled_um2": area * px**2,
        "ecd_um": np.sqrt(4 / np.pi * area) * px,
        "feret_max_um": largest * px,
        "feret_min_um": smallest * px,
        "hull_area_um2": np.maximum(hull, area) * px**2,
    }


def _outlines(sums: pd.DataFrame, px: float) -> dict[str, Any]:
    lengths = {
        name: crofton(sums[f"axial_{name}"].to_numpy(), sums[f"diagonal_{name}"].to_numpy())
        for name in FACING
    }
    total = np.sum(list(lengths.values()), axis=0)
    shares = {name: length / total for name, length in lengths.items()}
    named = {f"perimeter_share_{n}": shares[n] for n in FACING if n != "border"}
    near, looked = (
        crofton(sums[f"axial_{name}"].to_numpy(), sums[f"diagonal_{name}"].to_numpy())
        for name in ("near", "looked")
    )
    attached = shares["binder"] + shares["active_material"] + shares["collector"]
    # What lies beyond the mosaic or an invalid pixel is not known to be detached.
    detachment = np.maximum(1 - attached - shares["border"], 0.0)
    return {
        "perimeter_um": total * px,
        **named,
        "contact_length_frac": near / np.maximum(looked, 1e-9),
        "detachment": detachment,
        "complete": lengths["border"] == 0,
    }


def _shapes(table: dict[str, Any]) -> dict[str, Any]:
    area, largest = table["area_filled_um2"], table["feret_max_um"]
    form = 4 * np.pi * area / table["perimeter_um"] ** 2
    return {
        "aspect_ratio": table["feret_min_um"] / largest,
        "form_factor": form,
        "circularity": np.sqrt(form),
        "roundness": 4 * area / (np.pi * largest**2),
        "solidity": area / table["hull_area_um2"],
    }


def _grey(sums: pd.DataFrame, step: float) -> dict[str, Any]:
    n = sums["n_active_material"].to_numpy(np.float64)
    mean = sums["sum_grey"].to_numpy() / n
    variance = np.maximum(sums["sum_grey2"].to_numpy() / n - mean**2, 0.0)
    return {"grey_mean": mean * step, "grey_sd": np.sqrt(variance) * step}


def _inside(sums: pd.DataFrame, cracks: pd.DataFrame, px: float) -> dict[str, Any]:
    crack, solid = sums["n_crack"].to_numpy(), sums["n_active_material"].to_numpy()
    length = np.zeros(len(sums))
    ids = sums["particle"].to_numpy()
    if len(cracks):
        owner = cracks["particle"].to_numpy()
        spot = np.minimum(np.searchsorted(ids, owner), len(ids) - 1)
        mine = ids[spot] == owner
        np.add.at(length, spot[mine], cracks["length_um"].to_numpy()[mine])
    return {
        "crack_area_um2": crack * px**2,
        "crack_length_um": length,
        "crack_area_fraction": crack / (crack + solid),
        "void_area_um2": sums["n_void"].to_numpy() * px**2,
        "internal_porosity": sums["n_void"].to_numpy() / _filled(sums),
    }


def _neighbours(ids: Array, pairs: pd.DataFrame) -> npt.NDArray[np.int32]:
    """Count the reported particles near each; a pair counts for both."""
    keys = np.empty(len(pairs), np.int64)
    ends = [pairs[name].to_numpy() for name in ("particle", "neighbour")]
    for start in range(0, len(pairs), _PAIRS):
        part = slice(start, start + _PAIRS)
        spots = [np.minimum(np.searchsorted(ids, end[part]), len(ids) - 1) for end in ends]
        known = (ids[spots[0]] == ends[0][part]) & (ids[spots[1]] == ends[1][part])
        # Whichever of the two named the other, or both: once, and it counts for each of them.
        keys[part] = np.where(known, np.minimum(*spots) * len(ids) + np.maximum(*spots), -1)
    first, second = np.divmod(distinct(keys[keys >= 0]), len(ids))
    counts = [np.bincount(end, minlength=len(ids)) for end in (first, second[second != first])]
    return (counts[0] + counts[1]).astype(np.int32)


def _frame_facts(sums: pd.DataFrame, table: dict[str, Any], joined: Joined) -> dict[str, Any]:
    """Weight of the counting frame, and whether a bad seam is met."""
    rows, columns = joined.shape
    width = (sums["column1"] - sums["column0"]).to_numpy(np.float64)
    height = (sums["row1"] - sums["row0"]).to_numpy(np.float64)
    weight = columns / np.maximum(columns - width, 1.0)
    if not joined.lines.foil:
        # Without collector and surface the mosaic's upper and lower borders cut particles too.
        weight *= rows / np.maximum(rows - height, 1.0)
    first, end = (sums[f"row{k}"].to_numpy(np.float64) for k in (0, 1))
    left, right = (sums[f"column{k}"].to_numpy(np.float64) for k in (0, 1))
    flag = at_seams(joined.seams, (first, end), (left, right))
    return {"ml_weight": np.where(table["complete"], weight, 0.0), "seam_flag": flag}


def foreign(grey: Floats, sigma: float) -> npt.NDArray[np.bool_]:
    """Mark particles whose grey is above what the others' scatter lets one expect.

    Parameters
    ----------
    grey
        Mean grey of every particle.
    sigma
        Robust standard deviations (1.4826 x median absolute deviation) above the median.
    """
    return np.asarray(grey > foreign_from(grey, sigma)[1])


def foreign_from(grey: Floats, sigma: float) -> tuple[float, float]:
    """Give the usual mean grey of particles, and the one from which on they are foreign."""
    if not len(grey):
        return float("nan"), float("nan")
    middle = float(np.median(grey))
    spread = 1.4826 * float(np.median(np.abs(grey - middle)))
    # Greys that hardly scatter would make every brighter one foreign.
    return middle, middle + sigma * max(spread, 0.01 * abs(middle))
