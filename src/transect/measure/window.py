"""One window: all kernels in turn over its core, with a halo of fixed width around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.candidates import settle, settle_halo
from transect.config import MeasureConfig
from transect.measure import components, objects, partials, skeleton
from transect.measure.crack_points import ALONG, skeleton_points
from transect.measure.lines import Lines
from transect.measure.localise import Groups, localise
from transect.measure.outline import outlines
from transect.measure.partials import Partials
from transect.measure.source import Source
from transect.measure.touching import touching
from transect.measure.zones import COUNTED, zone_sums
from transect.parallel import Window
from transect.phases import Phase

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Reach:
    """Distances of the configuration in pixels of one section."""

    ring: int
    contact: int
    block: int
    walls: int
    depth_bins: int
    above: int

    @property
    def halo(self) -> int:
        """Pixels around a window that its measurement depends on."""
        thin = skeleton.HALO + ALONG
        return settle_halo(self.walls) + max(thin, self.contact, self.ring) + 2


def reach_of(config: MeasureConfig, px_um: float) -> Reach:
    """Convert the distances of the configuration to pixels."""
    return Reach(
        max(1, round(config.ring_um / px_um)),
        max(1, round(config.contact_um / px_um)),
        max(1, round(config.x_block_um / px_um)),
        config.walls_px,
        config.depth_bins,
        max(1, round(config.interface_um / px_um)),
    )


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
    """
    padded = window.padded(reach.halo, shape)
    inside = window.inside(padded)
    local, ids = localise(basins, groups)
    phases = phases.copy()
    settle(phases, local, reach.walls)
    sums = measure_settled(phases, local, ids, grey, lines, window, padded, shape, reach)
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
    """
    inside = window.inside(padded)
    core = np.array([inside[0].start, inside[0].stop, inside[1].start, inside[1].stop])
    origin = np.array([padded.row0, padded.col0])
    return Partials(
        {
            **_particles(phases, local, grey, ids, core, origin, shape, reach),
            **_openings(phases, local, grey, ids, core, origin, shape),
            "greys": _greys(phases[inside], grey[inside]),
            "sums": _zones(phases, core, padded, window, lines, reach),
            "touching": _touching(phases, core, padded, window, lines, reach),
        }
    )


def _frame(kind: str, *columns: Array) -> pd.DataFrame:
    """Table of a kind from arrays of one or more columns each, in the schema's order."""
    schema = partials.SCHEMAS[kind]
    wide = [part if part.ndim == 2 else part[:, None] for part in columns]
    flat = [part[:, i] for part in wide for i in range(part.shape[1])]
    named = zip(schema.columns, flat, strict=True)
    return pd.DataFrame({c.name: values.astype(c.dtype) for c, values in named})


def _particles(
    phases: Array,
    local: Array,
    grey: Array,
    ids: Array,
    core: Array,
    origin: Array,
    shape: tuple[int, int],
    reach: Reach,
) -> dict[str, pd.DataFrame]:
    anchors = anchors_of(ids, shape[1])
    sums, boxes, low, high = objects.particle_sums(phases, local, grey, core, origin, anchors)
    crossings, pairs = outlines(phases, local, core, origin, len(ids), reach.ring, reach.contact)
    here = boxes[:, 1] >= 0
    parts = (ids, sums, crossings, boxes, low, high)
    return {
        "particles": _frame("particles", *(part[here] for part in parts)),
        "neighbours": _frame("neighbours", ids[pairs[:, 0]], ids[pairs[:, 1]]),
    }


