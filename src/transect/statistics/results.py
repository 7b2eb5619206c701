"""Sections of folders of results: where their tables are, and whether they can be put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transect.errors import AnalysisError, InputError
from transect.statistics.hierarchy import read_all
from transect.statistics.tables import METRICS, REPLICATES
from transect.storage.tables import read_metadata, read_table

PLACE = "tables/metrics.parquet"
SAME = 1.01
"""Largest ratio of two pixel sizes that count as one: scales are calibrated to about 1 %."""


@dataclass(frozen=True)
class Sections:
    """Sections that are read together.

    Attributes
    ----------
    metrics
        Their rows of the table `metrics`, with `key`: batch/cell/section.
    folders
        Folder of each section, by `key`.
    facts
        Facts of each section's table of metrics, by `key`.
    """

    metrics: pd.DataFrame
    folders: dict[str, Path]
    facts: dict[str, dict[str, str]]

    def replicates(self, keys: Sequence[str]) -> pd.DataFrame:
        """Rows of the tables `replicates` of some sections."""
        frames = [
            read_table(self.folders[key] / "tables/replicates.parquet", REPLICATES).assign(key=key)
            for key in keys
        ]
        return pd.concat(frames, ignore_index=True) if frames else REPLICATES.empty()


def read_sections(folders: Sequence[Path]) -> Sections:
    """Read the metrics of all sections below some folders.

    Parameters
    ----------
    folders
        Folders of results, of batches, cells or sections.

    Raises
    ------
    TransectError
        There is none, one cannot be read, one comes twice, or a metric comes in two units.
    """
    paths: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; expected a folder of results")
        found = sorted(folder.rglob(PLACE))
        if not found:
            raise InputError(f"{folder}: no section in it; expected .../CELL/SECTION/{PLACE}")
        paths += [path for path in found if path not in paths]
    metrics = read_all(paths, METRICS)
    metrics["key"] = metrics["batch"] + "/" + metrics["cell"] + "/" + metrics["section"]
    tables = [read_table(path, columns=("batch", "cell", "section")).head(1) for path in paths]
    keys = ["/".join(map(str, table.iloc[0])) if len(table) else "" for table in tables]
    places = {key: path for key, path in zip(keys, paths, strict=True) if key}
    return Sections(
        metrics,
        {key: path.parents[1] for key, path in places.items()},
        {key: read_metadata(path) for key, path in places.items()},
    )


def refuse_unlike(sections: Sections) -> None:
    """Refuse sections whose numbers differ for another reason than the coating.

    Raises
    ------
    AnalysisError
        Pixel sizes differ or are not known, or other recipes made the metrics.
    """
    sizes: dict[str, float] = {}
    for key, facts in sections.facts.items():
        try:
            sizes[key] = float(facts.get("px_um", ""))
        except ValueError:
            raise AnalysisError(
                f"{key}: its metrics do not say their pixel size; run the join step again"
            ) from None
    small, large = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[large] > SAME * sizes[small]:
        raise AnalysisError(
            f"unequal pixel sizes: {1000 * sizes[small]:.4g} nm in {small},"
            f" {1000 * sizes[large]:.4g} nm in {large}. What is resolved differs with them, such as"
            " thin cracks and small particles, so that a difference need not be one of the"
            " coatings. Compare sections of one pixel size: name their folders"
        )
    recipes = {key: facts.get("recipe", "?") for key, facts in sections.facts.items()}
    if len(set(recipes.values())) > 1:
        first, *_ = recipes
        other = next(key for key in recipes if recipes[key] != recipes[first])
        raise AnalysisError(
            f"unequal recipes: {first} was joined by recipe {recipes[first]}, {other} by recipe"
            f" {recipes[other]}; metrics may be defined otherwise. Run snakemake again first"
        )
