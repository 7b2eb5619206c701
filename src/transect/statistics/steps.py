"""Commands: verdicts, and the aggregates of cells, batches and the trend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transect.config import UncertaintyConfig, parse_settings
from transect.errors import AnalysisError
from transect.log import logger
from transect.recipes import RECIPES
from transect.statistics.budget import Instrument, seams_of
from transect.statistics.budget import budget as budget_of
from transect.statistics.hierarchy import batch_metrics, cell_metrics, read_all, trend_metrics
from transect.statistics.limits import judge as judge_metrics
from transect.statistics.limits import read_limits
from transect.statistics.tables import AGGREGATES, BUDGET, METRICS, VERDICTS
from transect.storage.tables import read_metadata, read_table, write_table

SEAMS = ("direction", "dy_px", "accepted", "residual_px")

Paths = Annotated[list[Path], Parameter(consume_multiple=True)]


def judge(
    *,
    metrics: Path,
    output: Path,
    budget: Path,
    seams: Path | None = None,
    limits: Path | None = None,
    settings: str = "{}",
) -> None:
    """Tell what a section's metrics may be off by, and compare them with limits, by guard band.

    Parameters
    ----------
    metrics
        Table of metrics of the section.
    output
        Table of verdicts to write.
    budget
        Table of what contributes to uncertainty to write.
    seams
        Table of the seams between tiles; without it stitching contributes nothing.
    limits
        YAML file of limits; without it every verdict is "no limit".
    settings
        JSON of the configuration's part `uncertainty`.
    """
    known = read_limits(limits) if limits is not None else {}
    rows = read_table(metrics, METRICS)
    parts = budget_of(rows, _instrument(settings, metrics, seams))
    verdicts = judge_metrics(rows, parts, known)
    facts = {"recipe": str(RECIPES["judge"])}
    write_table(budget, parts, BUDGET, facts)
    write_table(output, verdicts, VERDICTS, facts)
    counts = verdicts["verdict"].value_counts().sort_index()
    logger.info("judge: %s", ", ".join(f"{n} {name}" for name, n in counts.items()))


def _instrument(settings: str, metrics: Path, seams: Path | None) -> Instrument:
    config = parse_settings(UncertaintyConfig, settings)
    placed = ()  # type: tuple[float, ...]
    if seams is not None:
        px_um = read_metadata(metrics).get("px_um")
        if px_um is None:
            raise AnalysisError(f"{metrics}: no pixel size in it; run the join step again")
        placed = seams_of(read_table(seams, columns=SEAMS), float(px_um))
    return Instrument(config.pixel_percent / 100, config.slant_deg, *placed)


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
