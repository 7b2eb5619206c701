"""What the network learns from a sample: classes, boundaries, distances, cracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase
from transect.segment.maps import CAP_PX, CLASSES
from transect.train.samples import Sample

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

UNKNOWN = 255
"""Class of pixels of which nothing is said: they teach nothing."""

_CLASSES: dict[Phase, str] = {
    Phase.OUTSIDE: "outside",
    Phase.COLLECTOR: "collector",
    Phase.ACTIVE_MATERIAL: "active_material",
    Phase.BINDER: "binder",
    Phase.PORE: "pore",
    Phase.CRACK: "pore",
    Phase.VOID: "pore",
    Phase.GAP: "pore",
    Phase.SEPARATOR: "separator",
}


def class_of(phases: U8) -> U8:
    """Give the index into `maps.CLASSES` of codes of `Phase`, `UNKNOWN` for invalid ones."""
    codes = np.full(256, UNKNOWN, dtype=np.uint8)
    for phase, name in _CLASSES.items():
        codes[phase] = CLASSES.index(name)
    return np.asarray(codes[phases])


@dataclass(frozen=True)
class Targets:
    """What a network is asked for, pixel by pixel.

    Attributes
    ----------
    classes
        Index into `maps.CLASSES`.
    boundary
        Pixels of a particle, openings included, beside a pixel that is not of it.
    distance
        Distance from the particle's outline over the largest one in it, in [0, 1].
    crack
        Pixels of cracks.
    """

    classes: U8
    boundary: Bool
    distance: F32
    crack: Bool


def targets(sample: Sample) -> Targets:
    """Tell what a network should find in a sample."""
    classes = class_of(sample.phases)
    second = sample.second & (sample.phases == Phase.ACTIVE_MATERIAL)
    classes[second] = CLASSES.index("active_material_2")
    square = squared_distance(sample.particles, CAP_PX)
    boundary = (square == 1) & (sample.particles > 0)
    distance = _relative(square, sample.particles)
    return Targets(classes, boundary, distance, sample.phases == Phase.CRACK)


@kernel
def _relative(square: I32, particles: I32) -> F32:
    """Distance over the largest one of its particle."""
    rows, columns = particles.shape
    largest = np.ones(particles.max() + 1, dtype=np.int32)
    for r in range(rows):
        for c in range(columns):
            n = particles[r, c]
            largest[n] = max(largest[n], square[r, c])
    out = np.zeros((rows, columns), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            if particles[r, c] > 0:
                share = np.float32(square[r, c]) / np.float32(largest[particles[r, c]])
                out[r, c] = np.sqrt(share)
    return out


@kernel
def squared_distance(labels: I32, cap: int) -> I32:
    """Squared Euclidean distance to the nearest pixel of another label, exact up to a cap.

    Columns first, then rows: in a row, the nearest other pixel lies above or below a pixel of the
    same run, or at its ends. The border of the image is no end.

    Parameters
    ----------
    labels
        Label of each pixel, 0 for none; 0 is given no distance.
    cap
        Largest distance, in px.
    """
    rows, columns = labels.shape
    near = np.full((rows, columns), cap, dtype=np.int32)
    for r in range(1, rows):
        for c in range(columns):
            same = labels[r, c] == labels[r - 1, c]
            near[r, c] = min(near[r - 1, c] + 1, cap) if same else 1
    for r in range(rows - 2, -1, -1):
        for c in range(columns):
            same = labels[r, c] == labels[r + 1, c]
            near[r, c] = min(near[r, c], near[r + 1, c] + 1) if same else 1
    out = np.zeros((rows, columns), dtype=np.int32)
    for r in range(rows):
        for c in range(columns):
            if labels[r, c] != 0:
                out[r, c] = _nearest(labels[r], near[r], c, cap)
    return out


@kernel
def _nearest(label: I32, near: I32, c: int, cap: int) -> int:
    """Squared distance of one pixel, from its row."""
    own, best = label[c], near[c] * near[c]
    for side in (-1, 1):
        d, i = 1, c + side
        while d * d < best and 0 <= i < label.size:
            if label[i] != own:
                best = d * d
                break
            best = min(best, d * d + near[i] * near[i])
            d, i = d + 1, i + side
    return int(min(best, cap * cap))
