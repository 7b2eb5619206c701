"""Commands compare and shares: cells against each other on their means, and where variance lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import yaml
from cyclopts import Parameter

from transect.chemistry import chemistries_in
from transect.config import CompareConfig, parse
from transect.errors import AnalysisError, ConfigError
from transect.log import logger
from transect.recipes import RECIPES
from transect.sheet import CHEMISTRIES, read_sheet
from transect.statistics.comparing import Measured, comparison_table, pairs_of
from transect.statistics.registry import REGISTRY
from transect.statistics.results import Sections, read_sections, refuse_unlike
from transect.statistics.shares import variance_shares
from transect.statistics.shown import print_comparison
from transect.statistics.tables import COMPARISON, VARIANCE_SHARES
from transect.storage.tables import write_table

Words = Annotated[list[str] | None, Parameter(consume_multiple=True)]
By = Literal["auto", "condition", "batch", "cell"]

SEED = 1


def compare(
    folders: Annotated[list[Path], Parameter(consume_multiple=True)],
    *,
    output: Path,
    by: By = "auto",
    reference: str | None = None,
    metrics: Words = None,
    margins: Words = None,
    sheet: Path = Path("config/sections.tsv"),
    config: Path | None = None,
    seed: int = SEED,
) -> None:
    """Compare groups of cells, metric by metric, on the means of cells.

    Particles of a cell are never pooled. A group of one cell has no spread between cells: its
    difference gets an interval from its sections only, and the table says so.

    Parameters
    ----------
    folders
        Folders of results: all, or of some batches, cells or sections.
    output
        Table to write.
    by
        What makes a group: the sheet's column `condition`, the batch, or each cell for itself;
        auto takes the condition where the sheet has any, else the batch.
    reference
        Group that all others are compared with; every two groups are compared when absent.
    metrics
        Metrics to compare; all when absent. Fewer metrics leave more power to each.
    margins
        Largest differences that do not matter, as METRIC=VALUE in the metric's unit, for the test
        of equivalence; they replace those of the configuration.
    sheet
        Sample sheet, for the conditions.
    config
        Configuration whose part `compare` holds margins.
    seed
        Of permutations.
    """
    limits = read_margins(config, margins or [])
    sections = read_sections(folders)
    refuse_unlike(sections)
    frame = _chosen(grouped(sections, by, sheet), metrics or [])
    groups = sorted(frame["group"].unique())
    pairs = pairs_of(groups, _known(reference, groups))
    if not pairs:
        raise AnalysisError(
            f"one group only, {groups[0]}: nothing to compare it with. Name another folder of"
            " results, fill in the column condition of the sheet, or say --by cell"
        )
    table = comparison_table(Measured(frame, _replicates(sections, frame)), pairs, limits, seed)
    write_table(output, table, COMPARISON, {"recipe": str(RECIPES["compare"]), "seed": str(seed)})
    print_comparison(table)
    logger.info("compare: %d rows, %d groups, %d sections", len(table), len(groups),
                len(sections.folders))  # fmt: skip


def shares(
    folders: Annotated[list[Path], Parameter(consume_multiple=True)], *, output: Path
) -> None:
    """Tell how much of each metric's variance lies between cells, sections and within a section.

    Parameters
    ----------
    folders
        Folders of results: all, or of some batches.
    output
        Table to write.
    """
    sections = read_sections(folders)
    refuse_unlike(sections)
    table = variance_shares(sections.metrics)
    write_table(output, table, VARIANCE_SHARES, {"recipe": str(RECIPES["compare"])})
    logger.info("shares: %d rows of %d sections", len(table), len(sections.folders))


def grouped(sections: Sections, by: By, sheet: Path) -> pd.DataFrame:
    """Metrics of the sections with the column `group`.

    Raises
    ------
    AnalysisError
        A section has no condition, or a cell has two.
    SheetError
        Conditions are asked for and the sheet cannot be read.
    """
    frame = sections.metrics
    conditions = {} if by in ("batch", "cell") else _conditions(sheet, needed=by == "condition")
    if by == "condition" or any(conditions.get(key) for key in sections.folders):
        lacking = sorted(key for key in sections.folders if not conditions.get(key))
        if lacking:
            raise AnalysisError(
                f"{sheet}: no condition of {', '.join(lacking[:5])}"
                f"{' ...' if len(lacking) > 5 else ''}; fill in the column, or say --by batch"
            )
        frame = frame.assign(group=[conditions[key] for key in frame["key"]])
        mixed = frame.groupby(["batch", "cell"])["group"].unique()
        mixed = mixed[mixed.map(len) > 1]
        if len(mixed):
            cell = "/".join(mixed.index[0])
            raise AnalysisError(
                f"{sheet}: cell {cell} has the conditions {' and '.join(sorted(mixed.iloc[0]))};"
                " a condition is one of a whole cell"
            )
        return frame
    if by == "cell":
        return frame.assign(group=frame["batch"] + "/" + frame["cell"])
    return frame.assign(group=frame["batch"])


def read_margins(config: Path | None, given: list[str]) -> dict[str, float]:
    """Read margins of a configuration, replaced by those that are given as METRIC=VALUE.

    Raises
    ------
    ConfigError
        A file, a metric or a value is not one.
    """
    found = _configured(config).margins if config is not None else {}
    more: dict[str, object] = {}
    for text in given:
        metric, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(
                f"--margins {text}: expected METRIC=VALUE, such as porosity_total=0.01"
            )
        more[metric] = value
    return {**found, **parse(CompareConfig, {"margins": more}, "--margins").margins}


def _configured(path: Path) -> CompareConfig:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    part = values.get("compare") if isinstance(values, dict) else None
    return parse(CompareConfig, part or {}, f"{path}, part compare")


def _conditions(sheet: Path, *, needed: bool) -> dict[str, str]:
    if not needed and not sheet.exists():
        return {}
    known = list(dict.fromkeys([*CHEMISTRIES, *chemistries_in(sheet.parent / "chemistries")]))
    rows = read_sheet(sheet, folders=False, chemistries=known)
    return {"/".join(row.key): row.condition for row in rows}


def _chosen(frame: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    unknown = [name for name in metrics if name not in REGISTRY]
    if unknown:
        raise ConfigError(
            f"--metrics: unknown metric {', '.join(unknown)}; known: {', '.join(REGISTRY)}"
        )
    return frame[frame["metric"].isin(metrics)] if metrics else frame


def _known(reference: str | None, groups: list[str]) -> str | None:
    if reference is not None and reference not in groups:
        raise AnalysisError(
            f"--reference {reference}: no such group; there are: {', '.join(groups)}"
        )
    return reference


def _replicates(
    sections: Sections, frame: pd.DataFrame
) -> dict[tuple[str, str], dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    """Replicates by metric and side, then by section: read only where a group has one cell."""
    cells = frame.drop_duplicates(["group", "batch", "cell"]).groupby("group").size()
    values = frame[np.isfinite(frame["value"])]
    fewest = values.drop_duplicates(["group", "metric", "side", "batch", "cell"])
    counts = fewest.groupby(["group", "metric", "side"]).size()
    if not len(counts) or (cells.min() > 1 and counts.min() > 1):
        return {}
    table = sections.replicates(sorted(frame["key"].unique()))
    table = table[table["metric"].isin(set(frame["metric"]))]
    found: dict[tuple[str, str], dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]] = {}
    for (metric, side, key), rows in table.groupby(["metric", "side", "key"], sort=False):
        drawn = rows.sort_values("replicate")["value"].to_numpy(np.float64)
        found.setdefault((str(metric), str(side)), {})[str(key)] = drawn
    return found
