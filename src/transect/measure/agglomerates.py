"""Binder agglomerates, found on a coarse level of the label stores."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from transect.phases import Phase
from transect.storage.images import Image

FINE = 8
"""Samples across the smallest agglomerate: coarser ones would miss its size by more than 5 %."""
LEVELS = 5
"""Levels of a block's label store: the coarsest has one sample in 16 x 16 pixels."""


def coarse_phases(images: Sequence[Image], limit_um: float) -> tuple[npt.NDArray[np.uint8], float]:
    """Phases of all blocks at the coarsest level that still resolves an agglomerate.

    Returns
    -------
    phases
        Samples of the section, left to right.
    step_um
        Distance between samples.
    """
    px = images[0].px_um
    level = 0
    while level + 1 < len(images[0].arrays) and px * 2 ** (level + 1) * FINE <= limit_um:
        level += 1
    return np.concatenate([image.whole(level) for image in images], axis=1), px * 2**level


def agglomerates(
    phases: npt.NDArray[np.uint8], step_um: float, limit_um: float
) -> npt.NDArray[np.float64]:
    """Equivalent circle diameters of the agglomerates, in um.

    An agglomerate is binder that holds a disc of half the limit across, so that the thin web
    around it does not count, and whose equivalent diameter is at least the limit.

    Parameters
    ----------
    phases
        Samples of the phases.
    step_um
        Distance between samples.
    limit_um
        Smallest diameter.
    """
    binder = (phases == Phase.BINDER).astype(np.uint8)
    # Majority of 3 x 3: single wrong samples would stop the disc from fitting.
    solid = (cv2.blur(binder * 255, (3, 3)) > 127).astype(np.uint8)
    size = 2 * max(round(limit_um / 4 / step_um), 1) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc)
    _, _, facts, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    area = facts[1:, cv2.CC_STAT_AREA].astype(np.float64)
    diameter = np.sqrt(4 / np.pi * area) * step_um
    return np.asarray(diameter[diameter >= limit_um])
