"""Tables of cracks and pores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.joined import Joined, keyed
from transect.measure.lines import place
from transect.measure.outline import crofton
from transect.measure.partial_schemas import STEPS
from transect.measure.skeleton import length_and_width
from transect.measure.tables import CRACKS, PORES
from transect.phases import Phase

CROSSED, ELONGATED = 3.0, 5.0
"""Diameters of particles that a crack of the coating is as long as, and widths of its own."""

_KINDS = {Phase.PORE: "inter", Phase.VOID: "intra", Phase.GAP: "gap"}


def _place(frame: pd.DataFrame, joined: Joined) -> dict[str, object]:
    """Positions of components from their coordinate sums."""
    area = frame["area"].to_numpy(np.float64)
    column = frame["sum_x"].to_numpy() / area + 0.5
    row = frame["sum_y"].to_numpy() / area + 0.5
    _, z, zeta = place(joined.lines, column, row)
    px = joined.px_um
    return {
        "x_um": column * px,
        "z_um": z,
        "zeta": zeta,
        "mosaic_x_um": column * px,
        "mosaic_y_um": row * px,
    }


def crack_table(joined: Joined) -> pd.DataFrame:
    """Rows of the table `cracks`: those of at least the shortest listed length."""
    found, px = joined.cracks, joined.px_um
    orthogonal, diagonal = (found[name].to_numpy(np.float64) for name in STEPS)
    length, width = length_and_width(orthogonal, diagonal, found["area"].to_numpy(np.float64))
    listed = length >= joined.settings.measure.min_crack_px
    found, length, width = found[listed], length[listed], width[listed]
    if not len(found):
        return CRACKS.empty()
    area = found["area"].to_numpy(np.float64)
    table = {
        "crack": found["component"],
        "particle": found["particle"],
        **_place(found, joined),
        "area_um2": area * px**2,
        "length_um": length * px,
        "width_mean_um": width * px,
    }
    return keyed(pd.DataFrame(table), joined.keys)


def pore_table(joined: Joined, particles: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table `pores`: those of at least the smallest listed size.

    Parameters
    ----------
    joined
        Sums of the section.
    particles
        Rows of the table `particles`, for their diameter.
    """
    px = joined.px_um
    smallest = np.pi / 4 * joined.settings.measure.min_pore_px**2
    found = joined.pores[joined.pores["area"] >= smallest]
    if not len(found):
        return PORES.empty()
    area = found["area"].to_numpy(np.float64)
    # A row of n pixels has n + 1 sides along it, two of them open; so 2 x (area - pairs) steps
    # lead out of the component in each direction.
    axial = 2 * (2 * area - found["pairs_axial"].to_numpy())
    diagonal = 2 * (2 * area - found["pairs_diagonal"].to_numpy())
    kinds = {int(phase): kind for phase, kind in _KINDS.items()}
    places = _place(found, joined)
    table = {
        "pore": found["component"],
        "kind": found["phase"].map(kinds),
        **{name: places[name] for name in ("x_um", "z_um", "zeta")},
        "bbox_x0_um": found["column0"] * px,
        "bbox_y0_um": found["row0"] * px,
        "bbox_x1_um": found["column1"] * px,
        "bbox_y1_um": found["row1"] * px,
        "area_um2": area * px**2,
        "ecd_um": np.sqrt(4 / np.pi * area) * px,
        "perimeter_um": crofton(axial, diagonal) * px,
        "complete": found["cut"].to_numpy() == 0,
    }
    frame = pd.DataFrame(table)
    frame["coating_crack"] = _coating_cracks(frame, particles)
    return keyed(frame, joined.keys)[PORES.names]


def _coating_cracks(pores: pd.DataFrame, particles: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark pores that run past particles: long against these, and thin against their length."""
    needed = ["ml_weight", "area_filled_um2", "ecd_um"]
    whole = particles.loc[particles["ml_weight"] > 0, needed]
    if not len(whole):
        return np.zeros(len(pores), bool)
    weights = whole["ml_weight"] * whole["area_filled_um2"]
    ordered = whole["ecd_um"].to_numpy(np.float64)
    order = np.argsort(ordered, kind="stable")
    reached = np.cumsum(weights.to_numpy(np.float64)[order])
    middle = ordered[order][np.searchsorted(reached, reached[-1] / 2)]
    wide, high = (pores[f"bbox_{axis}1_um"] - pores[f"bbox_{axis}0_um"] for axis in "xy")
    length = np.hypot(wide.to_numpy(np.float64), high.to_numpy(np.float64))
    width = pores["area_um2"].to_numpy(np.float64) / length
    # What parts the coating from the foil is long and thin too, and is delamination.
    inside = (pores["kind"] == "inter").to_numpy()
    return np.asarray(inside & (length >= CROSSED * middle) & (length > ELONGATED * width))
