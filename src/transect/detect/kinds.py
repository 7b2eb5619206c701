"""Defects that are planted: how large, how grey, and when one counts as found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.agglomerates import lumps_in
from transect.phases import Phase

U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Flags = Callable[[U8, npt.NDArray[np.uint64], U8], Bools]
"""From phases, particles and greys of a window to the pixels of what counts as the defect."""

REACH = 3.0
"""Sizes from the limit over this to the limit times this are planted."""
ABOVE = 2.0
"""Foreign particles are planted so many times further above the others than the rule asks."""


@dataclass(frozen=True)
class Kind:
    """One kind of defect.

    Attributes
    ----------
    name
        Of the defect.
    metric
        What counts it.
    limit_px
        Size from which on it counts; for foreign particles the smallest particle.
    smallest_px, largest_px
        Equivalent circle diameters that are planted.
    grey
        Its grey on the 8-bit scale.
    between
        Whether its middle lies between particles: a hole in a particle is another defect.
    flags
        The rule of the metric, on a window.
    bed
        Grey of what it is bedded in; NaN where it lies in what is there.
    """

    name: str
    metric: str
    limit_px: float
    smallest_px: float
    largest_px: float
    grey: float
    between: bool
    flags: Flags
    bed: float = float("nan")


def macro_void(limit_px: float, grey: float) -> Kind:
    """Pores larger than a limit."""

    def flags(phases: U8, particles: npt.NDArray[np.uint64], seen: U8) -> Bools:
        return _large(phases == Phase.PORE, limit_px)

    sizes = limit_px, limit_px / REACH, limit_px * REACH
    return Kind("macro_void", "macro_void_per_mm2", *sizes, grey, True, flags)


def agglomerate(limit_px: float, grey: float) -> Kind:
    """Lumps of binder that a disc of a limit fits into."""
    step = max(int(limit_px // 16), 1)

    def flags(phases: U8, particles: npt.NDArray[np.uint64], seen: U8) -> Bools:
        coarse = phases[::step, ::step]
        found = _large(lumps_in(coarse, max(round(limit_px / 2 / step), 1)), limit_px / step)
        fine = np.kron(found, np.ones((step, step), bool))
        return np.asarray(fine[: phases.shape[0], : phases.shape[1]])

    sizes = limit_px, limit_px / REACH, limit_px * REACH
    return Kind("agglomerate", "agglomerate_per_mm2", *sizes, grey, False, flags)


def foreign_particle(smallest_px: float, usual: float, least: float, bed: float) -> Kind:
    """Particles brighter than others, bedded in binder or pore.

    Parameters
    ----------
    smallest_px
        Smallest particle.
    usual, least
        Usual mean grey of a particle, and the smallest that counts as foreign.
    bed
        Grey of the bed: where particles touch, what is bright in them is not told apart.
    """

    def flags(phases: U8, particles: npt.NDArray[np.uint64], seen: U8) -> Bools:
        _, number = np.unique(particles, return_inverse=True)
        flat = number.ravel()
        # Openings in a particle do not make it darker.
        solid = (phases == Phase.ACTIVE_MATERIAL).ravel()
        area = np.bincount(flat, weights=solid)
        mean = np.bincount(flat, weights=seen.ravel() * solid) / np.maximum(area, 1)
        bright = (mean > least) & (area >= np.pi / 4 * smallest_px**2)
        bright[flat[(particles == 0).ravel()][:1]] = False
        return np.asarray(bright[flat].reshape(phases.shape))

    grey = min(usual + ABOVE * (least - usual), 255.0)
    sizes = smallest_px, smallest_px / 2, smallest_px * REACH**2
    return Kind("foreign_particle", "foreign_particle_per_mm2", *sizes, grey, True, flags, bed)


def kinds_of(
    metrics: pd.DataFrame,
    greys: dict[str, float | None],
    foreign: tuple[float, float],
    smallest_px: float,
    px_um: float,
) -> list[Kind]:
    """Kinds that can be planted into a section.

    Parameters
    ----------
    metrics
        Its metrics, which name the limits of sizes.
    greys
        Greys of `pore` and `binder` on the 8-bit scale; None where it has no such phase.
    foreign
        Usual mean grey of a particle, and the smallest that counts as foreign, on that scale.
    smallest_px
        Smallest particle, in px.
    px_um
        Pixel size in um.
    """
    limits = dict(zip(metrics["metric"], metrics["resolution_limit_um"], strict=True))
    found = []
    for make, grey in ((macro_void, greys["pore"]), (agglomerate, greys["binder"])):
        limit_um = limits.get(f"{make.__name__}_per_mm2", np.nan)
        if grey is not None and np.isfinite(limit_um) and limit_um > 0:
            found.append(make(limit_um / px_um, grey))
    # Where nothing can be brighter, nothing can be planted either.
    if foreign[0] < foreign[1] < 254:
        bed = greys["pore"] if greys["binder"] is None else greys["binder"]
        found.append(foreign_particle(smallest_px, *foreign, bed or 0.0))
    return found


def _large(mask: Bools, limit_px: float) -> Bools:
    """Pixels of components whose equivalent circle diameter is above a limit."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    areas = np.bincount(np.asarray(labels).ravel())
    large = np.sqrt(4 / np.pi * areas) > limit_px
    large[0] = False
    return np.asarray(large[labels])
