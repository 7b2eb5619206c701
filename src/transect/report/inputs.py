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
from transect.statistics.registry import applies
from transect.storage.images import Image, open_image
from transect.storage.tables import read_metadata, read_table

METRICS = (
    "metric",
    "side",
    "value",
    "unit",
    "ci_low",
    "ci_high",
    "segmentation_low",
    "segmentation_high",
    "n",
    "method",
    "note",
)
VERDICTS = (
    "metric",
    "side",
    "value",
    "ci_low",
    "ci_high",
    "guard_low",
    "guard_high",
    "unit",
    "limit_low",
    "limit_high",
    "verdict",
)
# Tables of a section: where they are and which columns the report reads.
TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "metrics": ("tables/metrics.parquet", METRICS),
    "verdicts": ("verdicts.parquet", VERDICTS),
    "particles": (
        "tables/particles.parquet",
        (
            "particle",
            "side",
            "x_um",
            "mosaic_x_um",
            "mosaic_y_um",
            "ecd_um",
            "area_um2",
            "aspect_ratio",
            "crack_area_um2",
            "crack_area_fraction",
            "void_area_um2",
            "ml_weight",
            "cracked",
        ),
    ),
    "cracks": (
        "tables/cracks.parquet",
        ("mosaic_x_um", "mosaic_y_um", "length_um", "width_mean_um", "area_um2"),
    ),
    "blocks": (
        "tables/blocks.parquet",
        (
            "side",
            "x0_um",
            "x1_um",
            "area_valid_um2",
            "area_active_material_um2",
            "area_binder_um2",
            "area_pore_um2",
            "area_crack_um2",
        ),
    ),
    "crack_profile": (
        "tables/crack_profile.parquet",
        (
            "axis",
            "low",
            "high",
            "n_particles",
            "length_density_per_um",
            "density_low",
            "density_high",
            "cracked_share",
            "cracked_low",
            "cracked_high",
        ),
    ),
    "size_distribution": (
        "tables/size_distribution.parquet",
        ("method", "ecd_um", "q0", "q0_low", "q0_high", "q3", "q3_low", "q3_high"),
    ),
    "pores": ("tables/pores.parquet", ("kind", "ecd_um", "area_um2")),
    "transport": (
        "transport/windows.parquet",
        ("window", "side", "x0_um", "x1_um", "porosity", "relative"),
    ),
    "pore_thickness": ("transport/pore_thickness.parquet", ("diameter_um", "area")),
    "profile": (
        "tables/profile.parquet",
        ("side", "zeta0", "zeta1", "phase", "fraction", "ci_low", "ci_high"),
    ),
    "columns": (
        "tables/columns.parquet",
        ("side", "x_um", "thickness_um", "gap_um", "delaminated"),
    ),
    "layers": (
        "layers.parquet",
        (
            "column_px",
            "foil_top_px",
            "foil_bottom_px",
            "a_base_px",
            "a_surface_px",
            "b_base_px",
            "b_surface_px",
        ),
    ),
    "engine": (
        "engine.parquet",
        (
            "engine",
            "polarity",
            "polarity_found",
            "polarity_score",
            "model",
            "runtime",
            "px_nm",
            "px_nm_low",
            "px_nm_high",
            "unsure_fraction",
            "judged",
            "strange",
            "compared",
        )
        + tuple(
            f"{lead}{name}_fraction{tail}"
            for lead, tail in (("", "_40"), ("", "_60"), ("network_", ""), ("classical_", ""))
            for name in ("active_material", "binder", "pore")
        ),
    ),
    "tiles": (
        "tiles.parquet",
        (
            "tile",
            "channel",
            "file",
            "row",
            "column",
            "status",
            "reason",
            "focus_um",
            "noise_sd",
            "saturation_fraction",
            "charging_index",
            "curtaining_index",
        ),
    ),
    "positions": (
        "positions.parquet",
        (
            "tile",
            "x_px",
            "y_px",
            "dx_px",
            "dy_px",
            "se_px",
            "n_pairs",
            "component",
            "placed_by",
            "fault",
        ),
    ),
    "levels": (
        "levels.parquet",
        (
            "tile",
            "channel",
            "present",
            "reason",
            "gain",
            "shift_x_px",
            "shift_y_px",
            "shift_se_px",
        ),
    ),
    "details": (
        "details.parquet",
        (
            "detail",
            "channel",
            "file",
            "status",
            "located_by",
            "pixel_nm",
            "pixel_nm_refined",
            "x_um",
            "y_um",
            "width_um",
            "height_um",
            "rotation_deg",
            "se_um",
            "reason",
        ),
    ),
    "seams": (
        "seams.parquet",
        (
            "tile_a",
            "tile_b",
            "direction",
            "confidence",
            "null_threshold",
            "accepted",
            "checked",
            "residual_px",
            "reason",
        ),
    ),
}


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
