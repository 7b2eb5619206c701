"""Defects that somebody looked for and reviewed, beside those that are planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from transect.detect.tables import PLANTS
from transect.errors import InputError
from transect.storage.csvs import read_csv

KINDS = ("macro_void", "agglomerate", "foreign_particle")
COLUMNS = ("kind", "size_um", "found")
_TRUE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_reviewed(path: Path) -> pd.DataFrame:
    """Read a CSV file of reviewed defects as rows of the table `plants`.

    Raises
    ------
    InputError
        Lists every fault: a column that is absent, a kind that is none, a size or a word that is
        not one.
    """
    frame = read_csv(path, COLUMNS)
    sizes = pd.to_numeric(frame["size_um"], errors="coerce").to_numpy(np.float64)
    words = frame["found"].str.strip().str.lower()
    faults = [
        f"line {line}: {fault}"
        for line, kind, size, text, word in zip(
            range(2, len(frame) + 2), frame["kind"], sizes, frame["size_um"], words, strict=True
        )
        for fault in _faults(kind, size, text, word)
    ]
    if faults:
        raise InputError(f"{path}: " + "; ".join(faults))
    return pd.DataFrame(
        {
            "kind": frame["kind"],
            "size_um": sizes,
            "mosaic_x_um": np.nan,
            "mosaic_y_um": np.nan,
            "found": words.map(_TRUE).astype(bool),
            "source": path.name,
        }
    )[PLANTS.names]


def _faults(kind: str, size: float, text: str, word: str) -> list[str]:
    faults = []
    if kind not in KINDS:
        faults.append(f"kind {kind!r}, expected {', '.join(KINDS)}")
    if not 0 < size < np.inf:
        faults.append(f"size_um {text!r}, expected a number above 0")
    if word not in _TRUE:
        faults.append(f"found {word!r}, expected 1 or 0")
    return faults
