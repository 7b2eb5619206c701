"""What a section's report is made from; a piece that is not there is told, not a failure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from transect.errors import InputError, StorageError
from transect.report.columns import TABLES
from transect.statistics.registry import applies
from transect.storage.images import Image, open_image
from transect.storage.tables import read_metadata, read_table


@dataclass
class Section:
    """Tables, stores and facts of one section; tables that are not there have no rows."""

    batch: str
    cell: str
    name: str
    tables: dict[str, pd.DataFrame]
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    index: dict[str, Any] = field(default_factory=dict)
    mosaic: Image | None = None
    phases: Image | None = None
    particles: Image | None = None
    fields: dict[str, Image] = field(default_factory=dict)

    @property
    def foil(self) -> bool:
        """Whether a collector foil was found; true where no one looked for it."""
        return self.fact("layers", "foil", "true").lower() != "false"

    def applies(self, metric: str) -> bool:
        """Whether a coating of this chemistry can have what a metric tells of."""
        rows = self.tables["metrics"]
        return all(applies(note) for note in texts(rows["note"][rows["metric"] == metric]))

    @property
    def unexpected(self) -> list[str]:
        """Sizes that are not plausible for the chemistry, one sentence each."""
        return unexpected(self.facts.get("metrics", {}))

    def fact(self, table: str, key: str, default: str = "") -> str:
        """Look up a fact of a table's file metadata."""
        return self.facts.get(table, {}).get(key, default)


def load_section(folder: Path) -> Section:
    """Read what is there of one section.

    Parameters
    ----------
    folder
        Results of the section: `.../{batch}/{cell}/{section}`.

    Raises
    ------
    InputError
        The folder holds nothing of a section.
    StorageError
        A table or store is there but cannot be read.
    """
    found = [name for name, (path, _) in TABLES.items() if (folder / path).exists()]
    if not found and not (folder / "tiles.json").exists():
        raise InputError(
            f"{folder}: nothing of a section here; expected tiles.json, tables/metrics.parquet and"
            " their like. Run the steps before this one, or name another folder"
        )
    names = folder.resolve().parts[-3:]
    section = Section(*names, tables={}) if len(names) == 3 else Section("", "", names[-1], {})
    for name, (path, columns) in TABLES.items():
        if name in found:
            section.tables[name] = read_table(folder / path, columns=columns)
            section.facts[name] = read_metadata(folder / path)
        else:
            section.tables[name] = pd.DataFrame({column: [] for column in columns})
            section.missing.append(path)
    _name(section, folder, found)
    section.index = _json(folder / "tiles.json", section)
    section.mosaic = _image(folder / "mosaic.zarr", "", section)
    section.phases = _image(folder / "labels.zarr", "phases", section)
    section.particles = _image(folder / "labels.zarr", "particles", section)
    rows = section.tables["details"]
    for name in sorted({str(n) for n in rows["detail"][rows["status"] != "quarantined"]}):
        if (image := _image(folder / "details.zarr", name, section)) is not None:
            section.fields[name] = image
    return section


def texts(values: Sequence[Any] | pd.Series) -> list[str]:
    """Words of a column; a missing one is empty."""
    return ["" if pd.isna(value) else str(value) for value in values]


def numbers(values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Numbers of a column, NaN where there is none."""
    return np.array(pd.to_numeric(values, errors="coerce"), dtype=np.float64)


def unexpected(facts: dict[str, str]) -> list[str]:
    """Read from the facts of a table of metrics what is not plausible, one sentence each."""
    try:
        found = json.loads(facts.get("unexpected", "[]"))
    except ValueError:
        return []
    said = [str(sentence) for sentence in found] if isinstance(found, list) else []
    return [f"{words[:1].upper()}{words[1:]}" for words in said]


def _name(section: Section, folder: Path, found: list[str]) -> None:
    """Take the names from the first row that tells them: the folder may have been moved."""
    for table in ("metrics", "particles", "profile"):
        if table in found:
            path = folder / TABLES[table][0]
            keys = [k for k in ("batch", "cell", "section") if k in pq.read_schema(path).names]
            rows = read_table(path, columns=keys).head(1)
            if len(keys) == 3 and len(rows):
                section.batch, section.cell, section.name = (str(rows[k].iloc[0]) for k in keys)
                return


def _json(path: Path, section: Section) -> dict[str, Any]:
    if not path.exists():
        section.missing.append(path.name)
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: not readable JSON: {error}; run the step again") from error
    return found if isinstance(found, dict) else {}


def _image(path: Path, name: str, section: Section) -> Image | None:
    if not (path / "zarr.json").exists():
        section.missing.append(f"{path.name} {name}".strip())
        return None
    return open_image(path, name)
