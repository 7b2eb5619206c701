"""Segmentation of a section on disk: the histogram of its windows, and its blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transect.config import SegmentConfig
from transect.geometry import Layers
from transect.parallel import WINDOW, Window, run, windows
from transect.phases import Phase
from transect.segment import gaussian
from transect.segment.engine import UNDECIDED
from transect.segment.greys import Normal
from transect.segment.noise import BINS, Noise, noises
from transect.segment.scale import scale_of, to_scale
from transect.segment.smoothing import Smoothing
from transect.segment.thresholds import Thresholds, histogram, thresholds_from
from transect.storage.images import Image, open_image
from transect.storage.strips import Strip

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

SAMPLE = 96
"""Windows that the histogram looks at, at most: 400 megapixels place a hump to 0.01 levels."""


@dataclass(frozen=True)
class Section:
    """A mosaic with its layers."""

    mosaic: Image
    valid: Image
    layers: Layers

    @classmethod
    def open(cls, mosaic: Path, layers: Path) -> Section:
        """Open what the stages before have written."""
        return cls(open_image(mosaic), open_image(mosaic, "labels/valid"), Layers.load(layers))

    def read(self, window: Window, scale: tuple[float, float]) -> tuple[U8, U8]:
        """Pixels on the 8-bit scale and the zone of a window."""
        valid = self.valid.read(window)
        grey = to_scale(self.mosaic.read(window), scale)
        if scale[0] > scale[1]:
            # What was not recorded is 0 in every mosaic, turned over or not.
            grey = np.where(valid > 0, grey, np.uint8(0))
        return grey, self.layers.zone(window, valid)

    def read_maps(self, window: Window, maps: Strip) -> tuple[U8, U8]:
        """Read maps of a network, (channel, row, column), and the zone of a window."""
        return maps.channels(window), self.zone(window)

    def zone(self, window: Window) -> U8:
        """Phase by geometry of a window; see `Layers.zone`."""
        return self.layers.zone(window, self.valid.read(window))


def sampled(shape: tuple[int, int], most: int, edge: int = WINDOW) -> list[Window]:
    """Windows of a global grid, spread over a section of this shape; at most `most`."""
    grid = windows(shape, edge=edge)
    every = -(-len(grid) // most)
    # A stride that shares no factor with the rows of windows, so that all depths are met.
    rows = -(-shape[0] // edge)
    while every > 1 and np.gcd(every, rows) > 1:
        every += 1
    return grid[::every]


def find_thresholds(section: Section, config: SegmentConfig, threads: int) -> Thresholds:
    """Find the section's thresholds.

    Parameters
    ----------
    section
        Mosaic and layers.
    config
        Settings of the engine.
    threads
        Threads to read and count with.
    """
    level = section.mosaic.level_near(WINDOW)
    coarse, recorded = section.mosaic.whole(level), section.valid.whole(level)
    scale = scale_of(coarse[recorded > 0], "mosaic", config.polarity)

    def count(window: Window) -> tuple[I64, I64, I64]:
        outer = window.padded(gaussian.reach(config.denoise_px) + 1, section.mosaic.shape)
        grey, zone = section.read(outer, scale)
        core = window.inside(outer)
        # The halo is not counted: pixels there belong to other windows.
        inner = np.full(zone.shape, Phase.OUTSIDE, np.uint8)
        inner[core] = zone[core]
        coating = inner == UNDECIDED
        if not coating.any():
            return np.zeros((256, 1), np.int64), np.zeros(256, np.int64), np.zeros((2, 1), np.int64)
        recorded = np.bincount(grey[coating], minlength=256)
        smooth = histogram(gaussian.smooth(grey, config.denoise_px), inner)
        return smooth, recorded, noises(grey, inner)

    grid = sampled(section.mosaic.shape, SAMPLE)
    joint, recorded = np.zeros((256, 1), np.int64), np.zeros(256, np.int64)
    noise = np.zeros((2, BINS), np.int64)
    for smooth, raw, squares in run(count, grid, threads, "histogram"):
        joint = joint + smooth
        recorded += raw
        noise += squares
    found = thresholds_from(joint, scale, "mosaic")
    return replace(found, normal=Normal.of(recorded), noise=Noise.of(noise))


def smoothed_normal(
    section: Section, scale: tuple[float, float], smoothing: Smoothing, threads: int
) -> Normal:
    """Tell how the coating's greys are spread once they are smoothed.

    Parameters
    ----------
    section
        Mosaic and layers.
    scale
        Grey values that become 0 and 255.
    smoothing
        How far.
    threads
        Threads to read and count with.
    """

    def count(window: Window) -> I64:
        outer = window.padded(smoothing.reach, section.mosaic.shape)
        core = window.inside(outer)
        grey, zone = section.read(outer, scale)
        greys = smoothing.greys(grey, zone)[core]
        return np.bincount(greys[zone[core] == UNDECIDED], minlength=256)

    total = np.zeros(256, np.int64)
    for found in run(count, sampled(section.mosaic.shape, SAMPLE), threads, "smoothed greys"):
        total += found
    return Normal.of(total)
