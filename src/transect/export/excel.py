"""One Excel workbook: a sheet that explains, and one sheet per table with units in its second row.

Rows are written as they come, so that memory does not grow with them. Text is never taken for a
formula or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from transect import __version__
from transect.storage.tables import Schema

MOST = 1_048_576
"""Rows of a sheet of Excel."""
HEAD = 2
"""Rows before the first value: names and units."""
# The same results give the same bytes: a workbook does not say when it was written.
_WHEN = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@dataclass
class Sheet:
    """A sheet: its columns, its rows part by part, how many there are, and what to know of it."""

    schema: Schema
    parts: Iterable[pd.DataFrame]
    rows: int
    note: str = ""

    @property
    def fits(self) -> bool:
        """Whether Excel can hold it."""
        return self.rows + HEAD <= MOST


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook.

    Parameters
    ----------
    path
        File to write.
    sheets
        In the order of their tabs; one that is too long is named on the first sheet only.
    """
    options = {
        "constant_memory": True,
        "nan_inf_to_errors": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "in_memory": False,
        "tmpdir": str(path.parent),
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _WHEN, "comments": f"transect {__version__}"})
        bold = book.add_format({"bold": True})
        _explain(book.add_worksheet("about"), sheets, bold)
        for sheet in sheets:
            if sheet.fits:
                _fill(book.add_worksheet(sheet.schema.name[:31]), sheet, bold)


def _explain(page: Any, sheets: Sequence[Sheet], bold: Any) -> None:
    rows: list[tuple[Any, ...]] = [
        ("transect", __version__),
        (),
        ("table", "version", "rows", "what it holds", "note"),
    ]
    for sheet in sheets:
        note = sheet.note if sheet.fits else f"too long for a sheet of {MOST} rows: take the CSV"
        schema = sheet.schema
        rows.append((schema.name, schema.version, sheet.rows, schema.title, note))
    rows += [(), ("table", "column", "unit", "definition")]
    for sheet in sheets:
        rows += [(sheet.schema.name, c.name, c.unit, c.definition) for c in sheet.schema.columns]
    page.set_column(0, 2, 22)
    page.set_column(3, 3, 90)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(number, column, value, bold if row[:1] == ("table",) else None)


def _fill(page: Any, sheet: Sheet, bold: Any) -> None:
    page.freeze_panes(HEAD, 0)
    page.set_column(0, len(sheet.schema.columns) - 1, 16)
    for column, known in enumerate(sheet.schema.columns):
        page.write_string(0, column, known.name, bold)
    for column, known in enumerate(sheet.schema.columns):
        page.write_string(1, column, known.unit)
    number = HEAD
    for part in sheet.parts:
        for row in part.itertuples(index=False, name=None):
            for column, value in enumerate(row):
                _cell(page, number, column, value)
            number += 1


def _cell(page: Any, row: int, column: int, value: Any) -> None:
    """Write a value; what is not known stays blank."""
    if isinstance(value, str):
        page.write_string(row, column, value)
    elif isinstance(value, bool | np.bool_):
        page.write_boolean(row, column, bool(value))
    elif value is not None and np.isfinite(value):
        # Excel's numbers have 15 digits: longer ids are text.
        if isinstance(value, int | np.integer) and abs(int(value)) >= 10**15:
            page.write_string(row, column, str(value))
        else:
            page.write_number(row, column, value)
