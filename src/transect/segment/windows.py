"""One window of work: read with its halo, label, find basins, cut the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.parallel import Window
from transect.phases import Phase
from transect.segment.basins import Basins, basins
from transect.segment.distance import REACH, SMOOTHING, heights
from transect.segment.engine import U16, Engine, Prediction

U8 = npt.NDArray[np.uint8]

Read = Callable[[Window], tuple[U8, U8]]
"""Gives what the engine looks at and the zone (phase by geometry) of a window."""


@dataclass(frozen=True)
class Segmented:
    """Labels of one window, without its halo."""

    window: Window
    phases: U8
    confidence: U8
    basins: Basins

    def contacts(self) -> pd.DataFrame:
        """Rows of the table `contacts`."""
        found = self.basins
        names = ("basin_a", "basin_b", "saddle", "length")
        values = (found.pair_a, found.pair_b, found.saddle, found.length)
        return pd.DataFrame(dict(zip(names, values, strict=True)))

    def faces(self) -> pd.DataFrame:
        """Rows of the table `faces`."""
        found = self.basins
        return pd.DataFrame({"pixel": found.pixel, "label": found.label, "height": found.height})


def segment_window(
    read: Read, shape: tuple[int, int], window: Window, engine: Engine, reach: int = REACH
) -> Segmented:
    """Label one window so that the result is the whole image's.

    Parameters
    ----------
    read
        Source of what the engine looks at, and of zones.
    shape
        Rows and columns of the mosaic.
    window
        What to label.
    engine
        What decides on phases.
    reach
        Cap of the distance, in px, where the engine gives no heights.
    """
    # One pixel more than the filters need: the ring that climbs look into.
    around = 1 if engine.learned else reach + SMOOTHING + 1
    outer = window.padded(engine.halo + around, shape)
    pixels, zone = read(outer)
    core = window.inside(outer)
    if not np.any(zone == Phase.PORE):
        return _empty(window, zone[core], shape[1])
    prediction = engine.predict(pixels, zone)
    near = window.padded(around, shape)
    height = _heights(prediction, near.inside(outer), reach)
    ringed = np.zeros((window.shape[0] + 2, window.shape[1] + 2), np.uint16)
    ring = window.padded(1, shape)
    spot = (
        slice(ring.row0 - window.row0 + 1, ring.row1 - window.row0 + 1),
        slice(ring.col0 - window.col0 + 1, ring.col1 - window.col0 + 1),
    )
    ringed[spot] = height[ring.inside(near)]
    found = basins(ringed, window, shape[1])
    return Segmented(window, prediction.phases[core], prediction.confidence[core], found)


def _heights(prediction: Prediction, spot: tuple[slice, slice], reach: int) -> U16:
    """Heights of a part of a window: learned ones, or distances from the outline."""
    if prediction.heights is not None:
        return prediction.heights[spot]
    return heights(np.ascontiguousarray(prediction.particles[spot]), reach)


def _empty(window: Window, zone: U8, columns: int) -> Segmented:
    flat = np.zeros((window.shape[0] + 2, window.shape[1] + 2), np.uint16)
    confidence = np.where(zone == Phase.INVALID, 0, 255).astype(np.uint8)
    return Segmented(window, zone, confidence, basins(flat, window, columns))
