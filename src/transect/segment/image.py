"""Segmentation of a bare image in memory: what benchmarks and notebooks call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.candidates import settle
from transect.config import SegmentConfig
from transect.parallel import WINDOW, Window, windows
from transect.phases import Phase
from transect.segment import gaps, gaussian, solid
from transect.segment.classical import ClassicalEngine
from transect.segment.distance import REACH
from transect.segment.engine import UNDECIDED, Engine
from transect.segment.gaps import Gaps
from transect.segment.greys import Normal
from transect.segment.groups import Merge, resolve
from transect.segment.learned import NetworkEngine
from transect.segment.maps import HALO, MAPS
from transect.segment.network import Network
from transect.segment.noise import Noise, noises
from transect.segment.scale import scale_of, to_scale
from transect.segment.smoothing import Smoothing, outlines, settled
from transect.segment.solid import Solid
from transect.segment.thresholds import Thresholds, histogram, thresholds_from
from transect.segment.windows import Segmented, segment_window

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_WHOLE = (slice(None), slice(None))


@dataclass(frozen=True)
class ImageSegments:
    """Labels of a whole image."""

    phases: U8
    particles: U64
    confidence: U8
    thresholds: Thresholds | None = None


def segment_image(
    image: npt.NDArray[np.generic],
    config: SegmentConfig | None = None,
    zone: U8 | None = None,
    *,
    edge: int = WINDOW,
    reach: int = REACH,
) -> ImageSegments:
    """Label an image that fits in memory.

    Parameters
    ----------
    image
        Grey values, shape (row, column), integer or float.
    config
        Settings, with the engine; lengths are in pixels, so no pixel size is needed.
    zone
        Phase by geometry; everything is coating when absent.
    edge
        Edge of the windows, in px; the result does not depend on it.
    reach
        Cap of the distance, in px.

    Raises
    ------
    AnalysisError
        The image is constant or has no contrast.
    ModelError
        The network that is asked for cannot be used.
    """
    config = config or SegmentConfig()
    zone = np.full(image.shape, UNDECIDED, np.uint8) if zone is None else zone
    scale = scale_of(image[zone == UNDECIDED], "image", config.polarity)
    grey = to_scale(image, scale)
    if config.polarity == "dark":
        # What was not recorded is 0, turned over or not.
        grey[zone == Phase.INVALID] = 0
    if config.network:
        maps = network_maps(grey, zone, _network(config.model_folder), config.there)
        return label_image(maps, zone, NetworkEngine(config.crack_width_px), config, edge=edge)
    joint = histogram(gaussian.smooth(grey, config.denoise_px), zone)
    thresholds = thresholds_from(joint, scale, "image")
    engine = ClassicalEngine(thresholds, config.denoise_px, config.crack_width_px)
    return label_image(grey, zone, engine, config, thresholds, edge, reach)


_network = lru_cache(maxsize=1)(Network.load)


def network_maps(grey: U8, zone: U8, network: Network, there: Sequence[bool]) -> U8:
    """Ask a network for the maps of an image, (channel, row, column), window by window.

    Parameters
    ----------
    grey
        Pixels on the 8-bit scale.
    zone
        Phase by geometry.
    network
        The model.
    there
        Whether each of `maps.CLASSES` can be there.
    """
    noise = Noise.of(noises(grey, zone)).over(_normal(grey, zone).spread)

    def ask(smoothing: Smoothing) -> tuple[tuple[U8, U8], I64]:
        shown, maps = _shown(grey, zone, network, there, smoothing)
        return (shown, maps), outlines(maps, zone, _WHOLE)

    smoothing, (shown, maps) = settled(noise, ask)
    found = Gaps.find(gaps.counts(maps, shown, zone, _WHOLE))
    told = Solid.find(solid.counts(maps, shown, zone, _WHOLE))
    maps = smoothing.outlines(maps)
    for greys in (told, found):
        maps = maps if greys is None else greys.weigh(maps, shown, zone)
    return maps


def _shown(
    grey: U8, zone: U8, network: Network, there: Sequence[bool], smoothing: Smoothing
) -> tuple[U8, U8]:
    """Give smoothed greys, and what a network says of them."""
    grey = smoothing.greys(grey, zone)
    normal = _normal(grey, zone)
    greys = np.where(zone != Phase.INVALID, normal.apply(grey), np.float32(0))
    maps = np.empty((len(MAPS), *grey.shape), np.uint8)
    shape = (grey.shape[0], grey.shape[1])
    for window in windows(shape):
        outer = window.padded(HALO, shape)
        maps[(..., *window.slices)] = network.look(
            greys[outer.slices], window, outer, window, there, normal.shares
        )[0]
    return grey, maps


def _normal(grey: U8, zone: U8) -> Normal:
    return Normal.of(np.bincount(grey[zone == UNDECIDED], minlength=256))


def label_image(
    pixels: U8,
    zone: U8,
    engine: Engine,
    config: SegmentConfig,
    thresholds: Thresholds | None = None,
    edge: int = WINDOW,
    reach: int = REACH,
) -> ImageSegments:
    """Label what an engine looks at, ([channel,] row, column), window by window."""
    shape = (zone.shape[0], zone.shape[1])

    def read(window: Window) -> tuple[U8, U8]:
        return pixels[(..., *window.slices)], zone[window.slices]

    parts: list[Segmented] = [
        segment_window(read, shape, window, engine, reach) for window in _grid(shape, edge)
    ]
    contacts = pd.concat([p.contacts() for p in parts], ignore_index=True)
    faces = pd.concat([p.faces() for p in parts], ignore_index=True)
    groups = resolve([(contacts, faces)], shape, Merge.of(config), edge)
    phases, confidence = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    particles = np.zeros(shape, np.uint64)
    for part in parts:
        spot = part.window.slices
        phases[spot], confidence[spot] = part.phases, part.confidence
        particles[spot] = relabel(part.basins.labels, groups)
    settle(phases, particles, config.crack_width_px)
    return ImageSegments(phases, particles, confidence, thresholds)


def relabel(basins: U64, groups: pd.DataFrame) -> U64:
    """Particle of every pixel, from its basin and the table `groups`."""
    basin = np.concatenate([[np.uint64(0)], groups["basin"].to_numpy()])
    particle = np.concatenate([[np.uint64(0)], groups["particle"].to_numpy()])
    return particle[np.searchsorted(basin, basins)]


def _grid(shape: tuple[int, int], edge: int) -> list[Window]:
    return [
        Window(r, min(r + edge, shape[0]), c, min(c + edge, shape[1]))
        for r in range(0, shape[0], edge)
        for c in range(0, shape[1], edge)
    ]
