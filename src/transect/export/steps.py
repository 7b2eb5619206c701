"""Command export: results as CSV, as an Excel workbook and as one tidy file of metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from cyclopts import Parameter

from transect.errors import ConfigError, InputError
from transect.export.csvs import write_columns, write_csv
from transect.export.sources import USUAL, Source, sources
from transect.export.tidy import TIDY, tidy_metrics
from transect.log import logger, timed
from transect.statistics.results import read_sections
from transect.storage.files import writing

Format = Literal["tidy", "csv", "excel"]
Formats = Annotated[list[Format] | None, Parameter(consume_multiple=True)]
Names = Annotated[list[str] | None, Parameter(consume_multiple=True)]

FORMATS: tuple[Format, ...] = ("tidy", "csv", "excel")
MARK = "definitions.csv"
"""File of every export: a folder that lacks it is somebody else's, and is not replaced."""


def export(
    folders: Annotated[list[Path], Parameter(consume_multiple=True)],
    *,
    output: Path,
    formats: Formats = None,
    tables: Names = None,
) -> None:
    """Write results as files that other programs read.

    `metrics.csv` has one row per section, metric and side. Further CSV files have one table of all
    sections each, with units in the second line; `results.xlsx` has the same as sheets;
    `definitions.csv` tells what every column means.

    Parameters
    ----------
    folders
        Folders of results: all, or of some batches, cells or sections.
    output
        Folder to write; an earlier export in its place is replaced when all is written.
    formats
        Of tidy, csv and excel; all when absent.
    tables
        Tables to export beside the metrics; the usual ones when absent.
    """
    chosen = list(dict.fromkeys(formats or FORMATS))
    if unknown := [name for name in chosen if name not in FORMATS]:
        raise ConfigError(f"--formats: unknown {unknown[0]}; known: {', '.join(FORMATS)}")
    _refuse_foreign(output)
    with timed(f"export of {', '.join(map(str, folders))}"):
        sections = read_sections(folders)
        found = sources(sections, list(USUAL) if tables is None else tables)
        found = [source for source in found if source.name != "metrics"]
        with writing(output) as partial:
            partial.mkdir(parents=True)
            counts = _write(partial, chosen, found, tidy_metrics(sections))
    for source in found:
        if source.absent:
            logger.warning("%s: none of %s", source.name, ", ".join(source.absent))
    said = ", ".join(f"{n} {name}" for name, n in counts.items())
    logger.info("export: %d sections: %s", len(sections.folders), said)


def _write(
    folder: Path, formats: list[Format], found: list[Source], metrics: pd.DataFrame
) -> dict[str, int]:
    """Write every file; gives the rows of each table."""
    counts = {TIDY.name: len(metrics)}
    schemas = [TIDY]
    if "tidy" in formats or "csv" in formats:
        write_csv(folder / "metrics.csv", [metrics], TIDY, units=False)
    if "csv" in formats or "excel" in formats:
        schemas += [source.schema for source in found]
    if "csv" in formats:
        for source in found:
            path = folder / f"{source.name}.csv"
            counts[source.name] = write_csv(path, source.parts(), source.schema)
    if "excel" in formats:
        # Loading it takes time that other formats need not spend.
        from transect.export.excel import Sheet, write_workbook

        sheets = [Sheet(TIDY, [metrics], len(metrics))]
        for source in found:
            rows = counts.setdefault(source.name, sum(len(part) for part in source.parts()))
            note = f"not there: {', '.join(source.absent)}" if source.absent else ""
            sheets.append(Sheet(source.schema, source.parts(), rows, note))
        write_workbook(folder / "results.xlsx", sheets)
    write_columns(folder / MARK, schemas)
    return counts


def _refuse_foreign(output: Path) -> None:
    """Refuse to replace what is no export.

    Raises
    ------
    InputError
        There is a file, or a folder with something else in it.
    """
    if output.is_dir() and ((output / MARK).exists() or not any(output.iterdir())):
        return
    if output.exists():
        raise InputError(f"{output}: is there and is no export; name a folder that is new")
