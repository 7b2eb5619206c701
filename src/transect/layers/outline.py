"""Where coatings and separators begin on the coarse level, one side of the foil at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter, uniform_filter1d

from transect.layers.envelope import bridge
from transect.layers.greys import Greys

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outline:
    """One side on the coarse level: distances outwards from the foil, in coarse px.

    Attributes
    ----------
    coating
        Distance of the outermost active material of each column's neighbourhood.
    material
        Distance of the outermost material of any kind.
    separator
        Whether a layer without active material lies on the coating.
    """

    coating: F64
    material: F64
    separator: bool


def straighten(image: F32, border: F64, step: int, rows: int) -> F32:
    """Image as seen from a border: row k is k px outwards from it; NaN outside the image."""
    out = np.full((rows, image.shape[1]), np.nan, np.float32)
    columns = np.arange(image.shape[1])
    first = np.floor(border).astype(int) if step > 0 else np.ceil(border).astype(int) - 1
    for k in range(rows):
        r = first + step * k
        inside = (r >= 0) & (r < image.shape[0])
        out[k, inside] = image[r[inside], columns[inside]]
    return out


def outline(seen: F32, greys: Greys, px: float, thinnest_um: float) -> Outline | None:
    """Find coating and separator on one side.

    Parameters
    ----------
    seen
        Straightened coarse image of the side, not recorded pixels NaN.
    greys
        Greys of the section.
    px
        Coarse pixel size in um.
    thinnest_um
        Layers thinner than this are not told apart.

    Returns
    -------
    None where there is no coating: active material is missing near the foil.
    """
    with np.errstate(invalid="ignore"):
        active = (seen > greys.active).astype(np.float64)
        material = (seen > greys.material).astype(np.float64)
    width = max(int(round(20.0 / px)), 3)
    along = uniform_filter1d(active, min(width, seen.shape[1]), axis=1, mode="nearest")
    deep = uniform_filter1d(material, min(width, seen.shape[1]), axis=1, mode="nearest")
    # Shares of a 20 um wide neighbourhood: loose crumbs stay below, a layer does not.
    coating, edge = _last(along > 0.1), _last(deep > 0.5)
    # Columns whose surface was not recorded follow their neighbours.
    reach = int(np.median(np.maximum(coating, edge))) + 2
    shown = np.isfinite(seen[:reach]).all(axis=0)
    if shown.any():
        coating, edge = (bridge(np.where(shown, line, np.nan)) for line in (coating, edge))
    if np.median(coating) * px < thinnest_um:
        return None
    edge = np.maximum(edge, coating)
    beyond = float(np.median(edge - coating)) * px
    return Outline(_calm(coating), _calm(edge), beyond > thinnest_um)


def _last(mask: Bool) -> F64:
    """One past the last true row of each column."""
    rows = mask.shape[0]
    return np.where(mask.any(axis=0), rows - np.argmax(mask[::-1], axis=0), 0).astype(np.float64)


def _calm(line: F64) -> F64:
    return np.asarray(median_filter(line, size=min(31, line.size) | 1, mode="nearest"))
