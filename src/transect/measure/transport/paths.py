"""Whether there is a way through a window, and which pixels can lie on it.

Ways run between the first and the last row, over sides of pixels: two that touch at a corner only
are not connected.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


def connected(mask: Mask) -> Mask:
    """Find the pixels of a phase that are connected to both the first and the last row.

    Parameters
    ----------
    mask
        Whether a pixel is of the phase; rows from the surface to the collector.

    Returns
    -------
    connected
        All False where no way leads through.
    """
    if not mask.size:
        return mask.copy()
    from_above = np.zeros(mask.shape, np.bool_)
    both = np.zeros(mask.shape, np.bool_)
    _flood(mask, 0, from_above)
    _flood(from_above, mask.shape[0] - 1, both)
    return both


@kernel
def _flood(mask: Array, row: int, reached: Array) -> None:
    """Mark what is connected to a row; a list of pixels still to look around from."""
    rows, columns = mask.shape
    waiting = np.empty(mask.size, np.int32)
    count = 0
    for c in range(columns):
        if mask[row, c]:
            reached[row, c] = True
            waiting[count] = row * columns + c
            count += 1
    while count > 0:
        count -= 1
        r, c = waiting[count] // columns, waiting[count] % columns
        for way in range(4):
            y = r + (way == 0) - (way == 1)
            x = c + (way == 2) - (way == 3)
            inside = 0 <= y < rows and 0 <= x < columns
            if inside and mask[y, x] and not reached[y, x]:
                reached[y, x] = True
                waiting[count] = y * columns + x
                count += 1


@kernel
def prune(mask: Array) -> None:
    """Take away dead ends, pixel by pixel: nothing flows where there is one way in and none on.

    The first and the last row each count as a way on. What flows through the rest is the same.
    """
    rows, columns = mask.shape
    for first in range(mask.size):
        r, c = first // columns, first % columns
        # Down the dead end that ends here, as far as it has no side way.
        while mask[r, c]:
            ways = int(r == 0) + int(r == rows - 1)
            on_r, on_c = r, c
            for way in range(4):
                y = r + (way == 0) - (way == 1)
                x = c + (way == 2) - (way == 3)
                if 0 <= y < rows and 0 <= x < columns and mask[y, x]:
                    ways += 1
                    on_r, on_c = y, x
            if ways > 1:
                break
            mask[r, c] = False
            r, c = on_r, on_c
