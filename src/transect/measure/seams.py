"""Where the seams lie that registration did not accept, roughly: by the stage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def bad_seams(
    checks: pd.DataFrame, seams: pd.DataFrame, shape: tuple[int, int], px_um: float
) -> npt.NDArray[np.float64]:
    """Boxes of the seams that were not accepted, in pixels of the mosaic.

    Parameters
    ----------
    checks
        Table of the tiles: tile, stage_x_um, stage_y_um.
    seams
        Table of the seams: tile_a, tile_b, direction, accepted, overlap_px.
    shape
        Rows and columns of the mosaic.
    px_um
        Pixel size.

    Returns
    -------
    First row, end row, first and end column of each, shape (seams, 4).
    """
    refused = seams[~seams["accepted"].astype(bool)]
    known = checks[np.isfinite(checks["stage_x_um"]) & np.isfinite(checks["stage_y_um"])]
    spots = known.drop_duplicates("tile").set_index("tile")[["stage_x_um", "stage_y_um"]] / px_um
    if not len(refused) or not len(spots):
        return np.empty((0, 4))
    centre = spots.to_numpy(np.float64)
    first = centre.min(axis=0)
    # The mosaic spans the centres and one tile more.
    tile_w, tile_h = np.array([shape[1], shape[0]]) - (centre.max(axis=0) - first)
    boxes = []
    ends = zip(refused["tile_a"], refused["tile_b"], refused["direction"], strict=True)
    for a, b, direction in ends:
        if a not in spots.index or b not in spots.index:
            continue
        xa, ya = spots.loc[a].to_numpy(np.float64) - first
        xb, yb = spots.loc[b].to_numpy(np.float64) - first
        if direction == "x":
            left, right = sorted((max(xa, xb), min(xa, xb) + tile_w))
            boxes.append((min(ya, yb), max(ya, yb) + tile_h, left, right))
        else:
            top, bottom = sorted((max(ya, yb), min(ya, yb) + tile_h))
            boxes.append((top, bottom, min(xa, xb), max(xa, xb) + tile_w))
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)
