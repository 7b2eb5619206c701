"""Tables that somebody wrote by hand: CSV files with columns of given names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from transect.errors import InputError


def read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file as words; other columns than those that are asked for may be there.

    Raises
    ------
    InputError
        The file cannot be read, or lacks a column.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as CSV: {error}") from None
    absent = [name for name in columns if name not in frame]
    if absent:
        raise InputError(
            f"{path}: no column {', '.join(absent)}; expected {', '.join(columns)}, found"
            f" {', '.join(map(str, frame.columns))}"
        )
    return frame
