"""Particles from rim to core: the table `radial_profile` and the metrics of the two ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.crack_metrics import CRACK_PX
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined, drawn, keyed
from transect.measure.radial.layers import LAYERS, SUMS
from transect.measure.tables import RADIAL_PROFILE
from transect.statistics.bootstrap import percentile_interval

Floats = npt.NDArray[np.float64]

INDICES = ("crack_fraction_rim", "crack_fraction_core", "grey_core_rim")
"""Names in the registry."""

_SOLID, _CRACK, _VOID, _GREY = range(len(SUMS))


@dataclass(frozen=True)
class Rings:
    """Layers of all whole particles: sums of shape (x-block, LAYERS, SUMS), and how many they are.

    Of a particle that is cut, it is not known how deep a pixel lies.
    """

    sums: Floats
    count: int

    def cracks(self) -> tuple[Floats, Floats]:
        """Pixels of cracks, and of cracks and active material, (x-block, LAYERS)."""
        crack = self.sums[..., _CRACK]
        return crack, crack + self.sums[..., _SOLID]

    def greys(self) -> tuple[Floats, Floats]:
        """Greys of active material and its pixels, (x-block, LAYERS)."""
        return self.sums[..., _GREY], self.sums[..., _SOLID]


def rings_of(
    parts: Iterable[pd.DataFrame], particles: pd.DataFrame, joined: Joined, used: Any
) -> Rings:
    """Add the layers of particles up by x-block.

    Parameters
    ----------
    parts
        Rows of `RADIAL_SUMS`, some at a time.
    particles
        Rows of the table `particles`.
    joined
        Sums of the section.
    used
        X-blocks that are drawn from.
    """
    whole = particles.loc[particles["ml_weight"] > 0, ["particle", "x_um"]]
    whole = whole.sort_values("particle", kind="stable")
    ids = whole["particle"].to_numpy(np.uint64)
    blocks = drawn(used, joined.block_of(whole["x_um"].to_numpy(np.float64)))
    sums, count = np.zeros((len(used), LAYERS, len(SUMS))), 0
    for part in parts if len(ids) else ():
        found = part["particle"].to_numpy(np.uint64)
        spot = np.minimum(np.searchsorted(ids, found), len(ids) - 1)
        listed = ids[spot] == found
        layer = part["layer"].to_numpy()[listed]
        # Sums of integers: their order does not matter.
        np.add.at(sums, (blocks[spot[listed]], layer), part[list(SUMS)].to_numpy()[listed])
        count += int(np.count_nonzero(layer == 0))
    return Rings(sums, count)


def radial_profile(rings: Rings, joined: Joined, estimates: Estimates) -> pd.DataFrame:
    """Rows of the table `radial_profile`, with the draws of x-blocks that all metrics share."""
    layer = np.arange(LAYERS)
    filled = rings.sums[..., [_SOLID, _CRACK, _VOID]].sum(axis=(0, 2))
    table: dict[str, Any] = {
        "layer": layer.astype(np.int32),
        "depth_low": layer / LAYERS,
        "depth_high": (layer + 1) / LAYERS,
        "n_particles": np.full(LAYERS, rings.count, np.int64),
        "area_um2": filled * joined.px_um**2,
    }
    for name, ends, (part, whole), unit, top in (
        ("crack_area_fraction", "crack", rings.cracks(), 1.0, 1.0),
        ("grey_mean", "grey", rings.greys(), joined.grey_step, np.inf),
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            value = unit * part.sum(axis=0) / whole.sum(axis=0)
            again = unit * estimates.draw(part) / estimates.draw(whole)
        widen = estimates.resampling.widen
        limits = [percentile_interval(float(value[k]), again[:, k], widen, 0.0, top) for k in layer]
        table[name] = value
        table[f"{ends}_low"], table[f"{ends}_high"] = np.array(limits).T
    found = pd.DataFrame(table) if rings.count else RADIAL_PROFILE.empty()
    return keyed(found, joined.keys)[RADIAL_PROFILE.names]


def add_radial(estimates: Estimates, joined: Joined, rings: Rings) -> None:
    """Add the share of cracks in the outermost and the innermost layer, and greys of the two."""
    facts: dict[str, Any] = {"limit_um": CRACK_PX * joined.px_um}
    if not rings.count:
        estimates.all_missing(INDICES, "no whole particles", **facts)
        return
    crack, whole = rings.cracks()
    for name, k in zip(INDICES, (0, LAYERS - 1), strict=False):
        estimates.ratio(name, crack[:, k], whole[:, k], rings.count, bounds=(0.0, 1.0), **facts)
    grey, solid = rings.greys()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = grey.sum(axis=0) / solid.sum(axis=0)
        means = estimates.draw(grey) / estimates.draw(solid)
        value, replicates = mean[-1] / mean[0], means[:, -1] / means[:, 0]
    estimates.resampled("grey_core_rim", float(value), replicates, rings.count, **facts)
