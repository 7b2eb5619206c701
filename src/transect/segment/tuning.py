"""What a network is told of a whole section, or is corrected by: found in a few of its windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from transect.config import SegmentConfig
from transect.parallel import run
from transect.segment.gaps import Gaps
from transect.segment.network import Network
from transect.segment.predictor import Predictor
from transect.segment.section import Section, sampled, smoothed_normal
from transect.segment.smoothing import Smoothing, settled
from transect.segment.solid import Solid
from transect.segment.thresholds import Thresholds
from transect.segment.zoom import Zoom

I64 = npt.NDArray[np.int64]

LOOKED_AT = 12
"""Windows that the network is asked for, at most."""


def tune(
    section: Section, found: Thresholds, network: Network, config: SegmentConfig, threads: int
) -> Thresholds:
    """Add to a section's thresholds how it is smoothed, and what its greys say to a network.

    Parameters
    ----------
    section
        Mosaic and layers.
    found
        What its histograms say.
    network
        The model.
    config
        Settings of the engine.
    threads
        Windows to work on at the same time.

    Raises
    ------
    ModelError
        The section's pixels are far from those that the network was trained for.
    """
    zoom = Zoom.to(1000 * section.mosaic.px_um, network.card.px_nm)
    noise = found.noise.over(found.normal.spread)

    def ask(smoothing: Smoothing) -> tuple[tuple[Thresholds, I64, I64], I64]:
        shown = replace(found, smoothing=smoothing)
        if smoothing.greys_px:
            normal = smoothed_normal(section, found.scale, smoothing, threads)
            shown = replace(shown, normal=normal)
        predictor = Predictor.of(section, shown, network, config)
        between, sure = np.zeros(256, np.int64), np.zeros((2, 256), np.int64)
        drawn = np.zeros(2, np.int64)
        grid = sampled(section.mosaic.shape, LOOKED_AT)
        for found_here in run(predictor.counts, grid, threads, "what the network sees"):
            for total, part in zip((between, sure, drawn), found_here, strict=True):
                total += part
        return (shown, between, sure), drawn

    smoothing, (shown, between, sure) = settled(noise, ask, zoom.binned, zoom.factor)
    return replace(shown, gaps=Gaps.find(between), solid=Solid.find(sure), smoothing=smoothing)
