"""What a defect looks like: its contrast, and a small picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from transect.parallel import Window
from transect.phases import Phase
from transect.storage.images import Image

Pixels = npt.NDArray[Any]

PHASE = {
    "delamination": Phase.GAP,
    "coating_crack": Phase.PORE,
    "macro_void": Phase.PORE,
    "agglomerate": Phase.BINDER,
    "foreign_particle": Phase.ACTIVE_MATERIAL,
    "fragment": Phase.ACTIVE_MATERIAL,
}
"""What the pixels of each class are."""

AROUND_PX = 16
"""Width of what a defect is compared with, in px of the level that is read."""
EDGE, SIDE = 512, 240
"""Longest side that is read, in px, and side of a picture."""
ROOM = 1.6
"""Side of what a picture shows over the longer side of the defect's box."""
SMALLEST_PX = 160
"""Smallest side that a picture shows, in px of the mosaic."""


@dataclass(frozen=True)
class Stores:
    """Pixels and labels of a section."""

    mosaic: Image
    phases: Image

    def contrast(self, box: Window, name: str) -> float:
        """Michelson contrast of a defect's pixels against what is around; NaN without either."""
        level = self._level(max(box.shape))
        wide = _at(box.padded(AROUND_PX << level, self.mosaic.shape), level)
        grey = self.mosaic.read(wide, level).astype(np.float64)
        phases = self.phases.read(wide, level)
        inside = np.zeros(grey.shape, bool)
        inside[_at(box, level).inside(wide)] = True
        own = inside & (phases == PHASE[name])
        rest = ~inside & ~np.isin(phases, (Phase.OUTSIDE, Phase.INVALID))
        if not own.any() or not rest.any():
            return float("nan")
        one, other = grey[own].mean(), grey[rest].mean()
        return float((one - other) / (one + other)) if one + other > 0 else float("nan")

    def picture(self, box: Window, limits: tuple[float, float]) -> Pixels:
        """Square picture around a defect, 8 bit, with the corners of its box."""
        side = int(max(ROOM * max(box.shape), SMALLEST_PX))
        middle = [(box.row0 + box.row1) // 2, (box.col0 + box.col1) // 2]
        spans = []
        for centre, size in zip(middle, self.mosaic.shape, strict=True):
            start = int(np.clip(centre - side // 2, 0, max(size - side, 0)))
            spans += [start, min(start + side, size)]
        window = Window(*spans)
        level = self._level(side)
        small = self.mosaic.read(_at(window, level), level).astype(np.float32)
        low, high = limits
        shown = np.clip((small - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
        scale = SIDE / (side / 2**level)
        shape = [min(max(round(edge * scale), 1), SIDE) for edge in small.shape]
        # Black where the mosaic ends.
        out = np.zeros((SIDE, SIDE), np.uint8)
        out[: shape[0], : shape[1]] = cv2.resize(shown, shape[::-1], interpolation=cv2.INTER_AREA)
        corners = (np.array([box.col0, box.row0, box.col1, box.row1], np.float64)
                   - np.array([window.col0, window.row0] * 2)) * SIDE / side  # fmt: skip
        return _framed(out, np.rint(corners).astype(int))

    def _level(self, side: int) -> int:
        """Level at which a side is short enough."""
        level = 0
        while level + 1 < len(self.mosaic.arrays) and side >> level > EDGE:
            level += 1
        return level


def _at(window: Window, level: int) -> Window:
    """Window of level 0 at a coarser level, at least a pixel large."""
    row0, col0 = window.row0 >> level, window.col0 >> level
    return Window(
        row0, max(window.row1 >> level, row0 + 1), col0, max(window.col1 >> level, col0 + 1)
    )


def _framed(picture: Pixels, corners: npt.NDArray[np.int_]) -> Pixels:
    """Draw the corners of a box, bright on dark, so that they show on any ground."""
    x0, y0, x1, y1 = corners
    arm = int(max(min(x1 - x0, y1 - y0) // 4, 4))
    for x, dx in ((x0, arm), (x1, -arm)):
        for y, dy in ((y0, arm), (y1, -arm)):
            for grey, width in ((0, 3), (255, 1)):
                cv2.line(picture, (int(x), int(y)), (int(x + dx), int(y)), grey, width)
                cv2.line(picture, (int(x), int(y)), (int(x), int(y + dy)), grey, width)
    return picture
