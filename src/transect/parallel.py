"""Windows of one fixed global grid, and the threads that work on them.

Whatever looks at pixels runs on windows anchored at the mosaic's origin, so a pixel sees the same
arithmetic whatever the number of blocks or threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

from dask.threaded import get
from threadpoolctl import ThreadpoolController

from transect.log import progress

WINDOW = 2048
"""Edge of a window of work and of a shard of every label store, in pixels."""

MOSAIC_SHARD = 4096
"""Edge of a mosaic's shard, in pixels: two windows, the unit that a block owns columns of."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Window:
    """One rectangle of the mosaic: rows and columns [start, stop), in pixels of level 0."""

    row0: int
    row1: int
    col0: int
    col1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row1 - self.row0, self.col1 - self.col0

    def padded(self, halo: int, shape: tuple[int, int]) -> Window:
        """Grow by a halo on each side, cut at the borders of a mosaic of this shape."""
        return Window(
            max(self.row0 - halo, 0),
            min(self.row1 + halo, shape[0]),
            max(self.col0 - halo, 0),
            min(self.col1 + halo, shape[1]),
        )

    def inside(self, outer: Window) -> tuple[slice, slice]:
        """Slices that cut this window out of an array that covers `outer`."""
        return (
            slice(self.row0 - outer.row0, self.row1 - outer.row0),
            slice(self.col0 - outer.col0, self.col1 - outer.col0),
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Slices into an array of the whole mosaic."""
        return slice(self.row0, self.row1), slice(self.col0, self.col1)


def windows(
    shape: tuple[int, int], col0: int = 0, col1: int | None = None, edge: int = WINDOW
) -> list[Window]:
    """All windows of the global grid between two columns, in row-major order.

    Parameters
    ----------
    shape
        Rows and columns of the mosaic at level 0.
    col0, col1
        First column and one past the last; `col0` is a multiple of `edge`.
    edge
        Rows and columns of a window.
    """
    rows, columns = shape
    stop = columns if col1 is None else col1
    return [
        Window(r, min(r + edge, rows), c, min(c + edge, stop))
        for r in range(0, rows, edge)
        for c in range(col0, stop, edge)
    ]


def block_columns(columns: int, block: int, blocks: int) -> tuple[int, int]:
    """First column and one past the last of a block: whole shard columns, possibly none.

    Parameters
    ----------
    columns
        Width of the mosaic in pixels.
    block, blocks
        Number of the block, from 0, and how many there are.
    """
    shards = -(-columns // MOSAIC_SHARD)
    first, last = block * shards // blocks, (block + 1) * shards // blocks
    return first * MOSAIC_SHARD, min(last * MOSAIC_SHARD, columns)


def run(
    work: Callable[[T], R], items: Sequence[T], threads: int, what: str, hold: int = 0
) -> Iterator[R]:
    """Do the work on every item with Dask threads; results come in the order of the items.

    At most `2 * threads` results are in memory, or `hold` where that is more: threads wait for
    each other once in so many. BLAS and OpenMP get one thread each: the parallelism is ours.
    """
    return progress(_batches(work, items, threads, hold), len(items), what)


@cache
def _libraries() -> ThreadpoolController:
    """Find the libraries that have threads of their own: it takes some milliseconds."""
    return ThreadpoolController()


def _batches(work: Callable[[T], R], items: Sequence[T], threads: int, hold: int) -> Iterable[R]:
    size = max(2 * threads, hold, 1)
    # A pool of our own: leaving it waits for the tasks that still run after one has failed, so
    # that none of them writes into a store that is being taken away.
    with _libraries().limit(limits=1), ThreadPoolExecutor(max(threads, 1)) as pool:
        for start in range(0, len(items), size):
            batch = items[start : start + size]
            # Dask starts independent tasks from the last name on; in order, neighbours share
            # decoded tiles.
            names = [f"{size - i:06d}" for i in range(len(batch))]
            # A graph by hand: making each of its tasks by `delayed` takes 0.2 ms.
            graph = {n: (partial(work, item),) for n, item in zip(names, batch, strict=True)}
            yield from get(graph, names, pool=pool)
