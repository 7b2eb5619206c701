"""Typical greys of a section."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.errors import AnalysisError
from transect.layers.foil import Band
from transect.modes import fit_modes

F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Greys:
    """Typical greys of a section, on the mosaic's own scale."""

    pore: float
    binder: float
    bright: float

    @property
    def material(self) -> float:
        """Limit between nothing and any material."""
        return (self.pore + self.binder) / 2

    @property
    def active(self) -> float:
        """Limit between binder and active material."""
        return (self.binder + self.bright) / 2


def coarse_greys(image: F32, seen: Bool, band: Band) -> Greys:
    """Greys of pore, binder and active material beside the foil, on the coarse level."""
    rows = np.arange(image.shape[0])[:, None]
    foil = (rows >= band.top[None, :] - 2) & (rows < band.bottom[None, :] + 2)
    values = image[seen & ~foil]
    if values.size == 0 or values.min() == values.max():
        raise AnalysisError("mosaic: nothing but foil was recorded; no coating to measure")
    low, high = (float(v) for v in np.percentile(values, [0.1, 99.9]))
    level = np.clip((values - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    counts = np.bincount(level, minlength=256)
    modes = fit_modes(counts, counts)
    binder = modes.bright if modes.binder is None else modes.binder
    pore, binder, bright = (
        low + v * (high - low) / 255 for v in (modes.pore, binder, modes.bright)
    )
    return Greys(pore, binder, bright)
