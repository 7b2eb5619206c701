"""What a made-up section is like, and tables of which a test fills some columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from transect.storage.tables import Schema

PX_UM = 0.05
ZERO = {"string": "", "bool": False, "float64": np.nan}


@dataclass(frozen=True)
class Made:
    """What a section is like."""

    batch: str = "B07"
    cell: str = "C1"
    section: str = "s01"
    rows: int = 900
    columns: int = 5200
    grid: tuple[int, int] = (3, 14)
    particles: bool = True
    foil: bool = True
    blank: bool = False
    seed: int = 7
    shift: float = 0.0

    @property
    def keys(self) -> dict[str, str]:
        return {"batch": self.batch, "cell": self.cell, "section": self.section}


def fill(schema: Schema, rows: int, **columns: Any) -> pd.DataFrame:
    """Table of a schema: the columns given, and nothing in the others."""
    return pd.DataFrame(
        {c.name: columns.get(c.name, np.full(rows, ZERO.get(c.dtype, 0))) for c in schema.columns}
    )
