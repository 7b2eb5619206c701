"""What a window is measured from: block stores read across their borders, grey values, layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from transect.measure.lines import Lines
from transect.measure.localise import Groups
from transect.parallel import Window, block_columns
from transect.storage.images import Image, open_image
from transect.storage.tables import read_table

if TYPE_CHECKING:
    # Loading it takes a second, and every measuring step starts by loading this module.
    import dask.array as da

Array = npt.NDArray[Any]

# Grey values of a float mosaic are counted in steps of this, so that their sums are exact.
FLOAT_STEP = 2.0**-16


@dataclass(frozen=True)
class Strip:
    """One image of all blocks, read as if it were whole; blocks without columns are left out."""

    images: tuple[tuple[int, int, Image], ...]

    def read(self, window: Window) -> Array:
        """Pixels of a window of the mosaic."""
        parts = []
        for col0, col1, image in self.images:
            start, stop = max(col0, window.col0), min(col1, window.col1)
            if start < stop:
                parts.append(image.read(Window(window.row0, window.row1, start, stop)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def dask(self) -> da.Array:
        """Lazy array of the whole image, chunked by whole shards."""
        import dask.array as da

        whole: da.Array = da.concatenate([image.dask() for _, _, image in self.images], axis=1)
        return whole


def open_strip(folder: Path, store: str, name: str, columns: int, blocks: int) -> Strip:
    """Open an image of every block's store.

    Parameters
    ----------
    folder
        Folder with one sub-folder per block.
    store, name
        File name of the store and name of the image in it.
    columns, blocks
        Width of the mosaic and number of blocks.
    """
    spans = [block_columns(columns, block, blocks) for block in range(blocks)]
    return Strip(
        tuple(
            (start, stop, open_image(folder / str(block) / store, name))
            for block, (start, stop) in enumerate(spans)
            if start < stop
        )
    )


def read_groups(path: Path) -> Groups:
    """Read which particle every basin belongs to."""
    frame = read_table(path).sort_values("basin", kind="stable")
    return Groups(
        frame["basin"].to_numpy(np.uint64, copy=True),
        frame["particle"].to_numpy(np.uint64, copy=True),
    )


@dataclass(frozen=True)
class Source:
    """Everything that a window needs."""

    mosaic: Image
    phases: Strip
    basins: Strip
    groups: Groups
    lines: Lines

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the mosaic."""
        return self.mosaic.shape

    def grey(self, window: Window) -> Array:
        """Grey values as integers (float mosaics in steps of `FLOAT_STEP`)."""
        pixels = self.mosaic.read(window)
        if np.issubdtype(pixels.dtype, np.floating):
            return np.rint(np.nan_to_num(pixels) / FLOAT_STEP).astype(np.int64)
        return pixels
