"""The data bar under an image: how many rows of a file are specimen.

Hitachi scans 4:3, so rows beyond three quarters of a standard width are the bar, if they look like
one. Any other bar is found by its looks: an even background down to the last row, writing on it,
and a sharp upper edge, at the same row in the tiles that are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from transect.tiles.pixels import Pixels

HITACHI_WIDTHS = frozenset({640, 1280, 2560, 5120})
SAMPLES = 5
EVEN = 0.5
"""Share of a bar's row that has the bar's background grey."""
UNEVEN = 0.25
"""Share above which the specimen's last rows would look like the bar themselves."""
TALLEST = 0.25
SHORTEST_ROWS = 16
STRAY_ROWS = 3


def specimen_rows(images: Sequence[Pixels], standard_4_3: bool) -> int:
    """Rows of specimen in images of one size.

    Parameters
    ----------
    images
        Some whole images as recorded, of one shape (row, column).
    standard_4_3
        Whether the microscope scans 4:3 at its standard widths.

    Returns
    -------
    int
        Rows above the data bar; all rows where no bar is found.
    """
    rows, columns = (int(n) for n in images[0].shape)
    four_three = columns * 3 // 4
    if standard_4_3 and columns in HITACHI_WIDTHS and rows > four_three:
        evenness = [_evenness(image[four_three:]) for image in images]
        # A bar is even; so is a blank specimen, and then the standard decides.
        if float(np.median(evenness)) >= EVEN:
            return four_three
    heights = Counter(_bar_rows(image) for image in images)
    height, votes = heights.most_common(1)[0]
    return rows - height if votes >= 0.6 * len(images) else rows


def _evenness(part: Pixels) -> float:
    """Share of pixels that have the commonest grey."""
    counts = np.unique(part, return_counts=True)[1]
    return float(counts.max() / part.size)


def _bar_rows(image: Pixels) -> int:
    """Rows of the bar at the lower edge, 0 where there is none."""
    rows = image.shape[0]
    tallest = int(rows * TALLEST)
    foot = image[rows - tallest :]
    background = _commonest(foot[-max(tallest // 5, 4) :])
    share = (foot == background).mean(axis=1)
    ruled = np.array([_evenness(row) > 0.9 for row in foot])
    even = (share >= EVEN) | ruled
    # Some microscopes leave a stray line or two under the frame of the bar.
    even[-STRAY_ROWS:] |= even[-STRAY_ROWS - 1]
    height = int(np.argmin(even[::-1])) if not even.all() else 0
    if height < SHORTEST_ROWS:
        return 0
    above = image[max(rows - height - 8, 0) : rows - height]
    if float((above == background).mean()) > UNEVEN:
        return 0
    return height if _has_writing(foot[-height:], background) else 0


def _commonest(part: Pixels) -> float:
    values, counts = np.unique(part, return_counts=True)
    return float(values[counts.argmax()])


def _has_writing(bar: Pixels, background: float) -> bool:
    """Whether some pixels of the bar are far from its background, as letters are."""
    info: npt.NDArray[np.float64] = np.abs(bar.astype(np.float64) - background)
    far = float((info > 0.4 * max(info.max(), 1.0)).mean())
    scale = 255.0 if bar.dtype == np.uint8 else 65535.0 if bar.dtype == np.uint16 else info.max()
    return bool(info.max() > 0.3 * scale) and 0.002 < far < 0.45
