"""A Gaussian in fixed-point numbers: a pixel's value does not depend on the window it is in."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]


def smooth(pixels: U8, sigma_px: float) -> U8:
    """Smooth an image, (row, column); exact `reach` px within it."""
    if sigma_px == 0:
        return pixels
    size = 2 * reach(sigma_px) + 1
    return np.asarray(cv2.GaussianBlur(pixels, (size, size), sigma_px))


def reach(sigma_px: float) -> int:
    """Pixels around one that decide on its value."""
    return int(np.ceil(3 * sigma_px))
