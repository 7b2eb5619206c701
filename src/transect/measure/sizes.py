"""Diameters of particles in three ways: sections as they are, spheres unfolded, spheres log-normal.

All three are in the table `size_distribution`; metrics of the volume are the unfolded ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.estimates import Estimates
from transect.measure.tables import SIZE_DISTRIBUTION
from transect.statistics import lognormal
from transect.statistics.bootstrap import Resampling, percentile_interval
from transect.statistics.iso13322 import status
from transect.statistics.unfolding import FOLDS, choose_width, unfold
from transect.statistics.wicksell import Grid, content, cumulative, grid, quantiles

Floats = npt.NDArray[np.float64]

ENOUGH = 50
"""Whole particles below which nothing is unfolded: the interval would span the whole range."""
FLAT = 0.7
"""Median aspect ratio below which particles are no spheres: flakes, plates, fragments."""
POWERS = {"q0": 0, "q2": 2, "q3": 3}
"""Weightings of ISO 9276-1: by number, by area, by volume."""
SHARES = {"d10_volume_um": 0.1, "d50_volume_um": 0.5, "d90_volume_um": 0.9}
MOMENTS = {"d32_um": (3, 2), "d43_um": (4, 3)}
OF_VOLUME = (*SHARES, *MOMENTS)
"""Metrics that are unfolded."""


@dataclass(frozen=True)
class Sections:
    """Weighted sections of whole particles.

    Attributes
    ----------
    diameters, weights
        Equivalent circle diameter in um and Miles-Lantuejoul weight of each.
    blocks
        X-block of each, as the draws count them.
    smallest
        Diameter in um below which none is reported.
    """

    diameters: Floats
    weights: Floats
    blocks: npt.NDArray[np.int64]
    smallest: float

    @property
    def classes(self) -> Grid:
        """Classes over all diameters."""
        return grid(self.smallest, float(self.diameters.max()))

    def by_block(self, classes: Grid, blocks: int, power: int = 0) -> Floats:
        """Sum of weight x diameter^power, shape (x-blocks, classes)."""
        out = np.zeros((blocks, classes.edges.size - 1))
        values = self.weights * self.diameters**power
        np.add.at(out, (self.blocks, classes.place(self.diameters)), values)
        return out


def not_spheres(count: int, aspect_ratio: float) -> str:
    """Why sections of these particles are not unfolded; blank if they are."""
    if count < ENOUGH:
        return f"not unfolded: {count} whole particles, at least {ENOUGH} are needed"
    if not aspect_ratio >= FLAT:
        return (
            f"not unfolded: the median aspect ratio is {aspect_ratio:.2f}, below {FLAT:g}"
            " particles are no spheres"
        )
    return ""


def add_sizes(estimates: Estimates, sections: Sections, aspect_ratio: float) -> pd.DataFrame:
    """Add the metrics of the volume; returns rows of `size_distribution` without the names.

    Parameters
    ----------
    estimates
        Metrics of the section, with the draws of the x-blocks.
    sections
        Whole particles, at least one.
    aspect_ratio
        Their median.
    """
    classes, drawn = sections.classes, estimates.resampling
    count = int(sections.diameters.size)
    counts = sections.by_block(classes, drawn.draws.shape[1])
    parts = [_raw(sections, classes, estimates)]
    why = not_spheres(count, aspect_ratio)
    for metric in OF_VOLUME if why else ():
        estimates.missing(metric, why, limit_um=sections.smallest)
    if not why:
        met, replicates = unfolded(classes, counts, drawn)
        _volumes(estimates, classes, met, replicates, sections)
        curves = {name: cumulative(classes, met, p) for name, p in POWERS.items()}
        spread = {name: cumulative(classes, replicates, p) for name, p in POWERS.items()}
        parts.append(_rows("unfolded", classes, curves, spread, drawn))
        parts.append(_parametric(classes, counts, estimates))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return frame.assign(n=count)


def unfolded(classes: Grid, counts: Floats, drawn: Resampling) -> tuple[Floats, Floats]:
    """Met spheres of the section and of its replicates.

    Parameters
    ----------
    classes
        Classes of diameters.
    counts
        Weighted sections, shape (x-blocks, classes).
    drawn
        Draws of the x-blocks.

    Returns
    -------
    met
        Shape (classes,).
    replicates
        Shape (replicates, classes).
    """
    parts = np.array_split(counts, FOLDS)
    width = choose_width(classes, np.array([part.sum(axis=0) for part in parts]))
    met = unfold(classes, counts.sum(axis=0)[None], width)[0]
    # Adding in a fixed order, whatever the threads.
    resampled = np.einsum("rb,bc->rc", drawn.draws.astype(np.float64), counts)
    return met, unfold(classes, resampled, width, start=met)


def _volumes(
    estimates: Estimates, classes: Grid, met: Floats, replicates: Floats, sections: Sections
) -> None:
    count = int(sections.diameters.size)
    facts: dict[str, Any] = {"limit_um": sections.smallest, "bounds": (0.0, np.inf)}
    shares = np.array(list(SHARES.values()))
    values = quantiles(classes, met, 3, shares)
    drawn = np.array([quantiles(classes, row, 3, shares) for row in replicates])
    for k, metric in enumerate(SHARES):
        note = f"spheres assumed; {status(count)}"
        below = sections.diameters <= values[k]
        estimates.resampled(
            metric, float(values[k]), drawn[:, k], count, note=note,
            influence=_influence(sections, below, estimates.resampling.draws.shape[1]), **facts,
        )  # fmt: skip
    for metric, (above, below) in MOMENTS.items():
        ratio = [
            content(classes, rows, above).sum(axis=-1) / content(classes, rows, below).sum(axis=-1)
            for rows in (met, replicates)
        ]
        estimates.resampled(
            metric, float(ratio[0]), np.asarray(ratio[1]), count, note="spheres assumed", **facts
        )


def _influence(sections: Sections, below: npt.NDArray[np.bool_], blocks: int) -> Floats:
    """Sum by x-block how much of the area below a diameter is beyond its share.

    A plane meets spheres by their diameter, so sections' areas stand for the spheres' volumes.
    """
    area = sections.weights * sections.diameters**2
    share = float(area[below].sum() / area.sum())
    beyond = area * (below - share)
    return np.bincount(sections.blocks, weights=beyond, minlength=blocks).astype(np.float64)


def _raw(sections: Sections, classes: Grid, estimates: Estimates) -> pd.DataFrame:
    """Sections as they are: below each end of a class, by their number, area and cubed diameter."""
    curves, spread = {}, {}
    for name, power in POWERS.items():
        blocks = sections.by_block(classes, estimates.resampling.draws.shape[1], power)
        curves[name] = _rising(blocks.sum(axis=0))
        spread[name] = _rising(estimates.draw(blocks))
    return _rows("raw", classes, curves, spread, estimates.resampling)


def _rising(parts: Floats) -> Floats:
    total = parts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        rising = np.cumsum(parts, axis=-1) / total
    return np.concatenate([np.where(total > 0, 0.0, np.nan), rising], axis=-1)


def _parametric(classes: Grid, counts: Floats, estimates: Estimates) -> pd.DataFrame:
    model = lognormal.Model.of(classes)
    found = lognormal.fit(model, counts.sum(axis=0))
    if found is None:
        return pd.DataFrame()
    fits = [lognormal.fit(model, row, start=found) for row in estimates.draw(counts)]
    none = np.full(classes.edges.size, np.nan)
    curves, spread = {}, {}
    for name, power in POWERS.items():
        curves[name] = found.below(classes.edges, power)
        spread[name] = np.array([none if f is None else f.below(classes.edges, power)
                                 for f in fits])  # fmt: skip
    return _rows("lognormal", classes, curves, spread, estimates.resampling)


def _rows(
    method: str,
    classes: Grid,
    curves: dict[str, Floats],
    spread: dict[str, Floats],
    drawn: Resampling,
) -> pd.DataFrame:
    table: dict[str, Any] = {"method": method, "ecd_um": classes.edges}
    for name, curve in curves.items():
        ends = [
            percentile_interval(value, spread[name][:, k], drawn.widen, 0.0, 1.0)
            for k, value in enumerate(curve)
        ]
        low, high = zip(*ends, strict=True)
        table |= {name: curve, f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(table)


def distribution_table(found: pd.DataFrame | None, keys: dict[str, str]) -> pd.DataFrame:
    """Rows of the table `size_distribution`, empty without whole particles."""
    if found is None:
        return SIZE_DISTRIBUTION.empty()
    return found.assign(**keys)[SIZE_DISTRIBUTION.names]
