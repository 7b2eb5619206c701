"""Stripes in a tile: scan lines that charge and curtains of the ion beam."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.tiles.pixels import Pixels

Singles = npt.NDArray[np.float32]

BAND = 128
"""Pixels over which stripes are averaged: curtains are straight over as many."""
STRIPE_SIGMA = 24.0
"""Sigma in px of the smooth course that is taken off before stripes are looked for."""


def stripes(tile: Pixels, sd_grey: float) -> tuple[float, float]:
    """Charging and curtaining index: stripes along the rows and along the columns.

    Charging shows as single scan lines that are brighter or darker than the lines above and below;
    an edge of foil or coating is one step and no line. Curtains are stripes along the columns that
    are wider than a pixel. What a texture without direction gives is taken off both; by chance it
    leaves up to about 0.15 of curtaining and 0.02 of charging.
    """
    if sd_grey <= 0 or min(tile.shape) < 2 * BAND:
        return 0.0, 0.0
    down = _bands(tile)
    across = _row_bands(tile)
    lines_across, lines_down = _line_amplitude(across), _line_amplitude(down)
    stripes_down, stripes_across = _stripe_amplitude(down), _stripe_amplitude(across)
    charging = np.sqrt(max(lines_across**2 - lines_down**2, 0.0)) / sd_grey
    curtaining = np.sqrt(max(stripes_down**2 - stripes_across**2, 0.0)) / sd_grey
    return float(charging), float(curtaining)


def _bands(tile: Pixels) -> Singles:
    """Mean of every column in bands of rows: (band, column)."""
    count = tile.shape[0] // BAND
    return np.stack(
        [
            cv2.reduce(tile[b * BAND : (b + 1) * BAND], 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0]
            for b in range(count)
        ]
    )


def _row_bands(tile: Pixels) -> Singles:
    """Mean of every row in bands of columns: (band, row)."""
    count = tile.shape[1] // BAND
    return np.stack(
        [
            cv2.reduce(
                tile[:, b * BAND : (b + 1) * BAND], 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F
            ).ravel()
            for b in range(count)
        ]
    )


def _line_amplitude(bands: Singles) -> float:
    """Size of the largest percent of single lines, as the standard deviation that would give it."""
    line = bands[:, 1:-1] - (bands[:, :-2] + bands[:, 2:]) / 2
    # 2.576: two-sided 99 % of a normal distribution; 1.5: variance of the difference.
    return float(np.percentile(np.abs(line), 99) / 2.576 / np.sqrt(1.5))


def _stripe_amplitude(bands: Singles) -> float:
    """Robust standard deviation of the bands against their smooth course."""
    smooth = cv2.GaussianBlur(
        bands, (0, 0), STRIPE_SIGMA, sigmaY=1e-3, borderType=cv2.BORDER_REFLECT
    )
    rest = np.abs(bands - smooth)
    # 1.4826: standard deviation of a normal distribution over its median deviation.
    return float(np.median(rest)) * 1.4826
