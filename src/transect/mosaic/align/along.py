"""The shift along a seam: in pieces, so that distortion and drift show in its standard error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from transect.mosaic.align.refine import Refined, refine
from transect.mosaic.layout import Floats, Image

PIECES = 8
LEAST_PIECE_PX = 64
"""Shortest piece, in binned pixels."""

BENT_PX = 0.4
"""Standard deviation of the shift along a seam above which its tiles are distorted."""

REACH_PX = 8.0
"""Largest difference of a piece from the whole: real tiles bend by up to 6 px."""

NEAR_PX = 3.0
"""Largest move from the lag that counts as converged, in binned pixels."""


def refine_along(far: Image, near: Image, lag: Floats, axis: int, binning: int) -> Refined:
    """Refine a lag from pieces of the seam.

    Each piece votes by its precision; where pieces differ by more than their errors explain, as
    they do in tiles that are distorted, they vote alike and the standard error grows
    (DerSimonian and Laird's random effects).

    Parameters
    ----------
    far, near
        Shading-corrected strips, binned.
    lag
        (x, y) of the near strip's corner in the far strip, in px of the tile.
    axis
        0: the seam runs along rows; 1: along columns.
    binning
        Pixels of the tile to one of the strips.

    Returns
    -------
    Lags, errors and centres in px of the tile.
    """
    lag = lag / binning
    length = far.shape[axis] - abs(round(float(lag[1 - axis])))
    count = max(min(PIECES, length // LEAST_PIECE_PX), 1)
    found = refine(far, near, lag, NEAR_PX, (count, 1) if axis == 0 else (1, count))
    if found.converged and count >= PIECES // 2:
        found = _with_pieces(far, near, found, axis, BENT_PX / binning)
    return found.scaled(binning)


def _with_pieces(far: Image, near: Image, whole: Refined, axis: int, bent: float) -> Refined:
    _, error, between = _combine(whole.lags, whole.errors)
    if (between < bent).all():
        # Pieces that agree add nothing to the whole, which has fewer borders.
        return replace(whole, se=error)
    return _bent(far, near, whole, axis, bent)


def _bent(far: Image, near: Image, whole: Refined, axis: int, bent: float) -> Refined:
    """Refine every piece on its own: they lie too far apart for one step from the whole."""
    lags, errors, centres = [], [], []
    for part in _parts(far.shape[axis]):
        cut_far, cut_near, moved = _piece(far, near, whole.lag, axis, part)
        found = refine(cut_far, cut_near, whole.lag - moved, REACH_PX)
        if found.converged:
            lags.append(found.lag + moved)
            errors.append(found.se)
            corner = np.array([0.0, part.start] if axis == 0 else [part.start, 0.0])
            centres.append(found.centres[0] + corner)
    if len(lags) < PIECES // 2:
        return whole
    value, error, between = _combine(np.array(lags), np.array(errors))
    return replace(
        whole,
        lag=np.where(between < bent, whole.lag, value),
        se=error,
        lags=np.array(lags),
        errors=np.array(errors),
        centres=np.array(centres),
    )


def _parts(length: int) -> list[slice]:
    count = min(PIECES, length // LEAST_PIECE_PX)
    edges = np.linspace(0, length, count + 1).astype(np.int64) if count else np.zeros(0, np.int64)
    return [slice(int(i), int(j)) for i, j in zip(edges[:-1], edges[1:], strict=True)]


def _piece(
    far: Image, near: Image, lag: Floats, axis: int, part: slice
) -> tuple[Image, Image, Floats]:
    """Cut the same place out of both strips, and tell how far that moved the lag."""
    along = 1 - axis
    start = max(part.start - round(float(lag[along])), 0)
    stop = max(part.stop - round(float(lag[along])), 0)
    moved = np.zeros(2)
    moved[along] = part.start - start
    if axis == 0:
        return far[part], near[start:stop], moved
    return far[:, part], near[:, start:stop], moved


def _combine(lags: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
    """Give mean, its standard error, and the standard deviation between pieces."""
    middle = np.median(lags, axis=0)
    away = np.abs(lags - middle)
    # Far-off pieces hold charging or a false match.
    limit = np.maximum(6.0 * np.median(away, axis=0), 1.0)
    keep = (away <= limit).all(axis=1)
    lags, variance = lags[keep], np.maximum(errors[keep], 1e-6) ** 2
    weights = 1 / variance
    mean = (weights * lags).sum(axis=0) / weights.sum(axis=0)
    excess = (weights * (lags - mean) ** 2).sum(axis=0) - (len(lags) - 1)
    scale = weights.sum(axis=0) - (weights**2).sum(axis=0) / weights.sum(axis=0)
    between = np.maximum(excess / np.maximum(scale, 1e-12), 0.0)
    weights = 1 / (variance + between)
    total = weights.sum(axis=0)
    mean = (weights * lags).sum(axis=0) / total
    return mean, np.sqrt(1 / total), np.sqrt(between)
