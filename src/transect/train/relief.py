"""A pseudo-surface of particles: what secondary electrons see, and what shines through pores."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.train.sections import Truth

I32 = npt.NDArray[np.int32]
F32 = npt.NDArray[np.float32]
Random = np.random.Generator


@kernel
def roundness(owner: I32, depth: F32, discs: F32) -> F32:
    """Distance from the middle of a particle over the way to its edge, in [0, 1]; 1 outside.

    The way is that of a circle in the middle and that of the outline near it: bumps of the
    outline do not reach inwards.
    """
    rows, columns = owner.shape
    out = np.ones((rows, columns), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            if depth[r, c] > 0.0:
                y, x, radius = discs[owner[r, c]]
                long = np.sqrt((r - y) ** 2 + (c - x) ** 2)
                share = long / (long + depth[r, c])
                near = np.exp(-depth[r, c] / (0.06 * radius + 2.0))
                # Long bodies reach further than the circle.
                middle = min(long / radius, 1.2 * share)
                out[r, c] = min((1.0 - near) * middle + near * share, 0.5 + 0.5 * share)
    return out


def face(truth: Truth, away: F32, bumps: F32, random: Random) -> F32:
    """Brightness of a surface in secondary electrons: domes with bumps, lit from one side."""
    height = _domes(truth.owner, away, truth.discs, bumps)
    gx, gy = (
        np.asarray(cv2.Sobel(height, cv2.CV_32F, *axes, scale=0.125), dtype=np.float32)
        for axes in ((1, 0), (0, 1))
    )
    turn, side = random.uniform(0, 2 * np.pi), random.uniform(0, 0.8)
    return _lit(gx, gy, side * np.cos(turn), side * np.sin(turn))


@kernel
def _domes(owner: I32, away: F32, discs: F32, bumps: F32) -> F32:
    """Height of a pseudo-surface: half a sphere on each particle, with bumps on it."""
    rows, columns = owner.shape
    out = np.zeros((rows, columns), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            if away[r, c] < 1.0:
                flat = np.sqrt(np.float32(1.0) - away[r, c] * away[r, c])
                out[r, c] = discs[owner[r, c], 2] * flat + bumps[r, c]
    return out


@kernel
def _lit(gx: F32, gy: F32, x: float, y: float) -> F32:
    """Brighten what is steep, more so towards the detector."""
    rows, columns = gx.shape
    out = np.empty_like(gx)
    for r in range(rows):
        for c in range(columns):
            a, b = gx[r, c], gy[r, c]
            long = np.sqrt(np.float32(1.0) + a * a + b * b)
            steep = min(long - np.float32(1.0), np.float32(2.5))
            out[r, c] = np.float32(0.45) * steep - np.float32(0.2) + (x * a + y * b) / long
    return out


def behind(truth: Truth, face: F32, blur: float, random: Random) -> F32:
    """Particles below the plane: the window's own, mirrored, dimmer the deeper they lie."""
    out = np.zeros(face.shape, dtype=np.float32)
    ways = [(slice(None), slice(None, None, -1)), (slice(None, None, -1), slice(None))]
    for k in random.permutation(2):
        level = np.float32(random.uniform(0.35, 1.0) * (0.5 if k else 1.0))
        deep, lit = truth.depth[ways[k]], face[ways[k]]
        seen = level * np.clip(np.float32(0.6) + np.float32(0.5) * lit, 0.1, 1.0)
        out = np.where((deep > 0) & (out == 0), seen, out)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), blur), dtype=np.float32)
