"""What a window is measured from: labels of all blocks, grey values, layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.config import ElementMap
from transect.elements import number_of
from transect.measure.elements import Counts
from transect.measure.lines import Lines
from transect.measure.localise import Groups
from transect.parallel import Window
from transect.storage.images import Image, open_image
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
class Maps:
    """Channels of the mosaic with X-ray counts by atomic number, and where they were recorded."""

    channels: dict[int, int]
    recorded: Image


@dataclass(frozen=True)
class Source:
    """Everything that a window needs."""

    mosaic: Image
    phases: Strip
    basins: Strip
    groups: Groups
    lines: Lines
    maps: Maps | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the mosaic."""
        return self.mosaic.shape

    def grey(self, window: Window) -> Array:
        """Grey values as integers."""
        return integers(self.mosaic.read(window))

    def counts(self, window: Window) -> Counts | None:
        """X-ray counts of elements, if there are any maps."""
        if self.maps is None:
            return None
        read = self.maps.recorded.read
        return Counts(
            {
                element: integers(self.mosaic.read(window, channel=channel))
                for element, channel in self.maps.channels.items()
            },
            np.all([read(window, channel=n) > 0 for n in self.maps.channels.values()], axis=0),
        )


def maps_of(path: Path, mosaic: Image, elements: Mapping[str, ElementMap]) -> Maps | None:
    """Find the maps of the elements whose detector a mosaic has.

    Parameters
    ----------
    path, mosaic
        Store of the mosaic, and its image.
    elements
        Detector of each element, by symbol.
    """
    channels = {
        number_of(symbol): mosaic.channels.index(element.detector)
        for symbol, element in elements.items()
        if element.detector in mosaic.channels
    }
    return Maps(channels, open_image(path, "labels/valid")) if channels else None


def integers(pixels: Array) -> Array:
    """Grey values as integers: those of a float mosaic in steps of `FLOAT_STEP`."""
    if np.issubdtype(pixels.dtype, np.floating):
        return np.rint(np.nan_to_num(pixels) / FLOAT_STEP).astype(np.int64)
    return pixels
