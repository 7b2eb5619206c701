"""Truth tables of what was built: particles, cracks, voids, gaps and columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.phantom import tables
from transect.phantom.crack_table import cracks_table
from transect.phantom.objects import Objects
from transect.phantom.scene import Scene
from transect.phantom.shapes import outline_area

F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MIN_GAP_UM, MIN_GAP_PX, MIN_RUN_UM = 0.5, 3.0, 2.0
"""An opening counts as delaminated from this height, in both units, and this run on."""

_COLUMNS_KEPT = 200_000
_CHUNK = 1 << 16


def objects_tables(
    scene: Scene, counted: pd.DataFrame, crack_areas: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Particles, cracks, voids and agglomerates that show in the frame."""
    particles, cracks, voids, clumps = [], [], [], []
    for k in scene.strips.over(0, scene.columns):
        objects = scene.strips.strip(k)
        lines = cracks_table(scene, objects, crack_areas)
        particles.append(_particles(scene, objects, counted, lines))
        cracks.append(lines)
        voids.append(_voids(scene, objects, counted))
        clumps.append(_clumps(scene, objects))
    whole = pd.concat(cracks, ignore_index=True)
    whole = whole[whole["area_um2"] > 0].reset_index(drop=True)
    return (
        pd.concat(particles, ignore_index=True),
        whole,
        pd.concat(voids, ignore_index=True),
        pd.concat(clumps, ignore_index=True),
    )


def _outlines(objects: Objects) -> tuple[F64, F64]:
    """Exact area and largest radius of every outline."""
    pairs = [
        (outline_area(edge), float(edge.max()))
        for a, b in zip(objects.edge_start[:-1], objects.edge_start[1:], strict=True)
        for edge in [objects.edges[a:b]]
    ]
    found = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _particles(
    scene: Scene, objects: Objects, counted: pd.DataFrame, cracks: pd.DataFrame
) -> pd.DataFrame:
    px = scene.spec.px_um
    area, reach = _outlines(objects)
    x, y = objects.discs[:, 0], objects.discs[:, 1]
    here = counted.reindex(objects.ids).to_numpy(dtype=np.float64, na_value=0.0)
    by_particle = cracks[cracks["area_um2"] > 0].groupby("particle")["length_um"]
    lengths = by_particle.sum().reindex(objects.ids, fill_value=0.0).to_numpy()
    numbers = by_particle.count().reindex(objects.ids, fill_value=0).to_numpy()
    inside = (x - reach >= 0) & (x + reach <= scene.columns)
    inside &= (y - reach >= 0) & (y + reach <= scene.rows)
    filled = here[:, 0]
    shown = np.maximum(filled, 1)
    frame = pd.DataFrame(
        {
            "particle": objects.ids,
            "side": np.where(objects.side == 0, "a", "b"),
            "x_um": x * px,
            "y_um": y * px,
            "centroid_x_um": here[:, 3] / shown * px,
            "centroid_y_um": here[:, 4] / shown * px,
            "zeta": _zeta(scene, x, y, objects.side),
            "outline_area_um2": area * px * px,
            "outline_ecd_um": np.sqrt(4 * area / np.pi) * px,
            "area_filled_um2": filled * px * px,
            "area_um2": (filled - here[:, 1] - here[:, 2]) * px * px,
            "ecd_um": np.sqrt(4 * filled / np.pi) * px,
            "crack_area_um2": here[:, 1] * px * px,
            "void_area_um2": here[:, 2] * px * px,
            "n_cracks": numbers.astype(np.int64),
            "crack_length_um": lengths,
            "complete": inside,
            "second": objects.second == 1,
        }
    )
    return frame[(objects.ids > 0) & (filled > 0)].reset_index(drop=True)


def _zeta(scene: Scene, x: F64, y: F64, side: npt.NDArray[np.int64]) -> F64:
    curves = scene.layers.boundaries(x)
    base = np.where(side == 0, curves[3], curves[6])
    surface = np.where(side == 0, curves[2], curves[7])
    return np.asarray((y - base) / (surface - base))


