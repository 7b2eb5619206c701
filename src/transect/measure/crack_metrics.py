"""Metrics of cracks and of the outline of the active material."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.expect import CRACK_SHAPES
from transect.measure.crack_points import EIGHTHS
from transect.measure.crack_shapes import (
    CLASSES,
    CONTACT_AMOUNT,
    CONTACT_LENGTH,
    GREY_AMOUNT,
    GREY_LENGTH,
    MICRO,
    MILLI,
    RADIAL_AMOUNT,
    RADIAL_LENGTH,
    Shapes,
)
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined, drawn
from transect.measure.outline import crofton
from transect.measure.phase_metrics import pixels
from transect.phases import COATING, Phase
from transect.statistics.counts import wilson

Floats = npt.NDArray[np.float64]

NO_NEIGHBOUR = "no cracked particle has a neighbour"

CRACK_PX = 1.0
"""Thinnest crack that the thresholds can see at all, in px."""


def add_cracks(
    estimates: Estimates, joined: Joined, used: Any, blocks: pd.DataFrame, count: int
) -> None:
    """Add what cracks and outlines cover, over drawn x-blocks `used`; `count` is all cracks."""
    px = joined.px_um
    solid = pixels(joined, used, Phase.ACTIVE_MATERIAL)
    crack = pixels(joined, used, Phase.CRACK)
    length = np.zeros(joined.blocks)
    np.add.at(length, blocks["block"].to_numpy(), blocks["crack_length_um"].to_numpy())
    n, note = count, "" if solid.any() else "no active material"
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
    whole = pixels(joined, used, *COATING) * px**2
    estimates.ratio(
        "S_V_per_um", boundary, whole, len(used), factor=4 / np.pi, bounds=(0.0, np.inf),
        limit_um=px, note=note,
    )  # fmt: skip


def add_shapes(
    estimates: Estimates, joined: Joined, used: Any, cracks: pd.DataFrame, found: Shapes
) -> None:
    """Add widths, directions and classes of cracks, all weighted by their length."""
    px, n = joined.px_um, len(cracks)
    facts: dict[str, Any] = {"limit_um": CRACK_PX * px}
    if not n:
        estimates.all_missing(CRACK_SHAPES, "no cracks", **facts)
        return
    blocks = found.blocks[used].astype(np.float64)
    length = cracks["length_um"].to_numpy(np.float64)
    per_block = joined.per_block(used, cracks["x_um"].to_numpy(np.float64))
    whole = per_block(length)
    wide = length * cracks["width_mean_um"].to_numpy(np.float64)
    estimates.ratio("crack_width_mean_um", per_block(wide), whole, n, bounds=(0.0, np.inf), **facts)
    spots, eighths = np.nonzero(found.widths[used])
    widths = eighths / EIGHTHS * px
    weights = found.widths[used][spots, eighths].astype(np.float64)
    estimates.quantiles(["crack_width_p95_um"], widths, weights, spots, [0.95], CRACK_PX * px)
    largest = float(cracks["width_max_um"].max())
    estimates.add("crack_width_max_um", largest, (max(largest - px, 0.0), largest + px), n,
                  "localisation of one pixel; an extreme of this section", **facts)  # fmt: skip
    grey, radial = (GREY_AMOUNT, GREY_LENGTH), (RADIAL_AMOUNT, RADIAL_LENGTH)
    contact = (CONTACT_AMOUNT, CONTACT_LENGTH)
    for name, (a, b), unit, bounds, why in (
        ("crack_width_sub_um", grey, px / MILLI, (0.0, np.inf), "no part is narrow"),
        ("radial_index", radial, 1 / MICRO, (-1.0, 1.0), "no cracked particle is reported"),
        ("contact_angle_deg", contact, 1 / MILLI, (0.0, 90.0), NO_NEIGHBOUR),
    ):
        if blocks[:, b].any():
            estimates.ratio(
                name, blocks[:, a], blocks[:, b], n, factor=unit, bounds=bounds, **facts
            )
        else:
            estimates.missing(name, why, **facts)
    _against_chance(estimates, joined, used, found)
    classed = per_block(length * (cracks["crack_class"] != "").to_numpy())
    for kind in CLASSES:
        mine = per_block(length * (cracks["crack_class"] == kind).to_numpy())
        estimates.ratio(f"crack_share_{kind}", mine, classed, n, bounds=(0.0, 1.0), **facts)


def _against_chance(estimates: Estimates, joined: Joined, used: Any, found: Shapes) -> None:
    """Add the contact angle that cracks anywhere would have, and how far theirs is from it."""
    length = found.particles[:, CONTACT_LENGTH].astype(np.float64)
    angle = found.particles[:, CONTACT_AMOUNT] / MILLI
    mine = (length > 0) & np.isfinite(found.null)
    facts: dict[str, Any] = {"limit_um": CRACK_PX * joined.px_um}
    if not mine.any():
        estimates.all_missing(
            ("contact_angle_null_deg", "contact_angle_excess_deg"),
            NO_NEIGHBOUR,
            **facts,
        )
        return
    at = drawn(used, found.places[mine])
    whole, chance, off = (
        np.bincount(at, weights=values[mine], minlength=len(used)).astype(np.float64)
        for values in (length, length * found.null, angle - length * found.null)
    )
    n = int(np.count_nonzero(mine))
    estimates.ratio("contact_angle_null_deg", chance, whole, n, bounds=(0.0, 90.0), **facts)
    estimates.ratio("contact_angle_excess_deg", off, whole, n, bounds=(-90.0, 90.0), **facts)


def add_cracked(
    estimates: Estimates, joined: Joined, particles: pd.DataFrame, per_block: Any
) -> None:
    """Add the weighted share of particles that are cracked; `per_block` sums over x-blocks."""
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
