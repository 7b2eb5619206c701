"""Half-size copies of one shard, computed where the shard is in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.generic]


def levels_for(shape: tuple[int, int], shard: int) -> int:
    """Levels of a pyramid: down to about 1,000 px, while a shard still halves evenly.

    Parameters
    ----------
    shape
        Rows and columns of level 0.
    shard
        Edge of a shard of level 0, in pixels.
    """
    levels = 1
    while max(shape) >> levels >= 512 and shard >> levels >= 64:
        levels += 1
    return levels


def halve_image(block: Pixels) -> Pixels:
    """Mean of each 2 x 2 square of a (..., row, column) block; an odd last line is repeated.

    Integers are rounded to the nearest (halves up), so the same pixels give the same bytes.
    """
    even = _even(block)
    quads = (even[..., ::2, ::2], even[..., 1::2, ::2], even[..., ::2, 1::2], even[..., 1::2, 1::2])
    if np.issubdtype(block.dtype, np.integer):
        total = sum(quad.astype(np.uint32) for quad in quads)
        return np.asarray((total + 2) >> 2).astype(block.dtype)
    return np.asarray(sum(quad.astype(np.float64) for quad in quads) / 4).astype(block.dtype)


def halve_labels(block: Pixels) -> Pixels:
    """Top-left label of each 2 x 2 square: labels cannot be averaged."""
    return block[..., ::2, ::2]


def _even(block: Pixels) -> Pixels:
    rows, columns = block.shape[-2] % 2, block.shape[-1] % 2
    if not rows and not columns:
        return block
    pad = [(0, 0)] * (block.ndim - 2) + [(0, rows), (0, columns)]
    return np.pad(block, pad, mode="edge")
