"""One window: all kernels in turn over its core, with a halo of fixed width around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.candidates import settle
from transect.measure.elements import Counts, element_sums
from transect.measure.films import film_sums
from transect.measure.lines import Lines
from transect.measure.localise import Groups, localise
from transect.measure.partials import Partials
from transect.measure.reach import Reach
from transect.measure.source import Source
from transect.measure.window_sums import greys_of, openings_of, particles_of, touching_of, zones_of
from transect.parallel import Window

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Measured:
    """What one window gives: its sums and the final labels of its core."""

    window: Window
    partials: Partials
    phases: Array
    particles: Array


def measure_window(source: Source, window: Window, reach: Reach) -> Measured:
    """Read a window of a section and measure its core."""
    padded = window.padded(reach.halo, source.shape)
    return measure_arrays(
        source.phases.read(padded),
        source.basins.read(padded),
        source.grey(padded),
        source.groups,
        source.lines,
        window,
        source.shape,
        reach,
        source.counts(window),
    )


def measure_arrays(
    phases: Array,
    basins: Array,
    grey: Array,
    groups: Groups,
    lines: Lines,
    window: Window,
    shape: tuple[int, int],
    reach: Reach,
    counts: Counts | None = None,
) -> Measured:
    """Measure the core of a window, given the pixels of the padded one.

    Parameters
    ----------
    phases, basins, grey
        Provisional phases, basins and grey values of the window padded by `reach.halo`.
    groups
        Which particle every basin belongs to.
    lines
        Layers of the section.
    window
        The core, in the mosaic.
    shape
        Rows and columns of the mosaic.
    reach
        Distances in pixels.
    counts
        X-ray counts of the core, if there are any.
    """
    padded = window.padded(reach.halo, shape)
    inside = window.inside(padded)
    local, ids = localise(basins, groups)
    phases = phases.copy()
    settle(phases, local, reach.walls)
    sums = measure_settled(phases, local, ids, grey, lines, window, padded, shape, reach, counts)
    return Measured(window, sums, phases[inside], ids[local[inside]])


def measure_settled(
    phases: Array,
    local: Array,
    ids: Array,
    grey: Array,
    lines: Lines,
    window: Window,
    padded: Window,
    shape: tuple[int, int],
    reach: Reach,
    counts: Counts | None = None,
) -> Partials:
    """Sum over the core of a window whose openings are settled.

    Parameters
    ----------
    phases, local, grey
        Final phases, local numbers of particles and grey values of the padded window.
    ids
        Particle of each local number.
    lines
        Layers of the section.
    window, padded
        The core, and what is known around it, in the mosaic.
    shape
        Rows and columns of the mosaic.
    reach
        Distances in pixels.
    counts
        X-ray counts of the core, if there are any.
    """
    inside = window.inside(padded)
    core = np.array([inside[0].start, inside[0].stop, inside[1].start, inside[1].stop])
    origin = np.array([padded.row0, padded.col0])
    return Partials(
        {
            **particles_of(phases, local, grey, ids, core, origin, shape, reach),
            **openings_of(phases, local, grey, ids, core, origin, shape),
            "greys": greys_of(phases[inside], grey[inside]),
            "sums": zones_of(phases, core, padded, window, lines, reach),
            "touching": touching_of(phases, core, padded, window, lines, reach),
            "films": film_sums(phases, local, grey, inside, window, reach),
            **element_sums(counts, phases[inside], local[inside], ids, window, reach.block),
        }
    )
