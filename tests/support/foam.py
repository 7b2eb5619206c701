"""Random two-phase media, the same wherever and whenever they are made."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def foam(shape: tuple[int, int], seed: int, share: float, grain: float) -> np.ndarray:
    """Phase of a given share of a window, with features of about `grain` pixels."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    smooth = ndimage.gaussian_filter(noise, grain, mode="wrap")
    return np.asarray(smooth > np.quantile(smooth, 1 - share))
