"""Outlines of crystals, plates and shards: convex bodies of a few planes, with rounded corners.

A body is kept twice: as its outline, a radius for every angle, and as its planes, of which
`max(plane . place)` is 0 at the centre and 1 on the outline (Minkowski's gauge). The planes tell
where two bodies that press on each other meet.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import normal, unit
from transect.phantom.shapes import outline, outline_area

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

HABITS = ("round", "spheres", "facets", "plates", "shards")
"""Families of outlines, by code."""
ROUND, SPHERES, FACETS, PLATES, SHARDS = range(5)
SIDES = 12
"""Most planes of a body; what is not used is zero."""


@kernel
def axis_of(habit: int, seed: int, spread: float) -> float:
    """Angle of a body's long axis against the foil (radians); only plates are laid along it."""
    if habit != PLATES or spread >= 90.0:
        return float(2.0 * np.pi * unit(seed, 1, 61))
    return float(np.radians(spread) * normal(seed, 0, 61))


@kernel
def _put(planes: F64, k: int, angle: float, distance: float) -> int:
    planes[k, 0], planes[k, 1] = np.cos(angle) / distance, np.sin(angle) / distance
    return k + 1


@kernel
def _facets(seed: int, planes: F64) -> float:
    """Put four to eight planes around; gives the stretch along the axis."""
    n = 4 + int(5.0 * unit(seed, 1, 62))
    for k in range(n):
        angle = 2.0 * np.pi * (k + 0.36 * (unit(seed, k, 63) - 0.5)) / n
        _put(planes, k, angle, 0.86 + 0.28 * unit(seed, k, 64))
    return 1.0 + 0.35 * unit(seed, 2, 62)


@kernel
def _shard(seed: int, planes: F64) -> float:
    n = 5 + int(4.0 * unit(seed, 1, 62))
    for k in range(n):
        angle = 2.0 * np.pi * (k + 0.7 * (unit(seed, k, 63) - 0.5)) / n
        _put(planes, k, angle, 0.74 + 0.52 * unit(seed, k, 64))
    return 1.0 + 1.1 * unit(seed, 2, 62)


@kernel
def _slab(seed: int, planes: F64, long: float, thick: float) -> None:
    """Make a plate with flat sides, tapered a little, and broken ends."""
    k = 0
    for side in (-1.0, 1.0):
        taper = 0.9 * (unit(seed, k, 65) - 0.5) * thick / long
        k = _put(planes, k, side * 0.5 * np.pi + taper, thick)
    for end in (0.0, np.pi):
        slant = 1.1 * (unit(seed, k, 65) - 0.5)
        k = _put(planes, k, end + slant, long * np.cos(slant))
        for side in (-1.0, 1.0):
            # A corner that is broken off: a plane through a place near it.
            turn = side * (0.6 + 0.6 * unit(seed, k, 66))
            back = long - thick * 1.2 * unit(seed, k, 67)
            distance = back * np.cos(turn) + 0.8 * thick * abs(np.sin(turn))
            k = _put(planes, k, end + turn, distance)


@kernel
def _lens(planes: F64, long: float, thick: float) -> None:
    """Make two arcs that meet in tips, each of five planes."""
    radius = (long * long + thick * thick) / (2.0 * thick)
    half = np.arcsin(min(long / radius, 1.0))
    k = 0
    for side in (-1.0, 1.0):
        for step in range(5):
            turn = half * (step - 2.0) / 2.15
            distance = radius - (radius - thick) * np.cos(turn)
            k = _put(planes, k, side * 0.5 * np.pi + turn, distance)


@kernel
def _flake(seed: int, planes: F64, long: float, thick: float) -> None:
    """Make a flattened oval of twelve planes."""
    for k in range(12):
        t = 2.0 * np.pi * (k + 0.6 * (unit(seed, k, 68) - 0.5)) / 12
        planes[k, 0] = np.cos(t) / long * (0.93 + 0.14 * unit(seed, k, 69))
        planes[k, 1] = np.sin(t) / thick * (0.93 + 0.14 * unit(seed, k, 69))


