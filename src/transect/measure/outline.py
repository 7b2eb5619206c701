"""Outlines: Crofton crossings by what lies outside, neighbours, and the active material's edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.measure.localise import distinct
from transect.phases import Phase

Array = npt.NDArray[Any]

FACING = ("pore", "binder", "active_material", "separator", "collector", "border")
"""What an outline can face; `border` is the end of the mosaic or an invalid pixel."""
_ALL_WAYS = ("axial", "diagonal")
CROSSINGS = (
    *(f"{way}_{facing}" for way in _ALL_WAYS for facing in FACING),
    *(f"{way}_{looked}" for way in _ALL_WAYS for looked in ("looked", "near")),
)
"""Steps out by what they face; those of every other pixel, whose ways are followed further, and of
them those of pixels that a way leads from to another particle within the contact distance."""

_BORDER = FACING.index("border")
_LOOKED = 2 * len(FACING)
_FACE = np.zeros(256, np.int64)
_FACE[[Phase.BINDER, Phase.ACTIVE_MATERIAL, Phase.SEPARATOR, Phase.COLLECTOR, Phase.INVALID]] = (
    range(1, len(FACING))
)
_WAYS = np.array(
    [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, -1], [1, -1], [-1, 1]], dtype=np.int64
)


def crofton(axial: Array, diagonal: Array) -> npt.NDArray[np.float64]:
    """Length in pixels from crossings counted along four directions, both ways in and out.

    Cauchy-Crofton: half the integral over directions of crossings times the spacing of the lines,
    1 along the axes and 1/sqrt(2) along the diagonals.
    """
    return np.asarray(np.pi / 8 * (axial + diagonal / np.sqrt(2)), dtype=np.float64)


def outlines(
    phases: Array, local: Array, core: Array, origin: Array, count: int, ring: int, contact: int
) -> tuple[Array, Array]:
    """Follow every step out of a particle.

    Parameters
    ----------
    phases, local
        Final phases and local particle numbers of the padded window.
    core, origin
        The core in the padded window; the padded window's corner in the mosaic.
    count
        Local numbers, 0 included.
    ring
        Pixels outward within which the outline touches the first solid phase.
    contact
        Pixels outward within which another particle is a neighbour.

    Returns
    -------
    crossings
        int64 (count, CROSSINGS): steps out of the particle by direction and what they face.
    pairs
        int32 (n, 2): particle and neighbour, each pair once.
    """
    crossings = np.zeros((count, len(CROSSINGS)), np.int64)
    pairs = _follow(phases, local, core, origin, crossings, ring, contact, _WAYS, _FACE)
    # One number for each pair: rows take twenty times as long to sort.
    whole = distinct((pairs[:, 0].astype(np.int64) << 32) | pairs[:, 1])
    return crossings, np.stack([whole >> 32, whole & 0xFFFFFFFF], axis=1).astype(np.int32)


@kernel
def _inside(place: int, step: int, size: int) -> int:
    """Count the steps along one axis that stay in the window."""
    if step > 0:
        return size - 1 - place
    return place if step < 0 else size


@kernel
def _edge(local: Array, r: int, even: Array, edge: Array) -> None:
    """Mark the pixels of a row that are of a particle and do not have it all around them.

    In two passes without branches, so that both run in vector units.
    """
    rows, columns = local.shape
    row, above, below = local[r], local[max(r - 1, 0)], local[min(r + 1, rows - 1)]
    for c in range(columns):
        even[c] = (above[c] ^ row[c]) | (below[c] ^ row[c])
    # Slices: an index that may be negative would keep the loop out of vector units.
    left, middle, right = row[:-2], row[1:-1], row[2:]
    before, here, after, out = even[:-2], even[1:-1], even[2:], edge[1:-1]
    for c in range(columns - 2):
        own = middle[c]
        other = before[c] | here[c] | after[c] | (left[c] ^ own) | (right[c] ^ own)
        out[c] = (own != 0) & (other != 0)
    edge[0], edge[columns - 1] = row[0] != 0, row[columns - 1] != 0
    if r in (0, rows - 1):
        for c in range(columns):
            edge[c] = row[c] != 0


@kernel
def _follow(
    phases: Array,
    local: Array,
    core: Array,
    origin: Array,
    crossings: Array,
    ring: int,
    contact: int,
    ways: Array,
    face: Array,
) -> Array:
    rows, columns = local.shape
    pairs = np.empty((1024, 2), np.int32)
    found = 0
    latest = np.zeros(len(crossings), np.int32)
    strides, nears, fars, columns_of = np.empty((4, 8), np.int64)
    for way in range(8):
        slant = 1.4142135623730951 if way >= 4 else 1.0
        strides[way] = ways[way, 0] * columns + ways[way, 1]
        nears[way] = max(1, int(ring / slant + 0.5))
        fars[way] = max(1, int(contact / slant))
        columns_of[way] = len(FACING) if way >= 4 else 0
    most = max(ring, contact)
    flat_phases, flat = phases.ravel(), local.ravel()
    even, edge = np.empty(columns, np.int32), np.empty(columns, np.bool_)
    at_edge = np.empty(columns + 1, np.int32)
    for r in range(core[0], core[1]):
        _edge(local, r, even, edge)
        # Listed first, without a branch: one in twelve pixels is an edge, which none foresees.
        listed = 0
        for c in range(core[2], core[3]):
            at_edge[listed] = c
            listed += edge[c]
        for place in range(listed):
            c = at_edge[place]
            own = local[r, c]
            clear = most <= r < rows - most and most <= c < columns - most
            look = (r + c + origin[0] + origin[1]) % 2 == 0
            start = r * columns + c
            axial, diagonal, beside = 0, 0, 0
            for way in range(8):
                stride, near, far = strides[way], nears[way], fars[way] if look else 0
                if not clear:
                    room = min(_inside(r, ways[way, 0], rows), _inside(c, ways[way, 1], columns))
                    if room == 0:
                        crossings[own, columns_of[way] + _BORDER] += 1
                        continue
                    near, far = min(near, room), min(far, room)
                at, walked = start + stride, 1
                other = flat[at]
                if other == own:
                    continue
                # Walked here and not in a function of its own, which halves the speed.
                facing = face[flat_phases[at]] if other == 0 else 2
                while facing == 0 and walked < near:
                    at, walked = at + stride, walked + 1
                    other = flat[at]
                    if other:
                        facing = 2 if other != own else 0
                        break
                    facing = face[flat_phases[at]]
                # What is invalid ends a walk, and is a border beside the outline alone.
                if facing == _BORDER and walked > 1:
                    facing = 0
                # Whatever it faces is walked through, to the particle behind it.
                while other == 0 and walked < far:
                    at, walked = at + stride, walked + 1
                    other = flat[at]
                crossings[own, columns_of[way] + facing] += 1
                if not look:
                    continue
                if way < 4:
                    axial += 1
                else:
                    diagonal += 1
                if other <= 0 or other == own or walked > far:
                    continue
                beside = 1
                if latest[own] != other:
                    latest[own] = other
                    if found == len(pairs):
                        larger = np.empty((2 * found, 2), np.int32)
                        larger[:found] = pairs
                        pairs = larger
                    pairs[found, 0], pairs[found, 1] = own, other
                    found += 1
            if look:
                sums = crossings[own, _LOOKED:]
                sums[0] += axial
                sums[1] += beside * axial
                sums[2] += diagonal
                sums[3] += beside * diagonal
    return pairs[:found]
