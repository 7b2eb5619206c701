"""Where an image of other pixels lies in a mosaic: shift, scale and rotation by Lucas-Kanade.

References
----------
S. Baker and I. Matthews, "Lucas-Kanade 20 years on", Int. J. Computer Vision 56 (2004) 221.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from transect.mosaic.align.refine import PIXELS_PER_SAMPLE
from transect.mosaic.align.strips import reduced
from transect.mosaic.align.texture import texture
from transect.mosaic.details.warp import SCALE_RANGE, TURN_RANGE, Field, Similarity
from transect.mosaic.layout import Image

Floats = npt.NDArray[np.float64]
Crop = tuple[tuple[int, int], tuple[int, int]]
"""Corner (x, y) in a window, in its pixels, and rows and columns once binned."""

ITERATIONS = 30
LEAST_CONTRAST = 0.02
"""Contrast of the field in the mosaic, over its own, below which nothing of it is there."""

BLOCKS = 5
"""Blocks per side that the field is divided into for its standard errors."""

ENOUGH_PX = 2e-3
MARGIN = 6
"""Border that the interpolation and the smoothing reach over, in pixels."""

SIGMA = 1.2
_INNER = (slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
FAR_PX = 8.0
"""A step longer than this has lost its way."""

LEAST_PX = 40
"""Shortest side, in pixels of the mosaic, of which shift, scale and rotation can be told."""


@dataclass(frozen=True)
class Aligned:
    """A refined place, its standard errors, and whether the iteration converged near its start.

    Errors are of the centre per axis in px, of the scale relative to it, and of the rotation in
    radians.
    """

    place: Similarity
    se_px: float
    se_scale: float
    se_turn: float
    converged: bool


def align(field: Image, window: Image, corner: Floats, start: Similarity, reach: float) -> Aligned:
    """Refine the place of a field, from coarse to fine.

    Parameters
    ----------
    field
        Its pixels, finer than the mosaic's.
    window
        Part of the mosaic that it lies in.
    corner
        Top-left corner (x, y) of the window in the mosaic.
    start
        Place that is right to some pixels, some percent and a degree.
    reach
        Largest move of the centre that counts as converged, in px.
    """
    found = Aligned(start, np.inf, np.inf, np.inf, False)
    for binning in _binnings(field.shape, start.scale):
        small = Field.of(field, start.scale, binning)
        crop = _inner(field.shape, window.shape, corner, found.place, binning)
        if crop is None:
            return replace(found, converged=False)
        found = _settle(small, window, corner, found.place, crop)
        if not found.converged:
            return found
    near = bool(np.abs(found.place.centre - start.centre).max() <= reach)
    return replace(found, converged=near)


def _binnings(shape: tuple[int, ...], scale: float) -> Iterator[int]:
    """Factors from coarse to fine: first one at which the range moves a corner by some 2 px."""
    binning = 1
    while max(shape) * scale / 2 * SCALE_RANGE > 2.0 * binning:
        binning *= 2
    while min(shape) * scale / binning < LEAST_PX and binning > 1:
        binning //= 2
    while binning:
        yield binning
        binning //= 2


def _settle(field: Field, window: Image, corner: Floats, start: Similarity, crop: Crop) -> Aligned:
    """Iterate at one binning."""
    lost = Aligned(start, np.inf, np.inf, np.inf, False)
    place, binning = start, field.binning
    (x0, y0), size = crop
    at = corner + (x0, y0)
    part = window[y0 : y0 + size[0] * binning, x0 : x0 + size[1] * binning]
    # Both are filtered alike, borders included, so that no border effect votes.
    target = texture(reduced(part, binning), SIGMA, clip_sd=np.inf)[_INNER]
    half = max(target.shape) / 2
    for _ in range(ITERATIONS):
        seen = texture(field.laid(place, at, size), SIGMA, clip_sd=np.inf)
        step, error = _step(target, seen, (place.centre - at) / binning - 0.5 - MARGIN)
        if not np.isfinite(step).all() or np.abs(step[:2]).max() > FAR_PX:
            return lost
        place = Similarity(
            place.centre + step[:2] * binning, place.scale * (1 + step[2]), place.turn + step[3]
        )
        if max(np.abs(step[:2]).max(), half * np.abs(step[2:]).max()) < ENOUGH_PX:
            se = float(np.sqrt((error[:2] ** 2).mean())) * binning
            return Aligned(place, se, float(error[2]), float(error[3]), True)
    return lost


def _inner(
    field: tuple[int, ...],
    window: tuple[int, ...],
    corner: Floats,
    place: Similarity,
    binning: int,
) -> Crop | None:
    """Largest upright part of the window that the field shows at any place in the range.

    Returns its corner (x, y) in the window, and its rows and columns once binned.
    """
    half = np.array(field[::-1]) * place.scale / 2
    half = half * (1 - SCALE_RANGE) - half[::-1] * TURN_RANGE - 2 * binning
    low = np.maximum(np.ceil(place.centre - half - corner), 0).astype(np.int64)
    high = np.minimum(np.floor(place.centre + half - corner), window[::-1]).astype(np.int64)
    size = (high - low) // binning
    if size.min() < 4 * MARGIN:
        return None
    return (int(low[0]), int(low[1])), (int(size[1]), int(size[0]))


def _step(target: Image, seen: Image, middle: Floats) -> tuple[Floats, Floats]:
    """Give one Gauss-Newton step (x, y, relative scale, angle) and its standard errors.

    The gradients are those of the field: its noise is averaged out, and gradients with noise would
    shrink the scale. Contrast and blur of the field against the mosaic's are fitted along: a field
    is sharper, and where its border cuts edges that would pass for another scale.
    """
    gx, gy = (
        np.asarray(cv2.Scharr(seen, cv2.CV_32F, *order, scale=1 / 32))[_INNER]
        for order in ((1, 0), (0, 1))
    )
    blur = np.asarray(cv2.Laplacian(seen, cv2.CV_32F, ksize=3))[_INNER]
    u = (np.arange(target.shape[1]) - middle[0]).astype(np.float32)[None, :]
    v = (np.arange(target.shape[0]) - middle[1]).astype(np.float32)[:, None]
    columns = (gx, gy, u * gx + v * gy, u * gy - v * gx, seen[_INNER], blur)
    design = np.stack([column.ravel() for column in columns])
    gram = (design @ design.T).astype(np.float64)
    right = (design @ target.ravel()).astype(np.float64)
    gram += np.diag(1e-9 * np.diag(gram) + 1e-12)
    solved = np.linalg.solve(gram, right)
    contrast = solved[4]
    if contrast <= LEAST_CONTRAST:
        return np.full(4, np.nan), np.full(4, np.nan)
    rest = (target.ravel() - solved @ design).astype(np.float32)
    error = np.sqrt(np.diag(_covariance(design, rest, gram, target.shape)))
    return -solved[:4] / contrast, error[:4] / contrast


def _covariance(design: Image, rest: Image, gram: Floats, shape: tuple[int, ...]) -> Floats:
    """Covariance of the coefficients: by the noise, or by how blocks disagree where that is more.

    Charging, a seam of the mosaic or distortion make residuals alike over many pixels: each block
    counts as one sample then (White's estimator, by clusters).
    """
    inverse = np.linalg.inv(gram)
    by_noise = float(rest @ rest) / rest.size * PIXELS_PER_SAMPLE * inverse
    pulls = (design * rest).reshape(-1, *shape)
    rows, columns = (np.linspace(0, n, BLOCKS + 1).astype(np.int64)[:-1] for n in shape)
    sums = np.add.reduceat(np.add.reduceat(pulls, rows, axis=1), columns, axis=2)
    flat = sums.reshape(len(sums), -1).astype(np.float64)
    count = flat.shape[1]
    by_blocks = inverse @ (flat @ flat.T) @ inverse * count / (count - 1)
    return np.where(np.diag(by_blocks) > np.diag(by_noise), by_blocks, by_noise)
