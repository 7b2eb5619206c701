"""Segmentation of a bare image in memory: what benchmarks and notebooks call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.candidates import settle
from transect.config import SegmentConfig
from transect.parallel import WINDOW, Window
from transect.segment.classical import ClassicalEngine
from transect.segment.distance import REACH
from transect.segment.engine import UNDECIDED, Engine
from transect.segment.groups import resolve
from transect.segment.thresholds import (
    Thresholds,
    denoise,
    histogram,
    scale_of,
    thresholds_from,
    to_scale,
)
from transect.segment.windows import Segmented, segment_window

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class ImageSegments:
    """Labels of a whole image."""

    phases: U8
    particles: U64
    confidence: U8
    thresholds: Thresholds


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
        Settings; lengths are in pixels, so no pixel size is needed.
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
    """
    config = config or SegmentConfig()
    zone = np.full(image.shape, UNDECIDED, np.uint8) if zone is None else zone
    scale = scale_of(image[zone == UNDECIDED], "image")
    grey = to_scale(image, scale)
    joint = histogram(denoise(grey, config.denoise_px), zone)
    thresholds = thresholds_from(joint, scale, "image")
    engine = ClassicalEngine(thresholds, config.denoise_px, config.crack_width_px)
    return label_image(grey, zone, engine, config, thresholds, edge, reach)


def label_image(
    grey: U8,
    zone: U8,
    engine: Engine,
    config: SegmentConfig,
    thresholds: Thresholds,
    edge: int = WINDOW,
    reach: int = REACH,
) -> ImageSegments:
    """Label pixels on the 8-bit scale with an engine, window by window."""
    shape = (grey.shape[0], grey.shape[1])

    def read(window: Window) -> tuple[U8, U8]:
        return grey[window.slices], zone[window.slices]

    parts: list[Segmented] = [
        segment_window(read, shape, window, engine, reach) for window in _grid(shape, edge)
    ]
    contacts = pd.concat([p.contacts() for p in parts], ignore_index=True)
    faces = pd.concat([p.faces() for p in parts], ignore_index=True)
    groups = resolve([(contacts, faces)], shape, config.merge_saddle, edge)
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
