"""Metrics of cracks and of the outline of the active material."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.measure.outline import crofton
from transect.measure.phase_metrics import pixels
from transect.phases import COATING, Phase
from transect.statistics.counts import wilson

Floats = npt.NDArray[np.float64]

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
