"""What a window is measured from: labels of all blocks, grey values, layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.lines import Lines
from transect.measure.localise import Groups
from transect.parallel import Window
from transect.storage.images import Image
from transect.storage.strips import Strip
from transect.storage.tables import read_table

Array = npt.NDArray[Any]

# Grey values of a float mosaic are counted in steps of this, so that their sums are exact.
FLOAT_STEP = 2.0**-16


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
        """Grey values as integers."""
        return integers(self.mosaic.read(window))


def integers(pixels: Array) -> Array:
    """Grey values as integers: those of a float mosaic in steps of `FLOAT_STEP`."""
    if np.issubdtype(pixels.dtype, np.floating):
        return np.rint(np.nan_to_num(pixels) / FLOAT_STEP).astype(np.int64)
    return pixels
