"""Cracks against particle size, depth and place along the foil: the table `crack_profile`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.joined import Joined, drawn, keyed
from transect.measure.tables import CRACK_PROFILE
from transect.statistics.bootstrap import Resampling, percentile_interval

Floats = npt.NDArray[np.float64]

CLASSES = 10
"""Classes of depth and of place along the foil, of one width each."""

SIZES = 8
"""Classes of size, with as many particles in each as in any other."""
USED = ["ecd_um", "zeta", "x_um", "ml_weight", "crack_length_um", "area_um2", "cracked"]
"""Columns of particles that are looked at."""


def crack_profile(
    joined: Joined, particles: pd.DataFrame, resampling: Resampling, used: npt.NDArray[np.intp]
) -> pd.DataFrame:
    """Rows of the table: every class of each axis that holds a whole particle.

    Parameters
    ----------
    joined
        Sums of the section.
    particles
        Rows of the table `particles`.
    resampling
        Draws of x-blocks that all metrics share.
    used
        X-blocks that are drawn from.
    """
    # Of a million particles all columns are half a gigabyte.
    whole = particles.loc[particles["ml_weight"] > 0, USED]
    blocks = drawn(used, joined.block_of(whole["x_um"].to_numpy(np.float64)))
    parts = []
    for axis in ("ecd_um", "zeta", "x_um"):
        values = whole[axis].to_numpy(np.float64)
        edges = _edges(axis, values, joined)
        if len(edges) > 1:
            parts.append(_classes(axis, values, edges, whole, blocks, resampling))
    found = pd.concat(parts, ignore_index=True) if parts else CRACK_PROFILE.empty()
    return keyed(found, joined.keys)[CRACK_PROFILE.names]


def _edges(axis: str, values: Floats, joined: Joined) -> Floats:
    known = values[np.isfinite(values)]
    if not known.size:
        return np.empty(0)
    if axis == "zeta":
        return np.linspace(0.0, 1.0, CLASSES + 1)
    if axis == "x_um":
        return np.linspace(0.0, joined.shape[1] * joined.px_um, CLASSES + 1)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, SIZES + 1)))
    return edges if edges.size > 1 else np.array([edges[0], np.nextafter(edges[0], np.inf)])


def _classes(
    axis: str,
    values: Floats,
    edges: Floats,
    particles: pd.DataFrame,
    blocks: npt.NDArray[np.intp],
    resampling: Resampling,
) -> pd.DataFrame:
    kept = np.isfinite(values)
    place = np.clip(np.searchsorted(edges, values[kept], side="right") - 1, 0, len(edges) - 2)
    draws = resampling.draws.astype(np.float64)

    def per_class(amounts: Any) -> Floats:
        out = np.zeros((draws.shape[1], len(edges) - 1))
        np.add.at(out, (blocks[kept], place), np.asarray(amounts, np.float64)[kept])
        return out

    weight = particles["ml_weight"].to_numpy(np.float64)
    count = per_class(np.ones(len(values))).sum(axis=0)
    table: dict[str, Any] = {
        "axis": np.full(len(edges) - 1, axis, object),
        "low": edges[:-1],
        "high": edges[1:],
        "n_particles": count.astype(np.int64),
    }
    for name, ends, part, whole, top in (
        ("length_density_per_um", "density", particles["crack_length_um"],
         particles["area_um2"], np.inf),
        ("cracked_share", "cracked", weight * particles["cracked"].to_numpy(bool), weight, 1.0),
    ):  # fmt: skip
        a, b = per_class(part), per_class(whole)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = a.sum(axis=0) / b.sum(axis=0)
            # einsum adds in a fixed order; a threaded product of matrices would not.
            again = np.einsum("rb,bk->rk", draws, a) / np.einsum("rb,bk->rk", draws, b)
        limits = [
            percentile_interval(float(value), again[:, k], resampling.widen, 0.0, top)
            if np.isfinite(value)
            else (np.nan, np.nan)
            for k, value in enumerate(found)
        ]
        table[name] = found
        table[f"{ends}_low"], table[f"{ends}_high"] = np.array(limits).T
    rows = pd.DataFrame(table)
    return rows[rows["n_particles"] > 0]
