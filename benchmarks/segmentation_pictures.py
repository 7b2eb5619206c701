"""Pictures of what a method found in a made image, beside the truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from transect.phases import COLORS

U8 = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Layer = tuple[U8, Ids]


def draw(path: Path, image: U8, truth: Layer, found: Layer) -> None:
    """Write a picture: image, truth, what was found; particles that touch are parted in white.

    Parameters
    ----------
    path
        File to write.
    image
        Grey levels.
    truth, found
        Phases and particles.
    """
    gap = np.full((image.shape[0], 8, 3), 255, np.uint8)
    panels = (cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), gap, _panel(*truth), gap, _panel(*found))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.hstack(panels))


def _panel(phases: U8, particles: Ids) -> U8:
    table = np.zeros((256, 3), np.uint8)
    for phase, color in COLORS.items():
        table[phase] = color[::-1]
    panel = table[phases]
    panel[_outlines(particles)] = 255
    return panel


def _outlines(particles: Ids) -> npt.NDArray[np.bool_]:
    """Pixels of particles beside another particle, above or to the left of it."""
    out = np.zeros(particles.shape, np.bool_)
    a, b = particles[:-1], particles[1:]
    out[:-1] |= (a != b) & (a > 0) & (b > 0)
    a, b = particles[:, :-1], particles[:, 1:]
    out[:, :-1] |= (a != b) & (a > 0) & (b > 0)
    return out
