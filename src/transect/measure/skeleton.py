"""Lengths of thin things: bounded thinning, pruning of spurs, and steps along the skeleton."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]

PASSES = 10
"""Most layers peeled from each side: openings wider than 20 px are not thin."""
SPUR = 4
"""Branches of up to this many pixels are spurs."""
HALO = 2 * PASSES + SPUR + 2
"""Pixels around a window that its skeleton depends on."""

ORTHOGONAL, DIAGONAL = 0.948, 1.340
"""Length of a step in pixels, unbiased for lines of random direction (Kulpa's pair)."""

# Neighbours p2..p9, clockwise from the one above.
_RING = np.array(
    [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]], dtype=np.int64
)


def thin(mask: Array) -> npt.NDArray[np.uint8]:
    """Skeleton of a mask, one pixel wide, by at most `PASSES` rounds of Guo-Hall thinning.

    A pixel's fate depends on the mask within `HALO` pixels of it only, so that windows with this
    halo give the skeleton of the whole image.
    """
    padded = np.pad(mask.astype(np.uint8), 1)
    spots = np.flatnonzero(padded.reshape(-1)).astype(np.int64)
    width = padded.shape[1]
    steps = _RING[:, 0] * width + _RING[:, 1]
    flat = padded.reshape(-1)
    spots = _peel(flat, spots, steps)
    _prune(flat, spots, steps)
    return np.ascontiguousarray(padded[1:-1, 1:-1])


@kernel
def _peel(flat: Array, spots: Array, steps: Array) -> Array:
    gone = np.empty(len(spots), np.int64)
    idle = 0
    for half in range(2 * PASSES):
        count = 0
        for spot in spots:
            p2, p3, p4, p5 = (
                flat[spot + steps[0]],
                flat[spot + steps[1]],
                flat[spot + steps[2]],
                flat[spot + steps[3]],
            )
            p6, p7, p8, p9 = (
                flat[spot + steps[4]],
                flat[spot + steps[5]],
                flat[spot + steps[6]],
                flat[spot + steps[7]],
            )
            branches = (
                ((1 - p2) & (p3 | p4))
                + ((1 - p4) & (p5 | p6))
                + ((1 - p6) & (p7 | p8))
                + ((1 - p8) & (p9 | p2))
            )
            n1 = (p9 | p2) + (p3 | p4) + (p5 | p6) + (p7 | p8)
            n2 = (p2 | p3) + (p4 | p5) + (p6 | p7) + (p8 | p9)
            near = min(n1, n2)
            below, above = (p6 | p7 | (1 - p9)) & p8, (p2 | p3 | (1 - p5)) & p4
            held = below if half % 2 == 0 else above
            if branches == 1 and 2 <= near <= 3 and held == 0:
                gone[count] = spot
                count += 1
        # Only where neither half of a round takes anything away will none of those to come: to
        # stop sooner would make a skeleton depend on what else lies in its window.
        idle = idle + 1 if count == 0 else 0
        if idle == 2:
            break
        for i in range(count):
            flat[gone[i]] = 0
        kept = 0
        for spot in spots:
            if flat[spot]:
                spots[kept] = spot
                kept += 1
        spots = spots[:kept]
    return spots


@kernel
def _degree(flat: Array, spot: int, steps: Array) -> int:
    """Neighbours on the skeleton; a diagonal one reached through an orthogonal one is not new."""
    count = 0
    for k in range(8):
        if flat[spot + steps[k]] and (
            k % 2 == 0 or not (flat[spot + steps[k - 1]] or flat[spot + steps[(k + 1) % 8]])
        ):
            count += 1
    return count


@kernel
def _prune(flat: Array, spots: Array, steps: Array) -> None:
    """Remove branches of at most `SPUR` pixels that end at a branching point."""
    doomed = np.empty(len(spots) + 1, np.int64)
    count = 0
    for spot in spots:
        if _degree(flat, spot, steps) != 1:
            continue
        here, before, start = spot, np.int64(-1), count
        ended = False
        for _ in range(SPUR + 1):
            if _degree(flat, here, steps) > 2:
                ended = True
                break
            if count == len(doomed):
                break
            doomed[count] = here
            count += 1
            following = np.int64(-1)
            for k in range(8):
                other = here + steps[k]
                if flat[other] and other != before:
                    diagonal = k % 2 == 1
                    if diagonal and (flat[here + steps[k - 1]] or flat[here + steps[(k + 1) % 8]]):
                        continue
                    following = other
                    break
            if following < 0:
                break
            before, here = here, following
        if not ended:
            count = start
    for i in range(count):
        flat[doomed[i]] = 0


@kernel
def skeleton_steps(skeleton: Array, labels: Array, core: Array, counts: Array) -> None:
    """Add orthogonal and diagonal steps of the skeleton to its components.

    Parameters
    ----------
    skeleton
        1 on the skeleton, over the padded window.
    labels
        1 + component over the core, 0 where there is none.
    core
        First and last (exclusive) row and column of the core in the padded window.
    counts
        int64 (components, 2), added to.
    """
    rows, columns = skeleton.shape
    for r in range(core[0], core[1]):
        for c in range(core[2], core[3]):
            if not skeleton[r, c]:
                continue
            label = labels[r - core[0], c - core[2]]
            if label == 0:
                continue
            row = counts[label - 1]
            down = r + 1 < rows and skeleton[r + 1, c] > 0
            right = c + 1 < columns and skeleton[r, c + 1] > 0
            row[0] += int(right) + int(down)
            if down or r + 1 == rows:
                continue
            # A diagonal step counts where no orthogonal pair of steps makes the same way.
            if c + 1 < columns and not right and skeleton[r + 1, c + 1]:
                row[1] += 1
            if c > 0 and not skeleton[r, c - 1] and skeleton[r + 1, c - 1]:
                row[1] += 1


def length_and_width(orthogonal: Array, diagonal: Array, area: Array) -> tuple[Array, Array]:
    """Length and mean width of thin components, in pixels.

    The length is that of the centre line. Thinning draws a round end back to the centre of its
    circle, so the width is that of the band with round ends that has this length and area:
    area = length * width + pi/4 * width^2. A component without steps is a disc.
    """
    length = np.asarray(ORTHOGONAL * orthogonal + DIAGONAL * diagonal)
    width = (np.sqrt(length * length + np.pi * area) - length) * (2 / np.pi)
    return length, np.asarray(width)
