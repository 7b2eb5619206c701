"""Connected openings of one window: pores, gaps, and the cracks and voids of each particle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

Array = npt.NDArray[Any]

KINDS = (Phase.CRACK, Phase.VOID, Phase.PORE, Phase.GAP)
"""Openings that form components; cracks and voids do so within one particle."""
_KIND = np.zeros(256, np.uint8)
_KIND[[int(p) for p in KINDS]] = np.arange(1, len(KINDS) + 1)
_CRACK, _PORE, _INVALID = int(Phase.CRACK), int(Phase.PORE), int(Phase.INVALID)

SUMS = ("area", "sum_x", "sum_y", "pairs_axial", "pairs_diagonal", "cut", "open")
"""Integer sums of a component; `pairs` are neighbouring pixels of it, `cut` counts pixels at the
mosaic's border or beside an invalid one, `open` those of a crack beside a pore of the coating."""


@dataclass(frozen=True)
class Components:
    """Components of a window's core, in the order of their first pixels.

    `keys` is (component, 2): code of the phase and local particle number. `first` is 1 + the global
    index of the first pixel. `labels` is 1 + component on cracks, 0 elsewhere. `faces` has the rows
    (axis, line, side, start, stop, component): pixels along the core's border; axis 0 lines lie
    between rows, axis 1 lines between columns; side 0 lies before the line. `boxes` is first row,
    end row, first column, end column, in the mosaic.
    """

    keys: Array
    first: Array
    sums: Array
    labels: Array
    faces: Array
    boxes: Array


def components(
    phases: Array, local: Array, core: Array, origin: Array, shape: tuple[int, int]
) -> Components:
    """Connect the openings of a window's core, 8 neighbours to a pixel.

    Parameters
    ----------
    phases, local
        Final phases and local particle numbers of the padded window.
    core, origin
        The core in the padded window; the padded window's corner in the mosaic.
    shape
        Rows and columns of the mosaic.
    """
    runs = _runs(phases, local, core, _KIND)
    parents = _connect(runs)
    roots = np.unique(parents)
    number = np.searchsorted(roots, parents)
    heads = runs[roots]
    keys = np.stack([heads[:, 3], heads[:, 4]], axis=1)
    first = (heads[:, 0] + origin[0]) * shape[1] + heads[:, 1] + origin[1] + 1
    sums = np.zeros((len(roots), len(SUMS)), np.int64)
    labels = np.zeros((core[1] - core[0], core[3] - core[2]), np.int32)
    _sum(phases, local, core, origin, np.array(shape), runs, number, sums, labels)
    faces = _faces(runs, number, core, origin)
    boxes = _boxes(runs, number, len(roots), origin)
    return Components(keys, first.astype(np.uint64), sums, labels, faces, boxes)


@kernel
def _runs(phases: Array, local: Array, core: Array, kinds: Array) -> Array:
    """Find runs of one opening along rows: row, start, stop, phase, particle; padded window."""
    runs = np.empty((4096, 5), np.int64)
    count = 0
    for r in range(core[0], core[1]):
        c = core[2]
        while True:
            while c < core[3] and kinds[phases[r, c]] == 0:
                c += 1
            if c == core[3]:
                break
            phase, owner, start = phases[r, c], local[r, c], c
            c += 1
            while c < core[3] and phases[r, c] == phase and local[r, c] == owner:
                c += 1
            if count == len(runs):
                larger = np.empty((2 * count, 5), np.int64)
                larger[:count] = runs
                runs = larger
            runs[count, 0], runs[count, 1], runs[count, 2] = r, start, c
            runs[count, 3], runs[count, 4] = phase, owner
            count += 1
    return runs[:count]


