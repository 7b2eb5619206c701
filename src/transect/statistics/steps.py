"""Commands: verdicts, and the aggregates of cells, batches and the trend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transect.log import logger
from transect.recipes import RECIPES
from transect.statistics.hierarchy import batch_metrics, cell_metrics, read_all, trend_metrics
from transect.statistics.limits import judge as judge_metrics
from transect.statistics.limits import read_limits
from transect.statistics.tables import AGGREGATES, METRICS, VERDICTS
from transect.storage.tables import read_table, write_table

Paths = Annotated[list[Path], Parameter(consume_multiple=True)]


def judge(*, metrics: Path, output: Path, limits: Path | None = None) -> None:
    """Compare a section's metrics with limits, by guard band.

    Parameters
    ----------
    metrics
        Table of metrics of the section.
    output
        Table of verdicts to write.
    limits
        YAML file of limits; without it every verdict is "no limit".
    """
    known = read_limits(limits) if limits is not None else {}
    verdicts = judge_metrics(read_table(metrics, METRICS), known)
    write_table(output, verdicts, VERDICTS, {"recipe": str(RECIPES["judge"])})
    counts = verdicts["verdict"].value_counts().sort_index()
    logger.info("judge: %s", ", ".join(f"{n} {name}" for name, n in counts.items()))


def cell(*, metrics: Paths, output: Path) -> None:
    """Mean of every metric over the sections of a cell.

    Parameters
    ----------
    metrics
        Tables of metrics of the sections.
    output
        Table of aggregates to write.
    """
    frame = cell_metrics(read_all(metrics, METRICS))
    write_table(output, frame, AGGREGATES, {"recipe": str(RECIPES["cell"])})
    logger.info("cell: %d metrics of %d sections", len(frame), len(metrics))


def batch(*, metrics: Paths, output: Path, verdicts: Paths | None = None) -> None:
    """Mean of every metric over the cells of a batch.

    Parameters
    ----------
    metrics
        Tables of metrics of the cells.
    output
        Table of aggregates to write.
    verdicts
        Tables of verdicts of the sections, counted in the log.
    """
    frame = batch_metrics(read_all(metrics, AGGREGATES))
    failed = sum(int((read_table(p, VERDICTS)["verdict"] == "fail").sum()) for p in verdicts or [])
    write_table(output, frame, AGGREGATES, {"recipe": str(RECIPES["batch"])})
    logger.info("batch: %d metrics of %d cells, %d failed", len(frame), len(metrics), failed)


def trend(*, metrics: Paths, output: Path) -> None:
    """Metrics of all batches in one table.

    Parameters
    ----------
    metrics
        Tables of metrics of the batches, in order of time: that of the sheet.
    output
        Table to write.
    """
    frame = trend_metrics(read_all(metrics, AGGREGATES))
    write_table(output, frame, AGGREGATES, {"recipe": str(RECIPES["trend"])})
    logger.info("trend: %d rows of %d batches", len(frame), len(metrics))
