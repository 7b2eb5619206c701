"""Where registration is not sure how two tiles meet, and which particles lie there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

WORST_PX = 2.0
"""Residual from which a seam is bad: an outline that jumps by so much is not one object's."""

BOX = ["y0_px", "y1_px", "x0_px", "x1_px"]
COLUMNS = [*BOX, "accepted", "residual_px"]
"""What is read of the table of the seams."""


def bad_seams(seams: pd.DataFrame) -> Floats:
    """Overlaps of tiles whose pair was not accepted, or is off by more than `WORST_PX`.

    Parameters
    ----------
    seams
        Table of the seams: `COLUMNS`.

    Returns
    -------
    First row, end row, first and end column of each in the mosaic, shape (seams, 4).
    """
    accepted = seams["accepted"].to_numpy(np.bool_)
    # Not `<=`: a residual that is not known is not a good one.
    fits = seams["residual_px"].to_numpy(np.float64) <= WORST_PX
    return np.asarray(seams.loc[~(accepted & fits), BOX].to_numpy(np.float64))


def at_seams(boxes: Floats, rows: tuple[Floats, Floats], columns: tuple[Floats, Floats]) -> Bools:
    """Objects whose bounding box meets one of the seams.

    Parameters
    ----------
    boxes
        Of the seams, as `bad_seams` gives them.
    rows, columns
        First and end row, first and end column of every object.
    """
    found = np.zeros(len(rows[0]), dtype=np.bool_)
    order = np.argsort(columns[0], kind="stable")
    left, right = columns[0][order], columns[1][order]
    top, bottom = rows[0][order], rows[1][order]
    widest = float((right - left).max(initial=0.0))
    for row0, row1, column0, column1 in boxes:
        # Many seams times many objects: only those that begin near enough are compared.
        near = slice(*np.searchsorted(left, (column0 - widest, column1)))
        meets = (right[near] > column0) & (top[near] < row1) & (bottom[near] > row0)
        found[order[near][meets]] = True
    return found
