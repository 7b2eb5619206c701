"""A comparison as a table on the terminal, the surest differences first."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

WIDTH = 140
"""Columns that are used where the output is no terminal."""


def print_comparison(table: pd.DataFrame) -> None:
    """Print the rows that have a difference, one table for each pair of groups.

    Parameters
    ----------
    table
        Rows of the table `comparison`.
    """
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    for (first, second), rows in table.groupby(["group_a", "group_b"], sort=False):
        known = rows[np.isfinite(rows["difference"])]
        console.print(_table(f"{second} minus {first}", known))
        notes = list(dict.fromkeys(note for note in known["note"] if note))
        for note in notes[:5]:
            console.print(f"  {note}", style="dim")
        if missing := len(rows) - len(known):
            console.print(f"  {missing} metrics have no value in a group: see the table")


def _table(title: str, rows: pd.DataFrame) -> Table:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("metric", "side", "unit"):
        shown.add_column(name, no_wrap=True)
    for name in ("cells", "a", "b", "b - a", "95 % interval", "q", "g"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("verdict")
    order = rows.assign(sure=rows["q_value"].fillna(2.0)).sort_values("sure", kind="stable")
    for row in order.to_dict("records"):
        shown.add_row(*_cells(row))
    return shown


def _cells(row: dict[Any, Any]) -> list[str]:
    return [
        str(row["metric"]),
        str(row["side"]),
        str(row["unit"]),
        f"{row['n_cells_a']} + {row['n_cells_b']}",
        _short(row["value_a"]),
        _short(row["value_b"]),
        _short(row["difference"]),
        f"{_short(row['ci_low'])} to {_short(row['ci_high'])}",
        _short(row["q_value"]),
        _short(row["hedges_g"]),
        str(row["verdict"]),
    ]


def _short(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "-"
