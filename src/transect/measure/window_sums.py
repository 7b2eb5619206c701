"""The sums of one window, a table for each kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure import components, objects, skeleton
from transect.measure.crack_points import skeleton_points
from transect.measure.lines import Lines
from transect.measure.outline import outlines
from transect.measure.partial_schemas import POINTS, STEPS, TOUCHES, frame_of
from transect.measure.reach import Reach
from transect.measure.touching import touching
from transect.measure.zones import COUNTED, zone_sums
from transect.parallel import Window
from transect.phases import Phase

Array = npt.NDArray[Any]


def particles_of(
    phases: Array,
    local: Array,
    grey: Array,
    ids: Array,
    core: Array,
    origin: Array,
    shape: tuple[int, int],
    reach: Reach,
) -> dict[str, pd.DataFrame]:
    """Sum over the particles of the core, and pair them with their neighbours."""
    anchors = anchors_of(ids, shape[1])
    sums, boxes, low, high = objects.particle_sums(phases, local, grey, core, origin, anchors)
    crossings, pairs = outlines(phases, local, core, origin, len(ids), reach.ring, reach.contact)
    here = boxes[:, 1] >= 0
    parts = (ids, sums, crossings, boxes, low, high)
    return {
        "particles": frame_of("particles", *(part[here] for part in parts)),
        "neighbours": frame_of("neighbours", ids[pairs[:, 0]], ids[pairs[:, 1]]),
    }


def anchors_of(ids: Array, columns: int) -> Array:
    """Row and column that each particle's moments refer to: the pixel that its id names."""
    index = np.maximum(ids.astype(np.int64) - 1, 0)
    return np.stack([index // columns, index % columns], axis=1)


def openings_of(
    phases: Array,
    local: Array,
    grey: Array,
    ids: Array,
    core: Array,
    origin: Array,
    shape: tuple[int, int],
) -> dict[str, pd.DataFrame]:
    """Sum over connected cracks, pores, voids and gaps, and look at the skeletons of cracks."""
    found = components.components(phases, local, core, origin, shape)
    steps = np.zeros((len(found.keys), len(STEPS)), np.int64)
    crack = found.keys[:, 0] == Phase.CRACK
    points = POINTS.empty()
    if crack.any():
        thin = skeleton.thin(phases == Phase.CRACK)
        skeleton.skeleton_steps(thin, found.labels, core, steps)
        points = _points(thin, found, phases, local, grey, core, origin)
    owners = ids[found.keys[:, 1]]
    head = (found.first, found.keys[:, 0], owners)
    faces, on = found.faces[:, :5], found.faces[:, 5]
    return {
        "cracks": frame_of("cracks", *(p[crack] for p in (*head, found.sums, steps))),
        "pores": frame_of("pores", *(p[~crack] for p in (*head, found.sums, found.boxes))),
        "runs": frame_of("runs", faces, *(p[on] for p in head)),
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
    return frame_of("points", sparse[:, :2] + origin, found.first[owners], sparse[:, 2:])


def greys_of(phases: Array, grey: Array) -> pd.DataFrame:
    """Sum the greys of pores: what an opening looks like that is wide enough to be seen."""
    pores = phases == Phase.PORE
    count, total = np.count_nonzero(pores), int(grey[pores].sum(dtype=np.int64))
    return frame_of("greys", *(np.array([v]) for v in (int(Phase.PORE), count, total)))


def zones_of(
    phases: Array, core: Array, padded: Window, window: Window, lines: Lines, reach: Reach
) -> pd.DataFrame:
    """Count phases by x-block, side and depth, and steps across the edge of the material."""
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
    return frame_of(
        "sums",
        np.concatenate([cells, steps]),
        np.concatenate([counts[tuple(at.T)], edges[tuple(on.T)]]),
    )


def touching_of(
    phases: Array, core: Array, padded: Window, window: Window, lines: Lines, reach: Reach
) -> pd.DataFrame:
    """Count what lies on the collector, from its own edges on: an open gap lies on it too."""
    if not lines.foil:
        return TOUCHES.empty()
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
    return frame_of("touching", places + window.col0, sides, counts[sides, places])
