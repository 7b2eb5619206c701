"""Outlines of particles and voids, and the cracks inside particles, from their seeds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import normal, unit

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

POINTS = 10
"""Points of a crack's line."""


@kernel
def outline(seed: int, r: float, elongation: float, roughness: float, grain: float) -> F32:
    """Radius of a particle's edge at equal angles from its centre, in pixels.

    An oval of a few low modes, with a bump for each primary grain at the surface. The mean
    radius is `r`; between the angles the radius is linear.
    """
    n = min(max(int(4.0 * r), 32), 1440)
    bumps = max(int(2.0 * np.pi * r / grain), 5)
    # Bump k lies between valley k and k + 1; the first and last are one bump, cut at angle 0.
    valley = np.empty(bumps + 2)
    for k in range(bumps + 2):
        valley[k] = (k - 0.5 + 0.8 * (unit(seed, k % bumps, 11) - 0.5)) / bumps
    valley[0] = valley[bumps] - 1.0
    out = np.empty(n, dtype=np.float32)
    total = 0.0
    k = 0
    for i in range(n):
        t = i / n
        angle = 2.0 * np.pi * t
        value = 1.0
        for mode in range(2, 5):
            a = elongation * normal(seed, mode, 12) / (mode - 1)
            value += max(min(a, 0.12), -0.12) * np.cos(mode * angle + 6.2831 * unit(seed, mode, 13))
        while k < bumps and t >= valley[k + 1]:
            k += 1
        wide = valley[k + 1] - valley[k]
        offset = (t - valley[k]) / wide - 0.5
        height = roughness * grain * 0.5 * (0.4 + 0.7 * unit(seed, k % bumps, 14))
        value += min(height * wide * bumps / r, 0.16) * (1.0 - 4.0 * offset * offset)
        out[i] = r * value
        total += value
    for i in range(n):
        out[i] /= np.float32(total / n)
    return out


@kernel
def outline_area(radius: F32) -> float:
    """Area inside an outline, exactly, in square pixels."""
    n, total = radius.size, 0.0
    for i in range(n):
        a, b = float(radius[i]), float(radius[(i + 1) % n])
        total += a * a + a * b + b * b
    return total * np.pi / (3.0 * n)


@kernel
def edge_at(radius: F32, angle: float) -> float:
    """Radius of an outline in one direction (radians)."""
    n = radius.size
    t = angle / (2.0 * np.pi)
    t = (t - np.floor(t)) * n
    i = int(t)
    u = t - i
    i = i % n
    j = i + 1 if i + 1 < n else 0
    return float(radius[i] * (1.0 - u) + radius[j] * u)


@kernel
def void_outline(seed: int, r: float) -> F32:
    """Edge of an inner void: angular, with a few corners."""
    n = 48
    out = np.empty(n, dtype=np.float32)
    corners = 4 + int(4.0 * unit(seed, 0, 31))
    for i in range(n):
        t = i / n * corners
        k = int(t)
        u = t - k
        a = 0.35 + 1.05 * unit(seed, k, 32)
        b = 0.35 + 1.05 * unit(seed, (k + 1) % corners, 32)
        out[i] = r * (a * (1.0 - u) + b * u)
    return out


@kernel
def crack_line(seed: int, edge: F32, r: float, step: float) -> F64:
    """Points of one crack, relative to the particle's centre, of shape (POINTS, 2).

    Half of them are radial, from the inner part outwards; half wander between grains.
    """
    out = np.empty((POINTS, 2))
    turn = 2.0 * np.pi * unit(seed, 0, 41)
    if unit(seed, 1, 41) < 0.5:
        near = (0.12 + 0.3 * unit(seed, 2, 41)) * r
        far = (0.62 + 0.3 * unit(seed, 3, 41)) * edge_at(edge, turn)
        pace = (far - near) / (POINTS - 1)
        for i in range(POINTS):
            d = near + (far - near) * i / (POINTS - 1)
            sway = min(0.35 * step, 0.4 * pace) * (unit(seed, i, 42) - 0.5) * 2.0
            out[i, 0] = d * np.cos(turn) - sway * np.sin(turn)
            out[i, 1] = d * np.sin(turn) + sway * np.cos(turn)
        return out
    away = 0.5 * r * unit(seed, 4, 41)
    x, y = away * np.cos(turn), away * np.sin(turn)
    heading = 2.0 * np.pi * unit(seed, 5, 41)
    pace = min((0.5 + 0.7 * unit(seed, 6, 41)) * step, 0.12 * r)
    for i in range(POINTS):
        out[i, 0], out[i, 1] = x, y
        heading += 1.3 * (unit(seed, i, 43) - 0.5)
        x += pace * np.cos(heading)
        y += pace * np.sin(heading)
    return out


@kernel
def core_outline(seed: int, edge: F32, ratio: float) -> F32:
    """Edge of a hollow core: the particle's own outline, smaller, ragged and with corners."""
    n = 48
    out = np.empty(n, dtype=np.float32)
    corners = 5 + int(6.0 * unit(seed, 0, 33))
    for i in range(n):
        t = i / n * corners
        k = int(t)
        a = 0.55 + 0.8 * unit(seed, k, 34)
        b = 0.55 + 0.8 * unit(seed, (k + 1) % corners, 34)
        rough = 1.0 + 0.08 * (unit(seed, i, 35) - 0.5)
        reach = edge_at(edge, 2.0 * np.pi * i / n)
        out[i] = min(reach * ratio * (a + (b - a) * (t - k)) * rough, 0.85 * reach)
    return out


@kernel
def inside(points: F64, edge: F32, margin: float) -> bool:
    """Whether all points lie inside an outline with a margin."""
    for i in range(points.shape[0]):
        d = np.sqrt(points[i, 0] ** 2 + points[i, 1] ** 2)
        if d > edge_at(edge, np.arctan2(points[i, 1], points[i, 0])) - margin:
            return False
    return True


@kernel
def distance_between(a: F64, b: F64) -> float:
    """Smallest distance between the points of a line, finely divided, and the pieces of b."""
    best = 1e18
    for i in range(a.shape[0] - 1):
        for s in range(8):
            x = a[i, 0] + (a[i + 1, 0] - a[i, 0]) * s / 7.0
            y = a[i, 1] + (a[i + 1, 1] - a[i, 1]) * s / 7.0
            for j in range(b.shape[0] - 1):
                best = min(best, to_piece(x, y, b[j, 0], b[j, 1], b[j + 1, 0], b[j + 1, 1]))
    return float(np.sqrt(best))


@kernel
def to_piece(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    """Squared distance from a point to a straight piece of a line."""
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    t = ((x - x0) * dx + (y - y0) * dy) / length if length > 0 else 0.0
    t = min(max(t, 0.0), 1.0)
    ex, ey = x - x0 - t * dx, y - y0 - t * dy
    return ex * ex + ey * ey