def _voids(scene: Scene, objects: Objects, counted: pd.DataFrame) -> pd.DataFrame:
    px = scene.spec.px_um
    owners = objects.ids[objects.voids[:, 0].astype(np.int64)]
    frame = pd.DataFrame(
        {
            "particle": owners,
            "x_um": objects.voids[:, 1] * px,
            "y_um": objects.voids[:, 2] * px,
            "outline_area_um2": [outline_area(edge) * px * px for edge in objects.void_edges],
        }
    )
    return frame.loc[frame["particle"].isin(counted.index)].reset_index(drop=True)


def _clumps(scene: Scene, objects: Objects) -> pd.DataFrame:
    px = scene.spec.px_um
    area, reach = _outlines(objects)
    x = objects.discs[:, 0]
    keep = (objects.ids == 0) & (x + reach > 0) & (x - reach < scene.columns)
    frame = pd.DataFrame(
        {
            "side": np.where(objects.side == 0, "a", "b"),
            "x_um": x * px,
            "y_um": objects.discs[:, 1] * px,
            "outline_ecd_um": np.sqrt(4 * area / np.pi) * px,
        }
    )
    kept: pd.DataFrame = frame.loc[keep]
    return kept.reset_index(drop=True)


def columns_table(scene: Scene) -> tuple[pd.DataFrame, dict[str, Bools]]:
    """Boundaries at the centres of columns, and which columns of each side are delaminated.

    Long sections are listed at a regular stride, so that the table stays small.
    """
    delaminated = {side: _delaminated(scene, side) for side in scene.layers.sides}
    stride = -(-scene.columns // _COLUMNS_KEPT)
    column = np.arange(0, scene.columns, stride)
    x = column.astype(np.float64) + 0.5
    curves = scene.layers.boundaries(x)
    if scene.spec.geometry.foil == "none":
        curves = np.clip(curves, 0.0, float(scene.rows))
    px = scene.spec.px_um
    normal = px * float(np.cos(np.arctan(scene.layers.slope)))
    frames = []
    for side in scene.layers.sides:
        foil, sign = (4, -1) if side == "a" else (5, 1)
        near, far = curves[foil + 3 * sign], curves[foil + 4 * sign]
        absent = np.abs(far - near) < 1e-9
        frames.append(
            pd.DataFrame(
                {
                    "column_px": column,
                    "side": side,
                    "foil_px": curves[foil],
                    "base_px": curves[foil + sign],
                    "surface_px": curves[foil + 2 * sign],
                    "separator_near_px": np.where(absent, np.nan, near),
                    "separator_far_px": np.where(absent, np.nan, far),
                    "thickness_um": scene.layers.thickness_px(side, x) * px,
                    "gap_um": scene.layers.gaps[side].height(x) * px,
                    "delaminated": delaminated[side][column],
                    "collector_um": (curves[5] - curves[4]) * normal,
                }
            )
        )
    return pd.concat(frames, ignore_index=True), delaminated


def _delaminated(scene: Scene, side: str) -> Bools:
    px = scene.spec.px_um
    low = max(MIN_GAP_UM / px, MIN_GAP_PX)
    open_ = np.zeros(scene.columns, dtype=np.bool_)
    for a in range(0, scene.columns, _CHUNK):
        x = np.arange(a, min(a + _CHUNK, scene.columns), dtype=np.float64) + 0.5
        open_[a : a + x.size] = scene.layers.gaps[side].height(x) >= low
    edges = np.flatnonzero(np.diff(np.concatenate([[0], open_.astype(np.int8), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if (end - start) * px < MIN_RUN_UM:
            open_[start:end] = False
    return open_


def gaps_table(scene: Scene, delaminated: dict[str, Bools]) -> pd.DataFrame:
    """Every opening, cut at the frame."""
    px, rows = scene.spec.px_um, []
    for side, flags in delaminated.items():
        gaps = scene.layers.gaps[side]
        for start, end, height in gaps.between(0.0, float(scene.columns)):
            a, b = max(start, 0.0), min(end, float(scene.columns))
            fine = np.linspace(a, b, 2001, dtype=np.float64)
            run = int(flags[int(a) : int(np.ceil(b))].sum())
            rows.append(
                {
                    "side": side,
                    "x0_um": a * px,
                    "x1_um": b * px,
                    "height_um": min(height, float(gaps.height(fine).max())) * px,
                    "run_um": run * px,
                    "area_um2": float(np.trapezoid(gaps.height(fine), fine)) * px * px,
                }
            )
    return pd.DataFrame(rows, columns=tables.GAPS.names)
