"""The layers of a section: where foil, coatings and separator are, column by column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.errors import StorageError
from transect.kernels import kernel
from transect.parallel import Window
from transect.phases import Phase
from transect.storage.tables import Column, Schema, read_metadata, read_table

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]

_SIDES = {"a": "above the foil (smaller rows)", "b": "below the foil (larger rows)"}
_BOUNDARIES = {
    "base_px": "First row of coating seen from the foil, after any gap; side {}",
    "surface_px": "Top envelope of the coating, side {}",
    "mean_surface_px": "Mean surface of the coating, side {}",
    "separator_near_px": "Border of the separator that faces the coating, side {}",
    "separator_far_px": "Border of the separator that faces away, side {}",
}

LAYERS = Schema(
    "layers",
    2,
    "Boundaries of the layers at every column of the mosaic",
    (
        Column("column_px", "int64", "px", "Column of the mosaic"),
        Column("foil_top_px", "float64", "px", "Upper border of the foil"),
        Column("foil_bottom_px", "float64", "px", "Lower border of the foil"),
        *(
            Column(f"{side}_{name}", "float64", "px", text.format(where))
            for side, where in _SIDES.items()
            for name, text in _BOUNDARIES.items()
        ),
        *(
            Column(
                f"{side}_measured",
                "bool",
                "",
                "Whether base and surface of the coating were recorded and found; where not, they"
                f" are carried on from the neighbours and are no measurement; side {side}, {where}",
            )
            for side, where in _SIDES.items()
        ),
    ),
)

LINES = [column.name for column in LAYERS.columns if column.dtype == "float64"]
"""Boundaries, in the order of the table's columns."""

_OUTSIDE, _COLLECTOR, _COATING = int(Phase.OUTSIDE), int(Phase.COLLECTOR), int(Phase.PORE)
_SEPARATOR, _GAP, _INVALID = int(Phase.SEPARATOR), int(Phase.GAP), int(Phase.INVALID)


@kernel
def _side(y: float, base: float, surface: float, near: float, far: float) -> int:
    """Phase at a height that grows away from the foil; comparisons with NaN are false."""
    if y < base:
        return _GAP
    if base <= y < surface:
        return _COATING
    if near <= y < far:
        return _SEPARATOR
    return _OUTSIDE


@kernel
def _zone(bounds: F64, row0: int, out: U8) -> None:
    rows, cols = out.shape
    for c in range(cols):
        b = bounds[c]
        foil = not np.isnan(b[0])
        for r in range(rows):
            y = row0 + r + 0.5
            if foil and b[0] <= y < b[1]:
                out[r, c] = _COLLECTOR
            elif not foil:
                out[r, c] = _COATING if b[3] <= y < b[2] else _OUTSIDE
            elif y < b[0]:
                out[r, c] = _side(-y, -b[2], -b[3], -b[5], -b[6])
            else:
                out[r, c] = _side(y, b[7], b[8], b[10], b[11])


@dataclass(frozen=True)
class Layers:
    """The table `layers` of a section.

    Attributes
    ----------
    bounds
        Boundaries in the order of the table's columns, shape (column, 12); NaN where absent.
    facts
        What was found: greys, sides, thickness.
    """

    bounds: F64
    facts: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Layers:
        """Read a table of layers.

        Raises
        ------
        StorageError
            The file is no table of layers.
        """
        frame = read_table(path, LAYERS)
        facts = read_metadata(path)
        if "facts" not in facts:
            raise StorageError(f"{path}: facts of the layers are missing; run transect layers")
        return cls.of(frame, json.loads(facts["facts"]))

    @classmethod
    def of(cls, frame: pd.DataFrame, facts: Mapping[str, Any]) -> Layers:
        """Take a table that is in memory."""
        return cls(frame[LINES].to_numpy(np.float64), facts)

    def zone(self, window: Window, valid: U8 | None = None) -> U8:
        """Phase by geometry of a window; PORE stands for coating, whatever is in it.

        Parameters
        ----------
        window
            Rows and columns of the mosaic.
        valid
            Not 0 where a pixel was recorded, shape of the window; all when absent.
        """
        out = np.empty(window.shape, np.uint8)
        _zone(self.bounds[window.col0 : window.col1], window.row0, out)
        if valid is not None:
            out[valid == 0] = _INVALID
        return out
