"""Truth of the cracks of a strip."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.phantom.objects import CRACKS, Objects
from transect.phantom.scene import Scene

F64 = npt.NDArray[np.float64]

_SAMPLES = 16


def cracks_table(scene: Scene, objects: Objects, areas: pd.DataFrame) -> pd.DataFrame:
    """Every crack; areas are zero of those that do not show."""
    px, lines = scene.spec.px_um, objects.lines
    ids = objects.cracks[:, 2].astype(np.int64)
    pieces = np.hypot(*np.moveaxis(np.diff(lines, axis=1), -1, 0))
    shown = _visible(scene, lines)
    counted = areas["area"].reindex(ids, fill_value=0).to_numpy()
    middle = (lines[:, 0] + lines[:, -1]) / 2
    frame = pd.DataFrame(
        {
            "crack": ids,
            "particle": ids // CRACKS,
            "x_um": middle[:, 0] * px,
            "y_um": middle[:, 1] * px,
            "length_um": (pieces * shown).sum(axis=1) * px,
            "width_um": objects.cracks[:, 1] * px,
            "area_um2": counted * px * px,
        }
    )
    return frame if frame["crack"].is_unique else _networks(frame)


def _networks(branches: pd.DataFrame) -> pd.DataFrame:
    """One row for each crack: branches that are joined have one id, and were counted as one."""
    weight = branches["length_um"]
    weighed = branches.assign(x_um=branches["x_um"] * weight, y_um=branches["y_um"] * weight)
    whole = weighed.groupby("crack", sort=False, as_index=False).agg(
        {
            "particle": "first",
            "x_um": "sum",
            "y_um": "sum",
            "length_um": "sum",
            "width_um": "max",
            "area_um2": "first",
        }
    )
    shown = whole["length_um"].clip(lower=1e-12)
    return whole.assign(x_um=whole["x_um"] / shown, y_um=whole["y_um"] / shown)


def _visible(scene: Scene, lines: F64) -> F64:
    """Share of every piece of every line that lies in the frame and in the coating."""
    if not len(lines):
        return np.zeros((0, lines.shape[1] - 1))
    t = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    points = lines[:, :-1, None] * (1 - t)[:, None] + lines[:, 1:, None] * t[:, None]
    x, y = points[..., 0].ravel(), points[..., 1].ravel()
    curves = scene.layers.boundaries(x)
    shown = ((y > curves[2]) & (y < curves[3])) | ((y > curves[6]) & (y < curves[7]))
    shown &= (x >= 0) & (x < scene.columns) & (y >= 0) & (y < scene.rows)
    return np.asarray(shown.reshape(points.shape[:-1]).mean(axis=-1))
