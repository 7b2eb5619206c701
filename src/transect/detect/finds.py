"""What a section's tables count of rare defects, and what of them can be planted into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transect.detect.kinds import Kind, kinds_of
from transect.measure.agglomerates import agglomerates, coarse_phases
from transect.measure.joined import Settings
from transect.measure.particles import foreign_from
from transect.segment.thresholds import Thresholds
from transect.storage.images import open_image
from transect.storage.tables import read_table

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Finds:
    """Defects that were counted: their sizes in um by kind, and the valid area in mm2."""

    sizes_um: dict[str, Floats]
    area_mm2: float


def kinds_in(tables: Path, limits: Thresholds, config: Settings, px_um: float) -> list[Kind]:
    """Kinds that can be planted into a section, with the limits that its tables were made by.

    Parameters
    ----------
    tables
        Folder of the section's tables.
    limits
        Its thresholds.
    config
        Its settings.
    px_um
        Pixel size in um.
    """
    metrics = read_table(tables / "metrics.parquet", columns=("metric", "resolution_limit_um"))
    particles = read_table(tables / "particles.parquet", columns=("grey_mean",))
    means = particles["grey_mean"].to_numpy(np.float64)
    dark, bright = limits.scale
    usual, least = (
        255 * (grey - dark) / (bright - dark)
        for grey in foreign_from(means, config.measure.foreign_sigma)
    )
    greys = {"pore": limits.pore, "binder": limits.binder}
    return kinds_of(metrics, greys, (usual, least), config.segment.min_particle_px, px_um)


def finds_of(tables: Path, labels: Path, kinds: list[Kind], px_um: float) -> Finds:
    """Read what the section counts of each kind.

    Parameters
    ----------
    tables
        Folder of the section's tables.
    labels
        Store of its labels, for agglomerates.
    kinds
        Kinds of defects.
    px_um
        Pixel size in um.
    """
    limit = {kind.name: kind.limit_px * px_um for kind in kinds}
    pores = read_table(tables / "pores.parquet", columns=("kind", "ecd_um"))
    holes = pores["ecd_um"][pores["kind"] == "inter"].to_numpy(np.float64)
    particles = read_table(tables / "particles.parquet", columns=("foreign", "ecd_um"))
    lumps = np.empty(0)
    if "agglomerate" in limit:
        size = limit["agglomerate"]
        found = agglomerates(*coarse_phases([open_image(labels, "phases")], size), size)
        lumps = found["size_um"].to_numpy(np.float64)
    sizes = {
        "macro_void": holes[holes > limit.get("macro_void", np.inf)],
        "agglomerate": lumps,
        "foreign_particle": particles["ecd_um"][particles["foreign"]].to_numpy(np.float64),
    }
    blocks = read_table(tables / "blocks.parquet", columns=("area_valid_um2",))
    return Finds(sizes, float(blocks["area_valid_um2"].sum()) / 1e6)
