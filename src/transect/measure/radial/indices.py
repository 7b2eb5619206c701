"""Metrics of layers: cracks and greys at the rim and in the core of particles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.crack_metrics import CRACK_PX
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.measure.radial.layers import LAYERS

Floats = npt.NDArray[np.float64]

INDICES = ("crack_fraction_rim", "crack_fraction_core", "grey_core_rim")
"""Names in the registry."""


def add_radial(estimates: Estimates, joined: Joined, used: Any, sums: pd.DataFrame) -> None:
    """Add the share of cracks in the outermost and the innermost layer, and greys of the two.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    used
        X-blocks that are drawn from.
    sums
        Layers of whole particles, with `x_um` of each.
    """
    facts: dict[str, Any] = {"limit_um": CRACK_PX * joined.px_um}
    if not len(sums):
        estimates.all_missing(INDICES, "no whole particles", **facts)
        return
    layers = [sums[sums["layer"] == k] for k in (0, LAYERS - 1)]
    n = len(layers[0])
    for name, layer in zip(INDICES, layers, strict=False):
        solid, crack = _along(joined, used, layer, "n_active_material", "n_crack")
        estimates.ratio(name, crack, crack + solid, n, bounds=(0.0, 1.0), **facts)
    rim, core = (_along(joined, used, layer, "sum_grey", "n_active_material") for layer in layers)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (core[0].sum() / core[1].sum()) / (rim[0].sum() / rim[1].sum())
        drawn = [[estimates.draw(part) for part in layer] for layer in (core, rim)]
        replicates = (drawn[0][0] / drawn[0][1]) / (drawn[1][0] / drawn[1][1])
    estimates.resampled("grey_core_rim", float(value), replicates, n, **facts)


def _along(joined: Joined, used: Any, layer: pd.DataFrame, *names: str) -> list[Floats]:
    """Add columns up over x-blocks."""
    per_block = joined.per_block(used, layer["x_um"].to_numpy(np.float64))
    return [per_block(layer[name].to_numpy(np.float64)) for name in names]
