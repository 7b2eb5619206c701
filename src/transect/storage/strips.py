"""One image of all blocks of a section, read across their borders as if it were whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from transect.parallel import Window, block_columns
from transect.storage.images import Image, Pixels, open_image

if TYPE_CHECKING:
    # Loading it takes a second, and every measuring step starts by loading this module.
    import dask.array as da


@dataclass(frozen=True)
class Strip:
    """One image of all blocks, read as if it were whole; blocks without columns are left out."""

    images: tuple[tuple[int, int, Image], ...]

    def read(self, window: Window) -> Pixels:
        """Pixels of a window of the mosaic, (row, column)."""
        return self._joined(window, Image.read)

    def channels(self, window: Window) -> Pixels:
        """All channels of a window of the mosaic, (channel, row, column)."""
        return self._joined(window, Image.read_channels)

    def _joined(self, window: Window, read: Callable[[Image, Window], Pixels]) -> Pixels:
        parts = []
        for col0, col1, image in self.images:
            start, stop = max(col0, window.col0), min(col1, window.col1)
            if start < stop:
                parts.append(read(image, Window(window.row0, window.row1, start, stop)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

    def dask(self) -> da.Array:
        """Lazy array of the whole image, chunked by whole shards."""
        import dask.array as da

        whole: da.Array = da.concatenate([image.dask() for _, _, image in self.images], axis=1)
        return whole


def open_strip(
    folder: Path,
    store: str,
    name: str,
    columns: int,
    blocks: int,
    seen: tuple[int, int] | None = None,
) -> Strip:
    """Open an image of every block's store.

    Parameters
    ----------
    folder
        Folder with one sub-folder per block.
    store, name
        File name of the store and name of the image in it.
    columns, blocks
        Width of the mosaic and number of blocks.
    seen
        First column that will be read and one past the last; all when absent.
    """
    first, last = seen or (0, columns)
    spans = [block_columns(columns, block, blocks) for block in range(blocks)]
    return Strip(
        tuple(
            (start, stop, open_image(folder / str(block) / store, name))
            for block, (start, stop) in enumerate(spans)
            if start < stop and start < last and stop > first
        )
    )
