"""What neighbours show of the same place, once it is known where they lie."""

from __future__ import annotations

import numpy as np

from transect.mosaic.align.brightness import Brightness, block_means, compare
from transect.mosaic.align.strips import correct
from transect.mosaic.align.waves import wave_rank
from transect.mosaic.detectors.channels import Channel
from transect.mosaic.layout import Floats, Layout, Pairs
from transect.parallel import run

Spot = tuple[slice, slice]


def overlap_greys(
    channel: Channel, layout: Layout, pairs: Pairs, positions: Floats, threads: int
) -> list[Brightness | None]:
    """Greys of every pair's overlap; None where a tile is absent or nothing overlaps.

    Every tile is read once, in the order of a wave along the section, and only means of 8 x 8 px
    of its overlaps are kept, until its neighbours were read too.

    Parameters
    ----------
    channel
        Whose tiles.
    layout, pairs
        The tiles and who neighbours whom.
    positions
        Top-left corner (x, y) of every tile as this detector saw it.
    threads
        Threads to read with.
    """
    wanted: dict[int, list[tuple[int, Spot]]] = {}
    both = channel.present[pairs.a] & channel.present[pairs.b]
    lags = np.rint(pairs.difference(positions)).astype(np.int64)
    for n in np.flatnonzero(both).tolist():
        for tile, lag in ((pairs.a[n], lags[n]), (pairs.b[n], -lags[n])):
            spot = _spot(layout.shape, int(lag[0]), int(lag[1]))
            wanted.setdefault(int(tile), []).append((n, spot))

    def cut(tile: int) -> list[Floats]:
        pixels, shading = channel.read(tile), channel.shading
        parts = []
        for _, spot in wanted[tile]:
            gain = None if shading.gain is None else shading.gain[spot]
            parts.append(block_means(correct(pixels[spot], gain, shading.offset)))
        return parts

    rank = wave_rank(layout)
    order = sorted(wanted, key=lambda tile: rank[tile])
    greys: list[Brightness | None] = [None] * len(pairs)
    held: dict[int, Floats] = {}
    for tile, parts in zip(order, run(cut, order, threads, "overlaps"), strict=True):
        for (n, _), means in zip(wanted[tile], parts, strict=True):
            if n in held:
                first = held.pop(n)
                a, b = (means, first) if pairs.a[n] == tile else (first, means)
                greys[n] = compare(a, b)
            else:
                held[n] = means
    return greys


def _spot(shape: tuple[int, int], x: int, y: int) -> Spot:
    """Slices of a tile that another covers whose corner lies at (x, y) in it."""
    rows, columns = shape
    return slice(max(y, 0), max(min(rows + y, rows), 0)), slice(
        max(x, 0), max(min(columns + x, columns), 0)
    )