@kernel
def planes_of(habit: int, seed: int, low: float, high: float, spread: float) -> F64:
    """Planes of a body of about unit size, of shape (SIDES, 2): normal over distance.

    Parameters
    ----------
    habit
        Code of the family.
    seed
        Seed of the body.
    low, high
        Smallest and largest aspect of plates.
    spread
        Standard deviation of the long axis against the foil, in degrees.
    """
    planes = np.zeros((SIDES, 2))
    turn, stretch = axis_of(habit, seed, spread), 1.0
    if habit == FACETS:
        stretch = _facets(seed, planes)
    elif habit == SHARDS:
        stretch = _shard(seed, planes)
    elif habit == PLATES:
        aspect = low + (high - low) * unit(seed, 3, 62)
        long, thick, kind = np.sqrt(aspect), 1.0 / np.sqrt(aspect), unit(seed, 4, 62)
        if kind < 0.45:
            _slab(seed, planes, long, thick)
        elif kind < 0.65:
            _lens(planes, long, thick)
        else:
            _flake(seed, planes, long, thick)
    else:
        for k in range(SIDES):
            _put(planes, k, 2.0 * np.pi * k / SIDES, 1.0)
    cos, sin, s = np.cos(turn), np.sin(turn), np.sqrt(stretch)
    for k in range(SIDES):
        a, b = planes[k, 0] / s, planes[k, 1] * s
        planes[k, 0], planes[k, 1] = a * cos - b * sin, a * sin + b * cos
    return planes


@kernel
def _radii(planes: F64, sharp: int, n: int) -> F32:
    """Outline of planes whose corners are rounded: the p-norm of gauges, p = 2 ** sharp."""
    out = np.empty(n, dtype=np.float32)
    power = 1.0 / 2.0**sharp
    for i in range(n):
        x, y = np.cos(2.0 * np.pi * i / n), np.sin(2.0 * np.pi * i / n)
        top = 0.0
        for k in range(SIDES):
            top = max(top, planes[k, 0] * x + planes[k, 1] * y)
        total = 0.0
        for k in range(SIDES):
            share = (planes[k, 0] * x + planes[k, 1] * y) / top
            if share > 0.5:
                for _ in range(sharp):
                    share *= share
                total += share
        out[i] = total ** (-power) / top
    return out


@kernel
def _wear(seed: int, out: F32, depth: float) -> None:
    """Cut flat hollows into an outline, as of conchoidal fracture, in place."""
    n = out.size
    corners = 7 + int(6.0 * unit(seed, 5, 62))
    for i in range(n):
        t = i / n * corners
        k = int(t)
        a, b = unit(seed, k, 70), unit(seed, (k + 1) % corners, 70)
        out[i] *= np.float32(1.0 - depth * (a + (b - a) * (t - k)))


@kernel
def body(
    habit: int,
    seed: int,
    r: float,
    low: float,
    high: float,
    spread: float,
    elongation: float,
    roughness: float,
    grain: float,
) -> tuple[F32, F64]:
    """Outline and planes of a body with the area of a disc of radius r, in px."""
    planes = planes_of(habit, seed, low, high, spread)
    if habit in (ROUND, SPHERES):
        planes /= r
        if habit == SPHERES:
            return outline(seed, r, min(elongation, 0.02), 0.0, grain), planes
        return outline(seed, r, elongation, roughness, grain), planes
    aspect = high if habit == PLATES else 1.5
    n = min(max(int(5.0 * r * np.sqrt(aspect)), 48), 2400)
    out = _radii(planes, 6 if habit == SHARDS else 5, n)
    if habit == SHARDS:
        _wear(seed, out, 0.16)
    elif habit == PLATES:
        _wear(seed, out, 0.05)
    scale = r * np.sqrt(np.pi / outline_area(out))
    for i in range(n):
        out[i] *= np.float32(scale)
    return out, planes / scale
