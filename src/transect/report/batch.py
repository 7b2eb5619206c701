"""The page of one batch: cells and sections side by side."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from transect.errors import InputError
from transect.report import pages
from transect.report.columns import TABLES
from transect.report.comparison import Row, compare, key_columns, title
from transect.report.digits import NONE, count, short
from transect.report.engine import engine_warnings
from transect.report.estimates import VERDICT_SIGNS, Estimate, estimate, estimates, verdicts, worst
from transect.report.inputs import unexpected
from transect.report.labels import label, order
from transect.report.settings import settings_shown
from transect.storage.tables import read_metadata, read_table

AGGREGATE = (
    "batch",
    "cell",
    "metric",
    "side",
    "value",
    "sd_between",
    "ci_low",
    "ci_high",
    "n_sections",
    "n_cells",
    "unit",
    "method",
)


def batch_page(folder: Path, output: Path, settings: str) -> str:
    """Make the page of a batch.

    Parameters
    ----------
    folder
        Results of the batch.
    output
        Where the page will be, for the links to the sections.
    settings
        The configuration to show, as JSON.

    Raises
    ------
    TransectError
        There is no section in the folder, or a table cannot be read.
    """
    rows = _rows(folder, output)
    cells = _aggregates(sorted(folder.glob("*/metrics.parquet")))
    whole = _aggregates([p for p in (folder / "metrics.parquet",) if p.exists()])
    keys = key_columns(rows)
    facts = [("Cells", count(len({row.cell for row in rows}))), ("Sections", count(len(rows)))]
    return pages.render(
        "batch.html",
        batch=folder.resolve().name,
        rows=rows,
        columns=[(key, title(key)) for key in keys],
        overall=worst([row.verdict for row in rows]),
        tally=_tally(rows),
        facts=facts,
        notices=[f"{row.cell} / {row.section}: {said}" for row in rows for said in row.notices],
        comparisons=[compare(key, rows, cells) for key in keys],
        aggregates=_whole(whole),
        settings=settings_shown(settings),
        versions=pages.versions(),
        recipes=pages.recipes(),
    )


def _rows(folder: Path, output: Path) -> list[Row]:
    path = TABLES["metrics"][0]
    found = sorted(folder.glob(f"*/*/{path}"))
    if not found:
        raise InputError(
            f"{folder}: no section of a batch here; expected CELL/SECTION/{path}."
            " Run the steps before this one, or name another folder"
        )
    return [_row(table.parents[1], output) for table in found]


def _row(section: Path, output: Path) -> Row:
    (metrics, columns), (limits, judged_columns) = TABLES["metrics"], TABLES["verdicts"]
    numbers = estimates(read_table(section / metrics, columns=columns))
    path = section / limits
    judged = verdicts(read_table(path, columns=judged_columns)) if path.exists() else []
    verdict = worst([v.verdict for v in judged])
    link = Path(os.path.relpath(section / "report.html", output.parent)).as_posix()
    return Row(
        section.parent.name,
        section.name,
        quote(link),
        verdict,
        VERDICT_SIGNS.get(verdict, "?"),
        list(dict.fromkeys(v.estimate.name for v in judged if v.verdict == "fail")),
        {(e.metric, e.side): e for e in numbers},
        judged,
        unexpected(read_metadata(section / metrics)) + _of_engine(section),
    )


def _of_engine(section: Path) -> list[str]:
    name, columns = TABLES["engine"]
    path = section / name
    return engine_warnings(read_table(path, columns=columns)) if path.exists() else []


def _aggregates(paths: list[Path]) -> pd.DataFrame:
    tables = [read_table(path, columns=AGGREGATE) for path in paths]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=AGGREGATE)


def _tally(rows: list[Row]) -> list[tuple[str, str, int]]:
    """Count the sections of each verdict."""
    words = [row.verdict for row in rows]
    return [(v, sign, words.count(v)) for v, sign in VERDICT_SIGNS.items() if v in words]


def _whole(table: pd.DataFrame) -> list[tuple[Estimate, str, str, str]]:
    """List the metrics of the batch: estimate, spread between cells, cells and sections."""
    found = []
    for row in table.to_dict("records"):
        shown = estimate(row)
        spread = float(row["sd_between"]) * (100 if label(shown.metric).percent else 1)
        counts = count(row["n_cells"]), count(row["n_sections"])
        found.append((shown, short(spread) if np.isfinite(spread) else NONE, *counts))
    return sorted(found, key=lambda f: (*order(f[0].metric), f[0].side))