def anchors_of(ids: Array, columns: int) -> Array:
    """Row and column that each particle's moments refer to: the pixel that its id names."""
    index = np.maximum(ids.astype(np.int64) - 1, 0)
    return np.stack([index // columns, index % columns], axis=1)


def _openings(
    phases: Array,
    local: Array,
    grey: Array,
    ids: Array,
    core: Array,
    origin: Array,
    shape: tuple[int, int],
) -> dict[str, pd.DataFrame]:
    found = components.components(phases, local, core, origin, shape)
    steps = np.zeros((len(found.keys), len(partials.STEPS)), np.int64)
    crack = found.keys[:, 0] == Phase.CRACK
    points = partials.POINTS.empty()
    if crack.any():
        thin = skeleton.thin(phases == Phase.CRACK)
        skeleton.skeleton_steps(thin, found.labels, core, steps)
        points = _points(thin, found, phases, local, grey, core, origin)
    owners = ids[found.keys[:, 1]]
    head = (found.first, found.keys[:, 0], owners)
    faces, on = found.faces[:, :5], found.faces[:, 5]
    return {
        "cracks": _frame("cracks", *(p[crack] for p in (*head, found.sums, steps))),
        "pores": _frame("pores", *(p[~crack] for p in (*head, found.sums, found.boxes))),
        "runs": _frame("runs", faces, *(p[on] for p in head)),
        "points": points,
    }


def _points(
    thin: Array,
    found: components.Components,
    phases: Array,
    local: Array,
    grey: Array,
    core: Array,
    origin: Array,
) -> pd.DataFrame:
    sparse, owners = skeleton_points(
        thin, found.labels, phases, local, grey, core, int(Phase.CRACK)
    )
    return _frame("points", sparse[:, :2] + origin, found.first[owners], sparse[:, 2:])


def _greys(phases: Array, grey: Array) -> pd.DataFrame:
    """Sum the greys of pores: what an opening looks like that is wide enough to be seen."""
    pores = phases == Phase.PORE
    count, total = np.count_nonzero(pores), int(grey[pores].sum(dtype=np.int64))
    return _frame("greys", *(np.array([v]) for v in (int(Phase.PORE), count, total)))


def _zones(
    phases: Array, core: Array, padded: Window, window: Window, lines: Lines, reach: Reach
) -> pd.DataFrame:
    columns = slice(window.col0, window.col1)
    first = window.col0 // reach.block
    blocks = np.arange(window.col0, window.col1) // reach.block - first
    stretch = (
        np.ascontiguousarray(np.nan_to_num(lines.base[:, columns])),
        np.where(lines.coated[:, columns], lines.thickness[:, columns], 1.0),
        np.ascontiguousarray(lines.coated[:, columns]),
    )
    counts, edges = zone_sums(
        phases, core, padded.row0, lines.cut[columns], stretch, reach.depth_bins, blocks
    )
    at = np.argwhere(counts)
    codes = np.array([int(p) for p in COUNTED])
    cells = np.stack([at[:, 0] + first, at[:, 1], at[:, 2], codes[at[:, 3]]], axis=1)
    on = np.argwhere(edges)
    steps = np.stack([on[:, 0] + first, on[:, 1], np.full(len(on), -1), on[:, 2]], axis=1)
    return _frame(
        "sums",
        np.concatenate([cells, steps]),
        np.concatenate([counts[tuple(at.T)], edges[tuple(on.T)]]),
    )


def _touching(
    phases: Array, core: Array, padded: Window, window: Window, lines: Lines, reach: Reach
) -> pd.DataFrame:
    """Count what lies on the collector, from its own edges on: an open gap lies on it too."""
    if not lines.foil:
        return partials.TOUCHES.empty()
    columns = slice(window.col0, window.col1)
    seen = (lines.measured & lines.coated)[:, columns]
    base, gap = lines.base[:, columns], lines.gap[:, columns]
    edge = np.stack([base[0] + gap[0], base[1] - gap[1]])
    edge = np.where(seen & np.isfinite(edge), edge, -1.0)
    # The first pixel whose middle is beyond the edge.
    first = np.stack([np.ceil(edge[0] - 0.5) - 1, np.ceil(edge[1] - 0.5)])
    first = np.where(edge >= 0, first, -1).astype(np.int64)
    counts = touching(phases, core, padded.row0, first, reach.above)
    sides, places = np.nonzero(counts.sum(axis=2))
    return _frame("touching", places + window.col0, sides, counts[sides, places])
