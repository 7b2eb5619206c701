"""Support functions: the extent of an object in many directions, and what follows from it.

Directions are integer vectors, so that projections of pixels are exact integers and the largest
over a window merges with any other without rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DIRECTIONS = 36
"""Directions over half a turn: 5 degrees apart."""
_LENGTH = 100
_angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
VECTORS = np.stack(
    [np.rint(_LENGTH * np.cos(_angles)), np.rint(_LENGTH * np.sin(_angles))], axis=1
).astype(np.int32)
"""Column and row step of each direction; the first 19 do not point to the left."""
RIGHTWARD = int(np.count_nonzero(VECTORS[:, 0] >= 0))

_NORMS = np.hypot(VECTORS[:, 0], VECTORS[:, 1]).astype(np.float64)
ANGLES: Floats = np.arctan2(VECTORS[:, 1], VECTORS[:, 0]).astype(np.float64)
# The outline runs through the middles between a pixel and its neighbour outside (the contour at
# one half): half a pixel along the axes, which is this much in a direction.
_EDGE = 0.5 * np.maximum(np.abs(VECTORS[:, 0]), np.abs(VECTORS[:, 1])) / _NORMS


def support(low: Array, high: Array) -> tuple[Floats, Floats]:
    """Extents of objects to both sides, in pixels.

    Parameters
    ----------
    low, high
        Smallest and largest integer projection of each object's pixels, shape
        (objects, DIRECTIONS).
    """
    return (-low / _NORMS + _EDGE), (high / _NORMS + _EDGE)


def ferets(low: Array, high: Array) -> tuple[Floats, Floats]:
    """Largest and smallest caliper width of objects, in pixels.

    The smallest width of a polygon is met flush with an edge, between two directions: there the
    width is the meeting point of the two sinusoids through the directions on either side.
    """
    back, front = support(low, high)
    width = back + front
    smallest = np.minimum(width.min(axis=1), _flush(width).min(axis=1))
    return width.max(axis=1), smallest


def _flush(width: Floats) -> Floats:
    """Width where the sinusoid from the left meets that from the right; inf when not between."""
    turned = [np.roll(width, -shift, axis=1) for shift in (-1, 0, 1, 2)]
    steps = np.arange(DIRECTIONS)[:, None] + np.array([-1, 0, 1, 2])
    angles = ANGLES[steps % DIRECTIONS] + np.pi * (steps // DIRECTIONS)
    a1, b1 = _sinusoid(angles[:, 0], angles[:, 1], turned[0], turned[1])
    a2, b2 = _sinusoid(angles[:, 2], angles[:, 3], turned[2], turned[3])
    with np.errstate(divide="ignore", invalid="ignore"):
        meet = np.arctan2(a2 - a1, b1 - b2)
    middle = (angles[:, 1] + angles[:, 2]) / 2
    meet = meet + np.pi * np.rint((middle - meet) / np.pi)
    inside = (meet >= angles[:, 1] - 1e-9) & (meet <= angles[:, 2] + 1e-9)
    value = a1 * np.cos(meet) + b1 * np.sin(meet)
    return np.where(inside & np.isfinite(value) & (value > 0), value, np.inf)


def _sinusoid(t1: Floats, t2: Floats, w1: Floats, w2: Floats) -> tuple[Floats, Floats]:
    """Coefficients of a cos t + b sin t through two points."""
    bend = np.sin(t2 - t1)
    a = (w1 * np.sin(t2) - w2 * np.sin(t1)) / bend
    b = (w2 * np.cos(t1) - w1 * np.cos(t2)) / bend
    return a, b


def hull_areas(low: Array, high: Array) -> Floats:
    """Area of the polygon whose edges are tangents in all directions, in square pixels.

    For a disc it is 0.06 % too large.
    """
    back, front = support(low, high)
    reach = np.concatenate([front, back], axis=1)
    angles = np.concatenate([ANGLES, ANGLES + np.pi])
    following = np.concatenate([angles[1:], angles[:1] + 2 * np.pi])
    bend = following - angles
    ahead = np.roll(reach, -1, axis=1)
    # Length of each edge on both sides of the foot of its normal, times the distance, halved.
    after = (ahead - reach * np.cos(bend)) / np.sin(bend)
    before = (reach - ahead * np.cos(bend)) / np.sin(bend)
    return np.asarray((reach * after + ahead * before).sum(axis=1) / 2, dtype=np.float64)
