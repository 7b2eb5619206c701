"""Binder agglomerates, found on a coarse level of the label stores, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from transect.phases import Phase
from transect.storage.images import Image

if TYPE_CHECKING:
    # Loading it takes a second, and every measuring step starts by loading this module.
    import dask.array as da

FINE = 8
"""Samples across the smallest agglomerate: coarser ones would miss its size by more than 5 %."""
LEVELS = 5
"""Levels of a block's label store: the coarsest has one sample in 16 x 16 pixels."""
_CHUNK = 2048
"""Edge of a chunk of samples: a few megabytes in every array on the way."""


AGGLOMERATE_SHARE = 0.2
"""Share of the coating's thickness from which a lump is an agglomerate."""


@dataclass(frozen=True)
class Lumps:
    """Agglomerates of a section: their diameters and the smallest that counts, in um."""

    diameters_um: npt.NDArray[np.float64]
    limit_um: float


def coarse_phases(images: Sequence[Image], limit_um: float) -> tuple[da.Array, float]:
    """Phases of all blocks at the coarsest level that still resolves an agglomerate.

    Returns
    -------
    phases
        Samples of the section, left to right, not yet read.
    step_um
        Distance between samples.
    """
    import dask.array as da

    px = images[0].px_um
    level = 0
    while level + 1 < len(images[0].arrays) and px * 2 ** (level + 1) * FINE <= limit_um:
        level += 1
    whole = da.concatenate([image.dask(level) for image in images], axis=1)
    return whole.rechunk(_CHUNK), px * 2**level


def agglomerates(phases: da.Array, step_um: float, limit_um: float) -> npt.NDArray[np.float64]:
    """Equivalent circle diameters of the agglomerates, in um.

    An agglomerate is what an opening with a disc of this diameter leaves of the binder: a lump
    that the disc fits into. The web between the particles does not count, however long it is.

    Parameters
    ----------
    phases
        Samples of the phases.
    step_um
        Distance between samples.
    limit_um
        Smallest diameter.
    """
    import dask.array as da
    from dask_image.ndmeasure import label

    radius = max(round(limit_um / 2 / step_um), 1)
    if 2 * radius + 1 > min(phases.shape):
        return np.empty(0)  # No such disc fits into the section.
    # Halo: the majority's one sample, and the disc's radius once to erode and once to dilate.
    opened = phases.map_overlap(
        lumps_in, depth=2 * radius + 1, boundary=0, radius=radius, dtype="?"
    )
    labels, count = label(opened)
    areas = da.bincount(labels.ravel(), minlength=int(count) + 1).compute()
    diameter = np.sqrt(4 / np.pi * areas[1:]) * step_um
    return np.asarray(diameter[diameter >= limit_um])


def lumps_in(phases: npt.NDArray[np.uint8], radius: int) -> npt.NDArray[np.bool_]:
    """Binder that a disc of a radius in samples fits into."""
    binder = (phases == Phase.BINDER).astype(np.uint8)
    # Majority of 3 x 3: single wrong samples would stop the disc from fitting.
    solid = (cv2.blur(binder * 255, (3, 3)) > 127).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc) > 0
