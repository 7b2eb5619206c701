"""Made defects, and a section that shows them wherever it is read."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.parallel import Window
from transect.segment.section import Section

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

EDGE_PX = 1.0
"""Sigma of the edges of what is planted, in px: about what an SEM in focus has."""
HARMONICS, ROUGHNESS = (2, 3, 4, 5), 0.12
"""Waves around an outline, and the share of the radius that they reach."""
BED_PX = 9
"""Width of the bed around what is bedded in binder, in px: narrower ones look like cracks."""
GRAIN_PX = 3.0
"""Sigma of the Gaussian that noise is told from structure by."""


@dataclass(frozen=True)
class Plant:
    """One made defect.

    Attributes
    ----------
    kind
        What it is made like.
    row, column
        First pixel of its patch in the mosaic.
    size_px
        Equivalent circle diameter.
    grey
        Its grey on the 8-bit scale.
    cover
        How much of each pixel of the patch it covers, 0 to 1.
    noise
        Noise of each pixel, of standard deviation 1.
    bed
        Grey of a thin bed around it; NaN where it lies in what is there.
    """

    kind: str
    row: int
    column: int
    size_px: float
    grey: float
    cover: F32
    noise: F32
    bed: float

    @property
    def window(self) -> Window:
        """Rows and columns of the patch in the mosaic."""
        rows, columns = self.cover.shape
        return Window(self.row, self.row + rows, self.column, self.column + columns)


def shape(size_px: float, random: np.random.Generator) -> F32:
    """Cover of an uneven disc of an equivalent circle diameter, on a patch that holds it."""
    half = int(np.ceil(size_px / 2 * (1 + 3 * ROUGHNESS) + BED_PX + 4 * EDGE_PX))
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float64)
    angle, radius, square = np.arctan2(y, x), np.ones_like(x), 1.0
    for n in HARMONICS:
        height = ROUGHNESS * random.standard_normal() / len(HARMONICS)
        radius += height * np.cos(n * angle + random.uniform(0, 2 * np.pi))
        # Waves add to the area by their mean square.
        square += height**2 / 2
    inside = size_px / 2 / np.sqrt(square) * radius - np.hypot(x, y)
    mask = np.clip(inside + 0.5, 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), EDGE_PX), np.float32)


@dataclass(frozen=True)
class Planted(Section):
    """A section with made defects: all that reads it sees the same."""

    plants: tuple[Plant, ...] = ()

    def read(self, window: Window, scale: tuple[float, float]) -> tuple[U8, U8]:
        """Pixels on the 8-bit scale and the zone of a window; see `Section.read`."""
        grey, zone = super().read(window, scale)
        near = [plant for plant in self.plants if _meet(plant.window, window)]
        if not near:
            return grey, zone
        out = grey.astype(np.float32)
        for plant in near:
            _paint(out, window, plant, self._noise_sd(plant, scale))
        return np.clip(np.rint(out), 0, 255).astype(np.uint8), zone

    def _noise_sd(self, plant: Plant, scale: tuple[float, float]) -> float:
        """Tell the standard deviation of the noise of the pixels that are painted over."""
        wide = plant.window.padded(round(4 * GRAIN_PX), self.mosaic.shape)
        grey = super().read(wide, scale)[0].astype(np.float32)
        # Edges are in the minority, so that the median does not see them.
        return 1.4826 * float(np.median(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), GRAIN_PX))))


def _meet(one: Window, other: Window) -> bool:
    return (
        one.row0 < other.row1
        and other.row0 < one.row1
        and one.col0 < other.col1
        and other.col0 < one.col1
    )


def _paint(out: F32, window: Window, plant: Plant, noise_sd: float) -> None:
    """Blend a plant with noise into pixels of a window."""
    spot = plant.window
    rows = slice(max(spot.row0, window.row0), min(spot.row1, window.row1))
    columns = slice(max(spot.col0, window.col0), min(spot.col1, window.col1))
    there = np.s_[rows.start - window.row0 : rows.stop - window.row0,
                  columns.start - window.col0 : columns.stop - window.col0]  # fmt: skip
    here = np.s_[rows.start - spot.row0 : rows.stop - spot.row0,
                 columns.start - spot.col0 : columns.stop - spot.col0]  # fmt: skip
    noise = noise_sd * plant.noise[here]
    if np.isfinite(plant.bed):
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BED_PX + 1, 2 * BED_PX + 1))
        around = cv2.dilate(plant.cover, disc)[here]
        out[there] += around * (plant.bed + noise - out[there])
    out[there] += plant.cover[here] * (plant.grey + noise - out[there])
