"""CSV files: UTF-8, decimal points, blank for what is not known; units in the second line."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from transect.storage.tables import Schema


def write_csv(
    path: Path, parts: Iterable[pd.DataFrame], schema: Schema, *, units: bool = True
) -> int:
    """Write rows part by part: the whole table is never in memory.

    Parameters
    ----------
    path
        File to write.
    parts
        Rows, with exactly the schema's columns.
    schema
        Names and units.
    units
        Whether a second line tells the units.

    Returns
    -------
    Rows that were written.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(schema.names)
        if units:
            writer.writerow([c.unit for c in schema.columns])
        for part in parts:
            part.to_csv(file, header=False, index=False, lineterminator="\n")
            count += len(part)
    return count


def write_columns(path: Path, schemas: Iterable[Schema]) -> None:
    """Write what every column of every file means.

    Parameters
    ----------
    path
        File to write.
    schemas
        Of the files.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["table", "version", "column", "unit", "definition"])
        for schema in schemas:
            writer.writerows(
                [schema.name, schema.version, c.name, c.unit, c.definition] for c in schema.columns
            )
