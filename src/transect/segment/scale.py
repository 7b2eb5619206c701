"""Greys of a section on 8 bits, with active material bright."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.config import Polarity
from transect.errors import AnalysisError

U8 = npt.NDArray[np.uint8]


def to_scale(pixels: npt.NDArray[np.generic], scale: tuple[float, float]) -> U8:
    """Bring pixels to 8 bits; the same value gives the same result in every window.

    A scale whose first value is the larger one turns them over.
    """
    if pixels.dtype == np.uint8 and scale == (0.0, 255.0):
        return pixels  # type: ignore[return-value]
    low, high = scale
    gain = 255.0 / (high - low)
    if pixels.dtype in (np.uint8, np.uint16):
        values = np.arange(256**pixels.dtype.itemsize)
        table = np.clip(np.rint((values - low) * gain), 0, 255).astype(np.uint8)
        return np.asarray(table[pixels])
    greys = np.nan_to_num(pixels.astype(np.float64), nan=low, posinf=max(scale), neginf=min(scale))
    return np.clip(np.rint((greys - low) * gain), 0, 255).astype(np.uint8)


def scale_of(
    coarse: npt.NDArray[np.generic], where: str, polarity: Polarity = "bright"
) -> tuple[float, float]:
    """Grey values that become 0 and 255, from a coarse level of the mosaic.

    Parameters
    ----------
    coarse
        Recorded pixels of a coarse level, any shape.
    where
        Words for the message.
    polarity
        Whether active material is bright, as everything after expects it, or dark.

    Raises
    ------
    AnalysisError
        There is no pixel, or all are equal.
    """
    low, high = _ends(coarse, where)
    return (low, high) if polarity == "bright" else (high, low)


def _ends(coarse: npt.NDArray[np.generic], where: str) -> tuple[float, float]:
    """Darkest and brightest grey that are told apart."""
    values = coarse[np.isfinite(coarse)] if coarse.dtype.kind == "f" else coarse.ravel()
    if values.size == 0 or values.min() == values.max():
        found = "no recorded pixel" if values.size == 0 else f"every pixel is {values.flat[0]}"
        raise AnalysisError(
            f"{where}: {found}; a section with contrast is needed: check the tiles and detector"
        )
    if coarse.dtype == np.uint8:
        return 0.0, 255.0
    low, high = (float(v) for v in np.percentile(values, [0.1, 99.9]))
    if low == high:
        low, high = float(values.min()), float(values.max())
    margin = 0.1 * (high - low)
    return low - margin, high + margin
