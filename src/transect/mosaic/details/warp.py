"""A field of detail as the mosaic would show it: reduced, moved, turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.align.strips import reduced
from transect.mosaic.fusion.sample import REACH, taps
from transect.mosaic.layout import Image

Floats = npt.NDArray[np.float64]

SCALE_RANGE, TURN_RANGE = 0.025, float(np.radians(1.5))
"""Largest deviation of scale and rotation from what is recorded that is believed: magnifications
are calibrated to 2 % or better, and scans turned against each other by less than 1 degree."""

# OpenCV's own tables have 32 places between two pixels: its steps of 0.03 px keep an iteration
# from settling.
_WEIGHTS = np.stack([taps(fraction) for fraction in np.linspace(0.0, 1.0, 1025)])


@dataclass(frozen=True)
class Similarity:
    """Place of a field in the mosaic, in pixels that begin at their corners.

    Attributes
    ----------
    centre
        Place (x, y) of the field's middle, in pixels of the mosaic.
    scale
        Pixels of the mosaic per pixel of the field.
    turn
        Angle of the field's axes against the mosaic's, from x towards y, in radians.
    """

    centre: Floats
    scale: float
    turn: float = 0.0

    def inverse(self, middle: Floats, corner: Floats, binning: float, step: float) -> Floats:
        """Matrix (2, 3) from indices of a binned crop of the mosaic to those of a reduced field.

        Parameters
        ----------
        middle
            Middle of the field, in its own pixels.
        corner
            Top-left corner (x, y) of the crop in the mosaic.
        binning, step
            Factors by which the crop and the field were reduced.
        """
        c, s = np.cos(self.turn), np.sin(self.turn)
        back = np.array([[c, s], [-s, c]]) / self.scale
        origin = middle + back @ (corner - self.centre)
        matrix = back * binning / step
        # The centre of the pixel with index i is at i + 1/2.
        return np.column_stack([matrix, origin / step + matrix @ [0.5, 0.5] - 0.5])


@dataclass(frozen=True)
class Field:
    """A field reduced to about the pixels of a binned mosaic, and what it was before."""

    small: Image
    step: int
    binning: int
    middle: Floats

    @classmethod
    def of(cls, pixels: Image, scale: float, binning: int) -> Field:
        """Reduce a field by whole pixels, never to fewer than the mosaic's."""
        # A little beyond the whole number: a scale of 0.2501 is reduced by 4 all the same.
        step = max(int(binning / scale + 0.02), 1)
        return cls(reduced(pixels, step), step, binning, np.array(pixels.shape[::-1]) / 2)

    def laid(self, place: Similarity, corner: Floats, shape: tuple[int, int]) -> Image:
        """Show it as a binned crop of the mosaic would.

        Parameters
        ----------
        place
            Where the field lies.
        corner, shape
            Top-left corner (x, y) of the crop in the mosaic, and its rows and columns once binned.
        """
        out = np.empty(shape, dtype=np.float32)
        matrix = place.inverse(self.middle, corner, self.binning, self.step)
        _sample(self.small, matrix, _WEIGHTS, out)
        return out


@kernel
def _sample(image: Image, matrix: Floats, table: Image, out: Image) -> None:
    """Interpolate an image at places that are linear in row and column; borders are repeated."""
    rows, columns = image.shape
    phases = table.shape[0] - 1
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            x = matrix[0, 0] * c + matrix[0, 1] * r + matrix[0, 2]
            y = matrix[1, 0] * c + matrix[1, 1] * r + matrix[1, 2]
            j, i = int(np.floor(x)), int(np.floor(y))
            wx = table[int((x - j) * phases + 0.5)]
            wy = table[int((y - i) * phases + 0.5)]
            total = np.float32(0.0)
            for n in range(2 * REACH):
                k = min(max(i + n - REACH + 1, 0), rows - 1)
                line = np.float32(0.0)
                for m in range(2 * REACH):
                    line += wx[m] * image[k, min(max(j + m - REACH + 1, 0), columns - 1)]
                total += wy[n] * line
            out[r, c] = total
