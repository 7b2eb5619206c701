"""Binder agglomerates, found on a coarse level of the label stores, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.phases import Phase
from transect.storage.images import Image

if TYPE_CHECKING:
    # Loading it takes a second, and every measuring step starts by loading this module.
    import dask.array as da

FINE = 8
"""Samples across the smallest agglomerate: coarser ones would miss its size by more than 5 %."""
LEVELS = 5
"""Levels of a block's label store: the coarsest has one sample in 16 x 16 pixels."""
_CHUNK = 2048
"""Edge of a chunk of samples: a few megabytes in every array on the way."""


AGGLOMERATE_SHARE = 0.2
"""Share of the coating's thickness from which a lump is an agglomerate."""


@dataclass(frozen=True)
class Lumps:
    """Agglomerates of a section: their diameters and the smallest that counts, in um."""

    diameters_um: npt.NDArray[np.float64]
    limit_um: float


def coarse_phases(images: Sequence[Image], limit_um: float) -> tuple[da.Array, float]:
    """Phases of all blocks at the coarsest level that still resolves an agglomerate.

    Returns
    -------
    phases
        Samples of the section, left to right, not yet read.
    step_um
        Distance between samples.
    """
    import dask.array as da

    px = images[0].px_um
    level = 0
    while level + 1 < len(images[0].arrays) and px * 2 ** (level + 1) * FINE <= limit_um:
        level += 1
    whole = da.concatenate([image.dask(level) for image in images], axis=1)
    return whole.rechunk(_CHUNK), px * 2**level


def agglomerates(phases: da.Array, step_um: float, limit_um: float) -> pd.DataFrame:
    """Find the agglomerates.

    An agglomerate is what an opening with a disc of this diameter leaves of the binder: a lump
    that the disc fits into. The web between the particles does not count, however long it is.

    Parameters
    ----------
    phases
        Samples of the phases.
    step_um
        Distance between samples.
    limit_um
        Smallest diameter.

    Returns
    -------
    One row each, in the order of their first samples: `number` of that sample, `row0`, `row1`,
    `column0`, `column1` and the centroid `row`, `column` in samples, and the equivalent circle
    diameter `size_um`.
    """
    from dask.delayed import delayed
    from dask_image.ndmeasure import label

    # No such disc fits into the section.
    if not limit_um / step_um < min(phases.shape):
        return _whole([], step_um, limit_um)
    radius = max(round(limit_um / 2 / step_um), 1)
    if 2 * radius + 1 > min(phases.shape):
        return _whole([], step_um, limit_um)
    # Halo: the majority's one sample, and the disc's radius once to erode and once to dilate.
    opened = phases.map_overlap(
        lumps_in, depth=2 * radius + 1, boundary=0, radius=radius, dtype="?"
    )
    labels, _ = label(opened)
    rows, columns = (np.concatenate([[0], np.cumsum(sizes)]) for sizes in labels.chunks)
    blocks = labels.to_delayed()
    parts = [
        delayed(_part)(blocks[i, j], int(rows[i]), int(columns[j]), labels.shape[1])
        for i, j in np.ndindex(blocks.shape)
    ]
    return _whole(delayed(list)(parts).compute(), step_um, limit_um)


_SUMS = ("count", "sum_row", "sum_column")
_LOWEST, _HIGHEST = ("number", "row0", "column0"), ("row1", "column1")


def _part(labels: npt.NDArray[np.int_], row0: int, column0: int, columns: int) -> pd.DataFrame:
    """Sum over the lumps of one chunk, whose first sample is at (row0, column0)."""
    row, column = np.nonzero(labels)
    frame = pd.DataFrame(
        {"lump": labels[row, column], "row": row + row0, "column": column + column0}
    )
    frame["number"] = frame["row"] * columns + frame["column"]
    return frame.groupby("lump").agg(
        count=("row", "size"), sum_row=("row", "sum"), sum_column=("column", "sum"),
        number=("number", "min"), row0=("row", "min"), column0=("column", "min"),
        row1=("row", "max"), column1=("column", "max"),
    )  # fmt: skip


def _whole(parts: list[pd.DataFrame], step_um: float, limit_um: float) -> pd.DataFrame:
    """Lumps of all chunks that are large enough."""
    names = [*_SUMS, *_LOWEST, *_HIGHEST]
    frame = pd.concat([pd.DataFrame(columns=names, dtype=np.int64), *parts]).groupby(level=0)
    how = {**dict.fromkeys(_SUMS, "sum"), **dict.fromkeys(_LOWEST, "min"),
           **dict.fromkeys(_HIGHEST, "max")}  # fmt: skip
    found = frame.agg(how)
    count = found["count"].to_numpy(np.float64)
    table = found.assign(
        size_um=np.sqrt(4 / np.pi * count) * step_um,
        # Middles of samples, and the ends of the last ones.
        row=found["sum_row"] / count + 0.5,
        column=found["sum_column"] / count + 0.5,
        row1=found["row1"] + 1,
        column1=found["column1"] + 1,
    )
    table = table[table["size_um"] >= limit_um].sort_values("number", ignore_index=True)
    return table[["number", "row0", "row1", "column0", "column1", "row", "column", "size_um"]]


def lumps_in(phases: npt.NDArray[np.uint8], radius: int) -> npt.NDArray[np.bool_]:
    """Binder that a disc of a radius in samples fits into."""
    binder = (phases == Phase.BINDER).astype(np.uint8)
    # Majority of 3 x 3: single wrong samples would stop the disc from fitting.
    solid = (cv2.blur(binder * 255, (3, 3)) > 127).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc) > 0
