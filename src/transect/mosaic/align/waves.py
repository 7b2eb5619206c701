"""Reading tiles in a wave: each once, its edges kept only while a pair still needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.align.strips import StripPlan
from transect.mosaic.layout import Image, Ints, Layout, Pairs
from transect.parallel import run

Reader = Callable[[int], npt.NDArray[np.generic]]
"""Gives the raw pixels of a tile, by its number in the layout."""

Edges = dict[tuple[int, int, bool], Image]
"""Corrected pixels by tile, axis and whether it is the far (right or bottom) edge."""

CHUNK = 48
"""Pairs in memory at once: enough for strips of many places to be unrelated to each other."""

CHUNK_BYTES = 400 << 20
"""What strips of large tiles may hold at once."""

STRIP_BYTES = 20
"""Memory of a strip for each of its binned pixels: greys, texture and spectra."""


@dataclass(frozen=True)
class Shading:
    """Flat field of the detector that registration looks at."""

    gain: Image | None = None
    offset: float = 0.0


def waves(
    read: Reader,
    layout: Layout,
    pairs: Pairs,
    plans: dict[int, StripPlan],
    chosen: Ints,
    shading: Shading,
    threads: int,
) -> Iterator[tuple[list[int], Edges]]:
    """Pairs in chunks, with the edges they need.

    Memory is that of the edges of one line of tiles across the section.
    """
    rank = wave_rank(layout)
    last = np.maximum(rank[pairs.a[chosen]], rank[pairs.b[chosen]])
    ordered = [int(n) for n in chosen[np.argsort(last, kind="stable")]]
    needs: dict[int, dict[tuple[int, bool], int]] = {}
    for n in ordered:
        for tile, side in _sides(pairs, n):
            mine = needs.setdefault(tile, {})
            mine[side] = mine.get(side, 0) + 1

    gain = np.ones(layout.shape, np.float32) if shading.gain is None else shading.gain
    offset = np.float32(shading.offset)

    def cut(tile: int) -> Edges:
        pixels = _plain(read(tile))
        spots = {(axis, far): plans[axis].spot(far) for axis, far in needs[tile]}
        return {
            (tile, axis, far): _edge(
                pixels, gain, offset, spot[0].start, spot[1].start, *plans[axis].small_shape,
                plans[axis].binning,
            )
            for (axis, far), spot in spots.items()
        }  # fmt: skip

    edges: Edges = {}
    seen: set[int] = set()
    size = max((int(np.prod(p.small_shape)) for p in plans.values()), default=1)
    chunk = int(np.clip(CHUNK_BYTES // (2 * STRIP_BYTES * size), 4, CHUNK))
    for start in range(0, len(ordered), chunk):
        numbers = ordered[start : start + chunk]
        fresh = sorted({tile for n in numbers for tile, _ in _sides(pairs, n)} - seen)
        for found in run(cut, fresh, threads, "read", len(fresh)):
            edges.update(found)
        seen.update(fresh)
        yield numbers, edges
        for n in numbers:
            for tile, side in _sides(pairs, n):
                needs[tile][side] -= 1
                if not needs[tile][side]:
                    del edges[(tile, *side)]


def _plain(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Rows one after the other, of a type that the kernel is compiled for."""
    known = pixels.dtype in (np.uint8, np.uint16, np.float32)
    return np.ascontiguousarray(pixels if known else pixels.astype(np.float32))


@kernel
def _edge(
    pixels: npt.NDArray[np.generic],
    gain: Image,
    offset: np.float32,
    row0: int,
    col0: int,
    rows: int,
    columns: int,
    step: int,
) -> Image:
    """Correct a part of a tile as `correct` does, and bin it."""
    out = np.zeros((rows, columns), np.float32)
    share = np.float32(1.0 / step**2)
    for i in range(rows):
        line = np.zeros(columns * step, np.float32)
        for r in range(row0 + i * step, row0 + (i + 1) * step):
            raw, shade = pixels[r, col0 : col0 + len(line)], gain[r, col0 : col0 + len(line)]
            for c in range(len(line)):
                line[c] += (np.float32(raw[c]) - offset) / shade[c]
        for k in range(step):
            part = line[k::step]
            for c in range(columns):
                out[i, c] += part[c]
        for c in range(columns):
            out[i, c] *= share
    return out


def _sides(pairs: Pairs, number: int) -> tuple[tuple[int, tuple[int, bool]], ...]:
    axis = int(pairs.axis[number])
    return (int(pairs.a[number]), (axis, True)), (int(pairs.b[number]), (axis, False))


def wave_rank(layout: Layout) -> Ints:
    """Rank of every tile in a wave that runs along the longer side of the section."""
    scaled = layout.stage_px / layout.size
    span = np.ptp(scaled, axis=0) if len(scaled) else np.zeros(2)
    along = int(span[0] < span[1])
    steps = np.rint(scaled)
    order = np.lexsort((steps[:, 1 - along], steps[:, along]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank
