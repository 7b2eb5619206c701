"""What a window is measured from: labels of all blocks, grey values, layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.config import ElementMap
from transect.elements import number_of
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
    maps: Mapping[int, int] = field(default_factory=dict)
    """Channel of the mosaic that holds an element's counts, by atomic number."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the mosaic."""
        return self.mosaic.shape

    def grey(self, window: Window) -> Array:
        """Grey values as integers."""
        return integers(self.mosaic.read(window))

    def counts(self, window: Window) -> dict[int, Array]:
        """X-ray counts of elements as integers, by atomic number."""
        return {
            element: integers(self.mosaic.read(window, channel=channel))
            for element, channel in self.maps.items()
        }


def maps_of(mosaic: Image, elements: Mapping[str, ElementMap]) -> dict[int, int]:
    """Channel of the mosaic by atomic number, for the elements whose detector it has."""
    return {
        number_of(symbol): mosaic.channels.index(element.detector)
        for symbol, element in elements.items()
        if element.detector in mosaic.channels
    }


def integers(pixels: Array) -> Array:
    """Grey values as integers: those of a float mosaic in steps of `FLOAT_STEP`."""
    if np.issubdtype(pixels.dtype, np.floating):
        return np.rint(np.nan_to_num(pixels) / FLOAT_STEP).astype(np.int64)
    return pixels
