"""Typical greys of a section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.errors import AnalysisError
from transect.layers.foil import Band
from transect.modes import fit_modes

F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Turn:
    """Greys as they are, or turned over: layers are looked for where active material is bright.

    Attributes
    ----------
    total
        What a grey and its turned one add up to; absent where greys stay as they are.
    """

    total: float | None = None

    @classmethod
    def over(cls, coarse: npt.NDArray[Any], seen: Bool) -> Turn:
        """Take the ends of what was recorded for each other; those of the type where it has any."""
        if coarse.dtype.kind == "u":
            return cls(float(np.iinfo(coarse.dtype).max))
        if not seen.any():
            return cls()
        return cls(float(coarse[seen].min()) + float(coarse[seen].max()))

    def pixels(self, pixels: npt.NDArray[np.generic], recorded: Bool, fill: float) -> F32:
        """Greys of pixels; `fill` where turned ones were not recorded."""
        greys = pixels.astype(np.float32)
        if self.total is None:
            return greys
        return np.where(recorded, np.float32(self.total) - greys, np.float32(fill))

    def grey(self, grey: float) -> float:
        """Grey of the mosaic that a turned one was, or the other way round."""
        return grey if self.total is None else self.total - grey


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
