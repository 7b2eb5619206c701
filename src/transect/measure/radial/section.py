"""Layers of every particle of a section, each from a crop that holds it whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import find_objects

from transect.measure.localise import Groups, localise
from transect.measure.radial.layers import LAYERS, SUMS, layer_sums
from transect.measure.source import integers
from transect.parallel import MOSAIC_SHARD, Window, run, windows
from transect.storage.images import Image

Array = npt.NDArray[Any]

MARGIN = 512
"""How far around a window its particles are looked for at first, in px."""

CROP = 4096
"""Longest side of a crop, in px: of larger particles, coarser levels are taken."""

_NOTHING = Groups(np.empty(0, np.uint64), np.empty(0, np.uint64))


@dataclass(frozen=True)
class Labelled:
    """Label images and greys of a section, with their levels."""

    phases: Image
    particles: Image
    mosaic: Image

    def read(self, window: Window, level: int) -> tuple[Array, Array, Array]:
        """Phases, particles and greys (integers) of a window, in pixels of the level."""
        phases, particles = (im.read(window, level) for im in (self.phases, self.particles))
        return phases, particles, integers(self.mosaic.read(window, level))

    def shape(self, level: int) -> tuple[int, int]:
        """Rows and columns of a level."""
        rows, columns = self.particles.arrays[level].shape[-2:]
        return int(rows), int(columns)


def radial_sums(labelled: Labelled, threads: int = 1) -> pd.DataFrame:
    """Sum over the layers of every particle; windows in memory one for each thread.

    A particle belongs to the window that holds the pixel of its id, and is summed once, whole:
    the result is the same for any number of threads.

    Parameters
    ----------
    labelled
        Label images and greys.
    threads
        Threads to work with.

    Returns
    -------
    Columns `particle`, `layer` (0 at the rim), `level` (of the pyramid: 0 but for the largest
    particles), and `layers.SUMS` in pixels of level 0.
    """
    grid = windows(labelled.shape(0), edge=MOSAIC_SHARD)
    parts = list(run(lambda window: _window(labelled, window), grid, threads, "radial"))
    return pd.concat(
        [frame_of(_NOTHING.basins, [], np.zeros((0, LAYERS, len(SUMS)), np.int64)), *parts]
    )


def _window(labelled: Labelled, window: Window) -> pd.DataFrame:
    shape = labelled.shape(0)
    outer = window.padded(MARGIN, shape)
    phases, particles, grey = labelled.read(outer, 0)
    local, ids = localise(particles, _NOTHING)
    boxes = find_objects(local)
    own = _own(ids, window, shape[1])
    levels, sums = [], []
    for number in own:
        box = boxes[number - 1]
        if _whole(box, outer, shape):
            level, found = 0, layer_sums(local[box] == number, phases[box], grey[box])
        else:
            level, found = _large(labelled, int(ids[number]))
        levels.append(level)
        sums.append(found)
    stacked = np.array(sums, np.int64).reshape(len(sums), LAYERS, len(SUMS))
    return frame_of(ids[own], levels, stacked)


def _own(ids: npt.NDArray[np.uint64], window: Window, columns: int) -> npt.NDArray[np.intp]:
    """Places of the ids that are 1 + the global index of a pixel in the window."""
    row, column = np.divmod(ids - np.uint64(1), np.uint64(columns))
    mine = (row >= window.row0) & (row < window.row1)
    return np.flatnonzero(mine & (column >= window.col0) & (column < window.col1) & (ids > 0))


def _whole(box: tuple[slice, ...], outer: Window, shape: tuple[int, int]) -> bool:
    """Whether an object ends inside a window, or at the border of the mosaic."""
    rows, columns = box
    height, width = outer.shape
    return (
        (rows.start > 0 or outer.row0 == 0)
        and (columns.start > 0 or outer.col0 == 0)
        and (rows.stop < height or outer.row1 == shape[0])
        and (columns.stop < width or outer.col1 == shape[1])
    )


def _large(labelled: Labelled, particle: int) -> tuple[int, Array]:
    """Sum over a particle that reaches far beyond its window, at the finest level it fits in."""
    coarsest = len(labelled.particles.arrays) - 1
    for level in range(coarsest):
        found = _cropped(labelled, particle, level, CROP // 2)
        if found is not None:
            return level, found
    found = _cropped(labelled, particle, coarsest, max(labelled.shape(coarsest)))
    return coarsest, np.zeros((LAYERS, len(SUMS)), np.int64) if found is None else found


def _cropped(labelled: Labelled, particle: int, level: int, furthest: int) -> Array | None:
    """Sum over a particle that reaches no further than this from its id's pixel, else nothing."""
    shape, step = labelled.shape(level), 2**level
    row, column = divmod(particle - 1, labelled.shape(0)[1])
    r, c = min(row // step, shape[0] - 1), min(column // step, shape[1] - 1)
    reach = min(MARGIN, furthest)
    while reach <= furthest:
        outer = Window(r, r + 1, c, c + 1).padded(reach, shape)
        phases, particles, grey = labelled.read(outer, level)
        inside = particles == particle
        boxes = find_objects(inside.view(np.uint8))
        if boxes and _whole(boxes[0], outer, shape):
            box = boxes[0]
            return np.asarray(layer_sums(inside[box], phases[box], grey[box]) * step**2)
        reach *= 2
    return None


def frame_of(ids: npt.NDArray[np.uint64], levels: list[int], sums: Array) -> pd.DataFrame:
    """Rows of `RADIAL_SUMS`: sums of shape (particle, LAYERS, SUMS) and the level of each."""
    frame = pd.DataFrame(
        {
            "particle": np.repeat(ids, LAYERS),
            "layer": np.tile(np.arange(LAYERS, dtype=np.int32), len(ids)),
            "level": np.repeat(np.array(levels, np.int32), LAYERS),
        }
    )
    for k, name in enumerate(SUMS):
        frame[name] = sums[:, :, k].reshape(-1)
    return frame