@kernel
def _root(parents: Array, i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@kernel
def _connect(runs: Array) -> Array:
    """Find the first run of every run's component."""
    n = len(runs)
    parents = np.arange(n)
    above, row_start = 0, 0
    for i in range(n):
        if i > 0 and runs[i, 0] != runs[i - 1, 0]:
            above, row_start = (row_start if runs[i, 0] == runs[i - 1, 0] + 1 else i), i
        # Runs above that end before this one starts are of no use to later ones either.
        while above < row_start and runs[above, 2] < runs[i, 1]:
            above += 1
        j = above
        while j < row_start and runs[j, 1] <= runs[i, 2]:
            if runs[j, 3] == runs[i, 3] and runs[j, 4] == runs[i, 4]:
                a, b = _root(parents, i), _root(parents, j)
                parents[max(a, b)] = min(a, b)
            j += 1
    for i in range(n):
        parents[i] = _root(parents, i)
    return parents


@kernel
def _sum(
    phases: Array,
    local: Array,
    core: Array,
    origin: Array,
    shape: Array,
    runs: Array,
    number: Array,
    sums: Array,
    labels: Array,
) -> None:
    rows, columns = phases.shape
    for i in range(len(runs)):
        r, start, stop, phase, owner = runs[i]
        row = sums[number[i]]
        n = stop - start
        y, x0 = r + origin[0], start + origin[1]
        row[0] += n
        row[1] += n * x0 + n * (n - 1) // 2
        row[2] += n * y
        row[3] += n - 1
        if stop < columns and phases[r, stop] == phase and local[r, stop] == owner:
            row[3] += 1
        below = r + 1 < rows
        edge = y == 0 or y == shape[0] - 1
        for c in range(start, stop):
            cut = edge or c + origin[1] == 0 or c + origin[1] == shape[1] - 1
            if below:
                if phases[r + 1, c] == phase and local[r + 1, c] == owner:
                    row[3] += 1
                for x in (c - 1, c + 1):
                    if 0 <= x < columns and phases[r + 1, x] == phase and local[r + 1, x] == owner:
                        row[4] += 1
                cut = cut or phases[r + 1, c] == _INVALID
            cut = cut or (r > 0 and phases[r - 1, c] == _INVALID)
            cut = cut or (c > 0 and phases[r, c - 1] == _INVALID)
            cut = cut or (c + 1 < columns and phases[r, c + 1] == _INVALID)
            row[5] += int(cut)
            if phase == _CRACK and (
                (below and phases[r + 1, c] == _PORE)
                or (r > 0 and phases[r - 1, c] == _PORE)
                or (c > 0 and phases[r, c - 1] == _PORE)
                or (c + 1 < columns and phases[r, c + 1] == _PORE)
            ):
                row[6] += 1
            if phase == _CRACK:
                labels[r - core[0], c - core[2]] = number[i] + 1


@kernel
def _boxes(runs: Array, number: Array, count: int, origin: Array) -> Array:
    boxes = np.empty((count, 4), np.int64)
    boxes[:, 0], boxes[:, 2] = 1 << 31, 1 << 31
    boxes[:, 1], boxes[:, 3] = 0, 0
    for i in range(len(runs)):
        box, row = boxes[number[i]], runs[i, 0] + origin[0]
        box[0], box[1] = min(box[0], row), max(box[1], row + 1)
        box[2] = min(box[2], runs[i, 1] + origin[1])
        box[3] = max(box[3], runs[i, 2] + origin[1])
    return boxes


def _faces(runs: Array, number: Array, core: Array, origin: Array) -> Array:
    """Where components touch the four sides of the core."""
    found = []
    shift = (int(origin[0]), int(origin[1]))
    for side, row in ((1, core[0]), (0, core[1] - 1)):
        on = runs[:, 0] == row
        line = np.full(on.sum(), row + shift[0] + (1 - side))
        spans = runs[on][:, 1:3] + shift[1]
        found.append(_face_rows(0, line, side, spans[:, 0], spans[:, 1], number[on]))
    for side, column in ((1, core[2]), (0, core[3] - 1)):
        on = (runs[:, 1] <= column) & (runs[:, 2] > column)
        line = np.full(on.sum(), column + shift[1] + (1 - side))
        start = runs[on][:, 0] + shift[0]
        found.append(_face_rows(1, line, side, start, start + 1, number[on]))
    return np.concatenate(found)


def _face_rows(
    axis: int, line: Array, side: int, start: Array, stop: Array, component: Array
) -> Array:
    same = np.ones_like(line)
    return np.stack([same * axis, line, same * side, start, stop, component], axis=1)
