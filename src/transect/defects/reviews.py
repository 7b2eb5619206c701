"""What somebody said of defects: a table of ids and words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from transect.errors import InputError
from transect.storage.csvs import read_csv

WORDS = ("open", "confirmed", "rejected")
COLUMNS = ("batch", "cell", "section", "defect", "review")


def read_reviews(path: Path, keys: dict[str, str]) -> dict[str, str]:
    """Read what is said of a section's defects, by their ids.

    Parameters
    ----------
    path
        CSV file with batch, cell, section, defect and review.
    keys
        Batch, cell and section.

    Raises
    ------
    InputError
        A column is absent or a word is not one; each is named.
    """
    frame = read_csv(path, COLUMNS)
    strange = [
        f"line {line}: review {word!r}, expected {', '.join(WORDS)}"
        for line, word in enumerate(frame["review"], 2)
        if word not in WORDS
    ]
    if strange:
        raise InputError(f"{path}: " + "; ".join(strange))
    mine = frame[(frame[list(keys)] == pd.Series(keys)).all(axis=1)]
    return dict(zip(mine["defect"], mine["review"], strict=True))
