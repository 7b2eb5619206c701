"""Find the foil on a coarse level: the even band that spans the whole width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cc3d
import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

SPAN = 0.9
"""Share of the columns that the foil must be seen in."""

SHOWN = 0.5
"""Share of all columns that must show the foil, whatever was not recorded."""

STEPS = 64
"""Grey bands that are tried."""

WIDTHS = (3, 9, 17)
"""Columns whose median is looked at, wider where no band has material on both sides: strong
curtains cut the foil into pieces of a few columns."""


@dataclass(frozen=True)
class Band:
    """A foil on the coarse level: rows of its borders at each coarse column, and its grey."""

    top: F64
    bottom: F64
    grey: float
    spread: float


@dataclass(frozen=True)
class Candidate:
    """A band, how likely it is the foil, and the share of material on its emptier side."""

    score: float
    embedded: float
    band: Band


def find_foil(image: F32, valid: Bool) -> Band | None:
    """Find the even band that spans the width, if there is one.

    Parameters
    ----------
    image
        Coarse level, shape (row, column).
    valid
        Where pixels were recorded.

    Returns
    -------
    The band, or None: an image without foil is all coating.
    """
    best: Candidate | None = None
    for width in WIDTHS:
        smooth = np.asarray(median_filter(image, (3, width), mode="nearest"), np.float32)
        for found in _candidates(smooth, valid):
            if best is None or found.score > best.score:
                best = found
        if best is not None and best.embedded > 0.5:
            break
    return best.band if best else None


def _candidates(smooth: F32, valid: Bool) -> Iterator[Candidate]:
    """Even bands of any grey."""
    low, high = (float(v) for v in np.percentile(smooth[valid], [1, 99]))
    half = max(3 * _noise(smooth, valid), 0.05 * (high - low))
    for grey in np.linspace(low, high, STEPS):
        # What was not recorded joins the parts of a foil that a missing tile has cut.
        mask = (np.abs(smooth - grey) < half) | ~valid
        for band in _spanning(mask, smooth, valid):
            brightness = (band.grey - low) / max(high - low, 1e-9)
            # Outside is dark; a separator has nothing on one side and is darker than metal.
            if brightness < 0.15:
                continue
            embedded = _embedded(band, smooth, low + 0.15 * (high - low))
            score = _score(band, smooth.shape[0]) * brightness**2 * (0.2 + embedded)
            if score > 0:
                yield Candidate(score, embedded, band)


def _noise(smooth: F32, valid: Bool) -> float:
    """Typical difference of neighbours along a row, as a standard deviation."""
    both = valid[:, 1:] & valid[:, :-1]
    steps = np.abs(np.diff(smooth, axis=1))[both]
    return float(np.median(steps)) / 0.954 if steps.size else 0.0


def _spanning(mask: Bool, smooth: F32, valid: Bool) -> list[Band]:
    """Bands of a mask that reach over the whole width with an even thickness."""
    # Thin bridges to particles and to binder are cut; the foil is thicker than that.
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    labels = cc3d.connected_components(opened, connectivity=4)
    stats = cc3d.statistics(labels)
    columns = int(valid.any(axis=0).sum())
    found = []
    for label in range(1, len(stats["voxel_counts"])):
        box = stats["bounding_boxes"][label]
        if box[1].stop - box[1].start < SPAN * columns:
            continue
        band = _band((labels == label) & valid, smooth, valid)
        if band is not None:
            found.append(band)
    return found


def _band(part: Bool, smooth: F32, valid: Bool) -> Band | None:
    """Borders of the longest run of each column, made smooth."""
    top, bottom = _runs(part)
    seen = bottom > top
    if seen.mean() < SHOWN:
        return None
    thick = (bottom - top)[seen]
    usual = float(np.median(thick))
    # Particles of the foil's grey that touch it make columns too thick: those are not borders.
    sound = seen & (np.abs(bottom - top - usual) <= max(1.0, 0.2 * usual))
    if not sound.any():
        return None
    x = np.arange(top.size)
    top_line = np.interp(x, x[sound], top[sound])
    bottom_line = np.interp(x, x[sound], bottom[sound])
    # Where no tile shows the place of the foil it cannot be seen: that says nothing against it.
    middle = np.clip(((top_line + bottom_line) / 2).astype(int), 0, part.shape[0] - 1)
    shown = valid[middle, x]
    if seen[shown].mean() < SPAN or sound[shown].mean() < 0.6 * SPAN:
        return None
    inner = part & (smooth > 0)
    greys = smooth[inner]
    return Band(top_line, bottom_line, float(np.median(greys)), float(np.std(greys)))


def _runs(part: Bool) -> tuple[F64, F64]:
    """First row and one past the last of the longest run in each column."""
    columns = part.shape[1]
    top, bottom = np.zeros(columns), np.zeros(columns)
    padded = np.zeros((part.shape[0] + 2, columns), np.int8)
    padded[1:-1] = part
    edges = np.diff(padded, axis=0)
    for c in range(columns):
        start, stop = np.flatnonzero(edges[:, c] == 1), np.flatnonzero(edges[:, c] == -1)
        if start.size:
            k = int(np.argmax(stop - start))
            top[c], bottom[c] = start[k], stop[k]
    return top, bottom


def _score(band: Band, rows: int) -> float:
    """Evenness of the thickness; 0 for what cannot be a foil."""
    thick = band.bottom - band.top
    usual = float(np.median(thick))
    if usual > 0.5 * rows or usual < 2:
        return 0.0
    if np.median(band.top) <= 1 and np.median(rows - band.bottom) <= 1:
        return 0.0
    bend = np.abs(np.diff(band.top)).mean() + np.abs(np.diff(band.bottom)).mean()
    return float(usual / (1 + bend + np.abs(thick - usual).mean()))


def _embedded(band: Band, smooth: F32, limit: float) -> float:
    """Share of what is brighter than a limit beside a band, on the side that has less of it."""
    depth = max(int(np.median(band.bottom - band.top)) // 2, 4)
    columns = np.arange(band.top.size)
    shares = []
    for border, step in ((band.top, -1), (band.bottom, 1)):
        rows = np.rint(border).astype(int)[None, :] + step * np.arange(2, depth + 2)[:, None]
        inside = (rows >= 0) & (rows < smooth.shape[0])
        grey = smooth[np.clip(rows, 0, smooth.shape[0] - 1), columns]
        shares.append(float(((grey > limit) & inside).mean()))
    return min(shares)
