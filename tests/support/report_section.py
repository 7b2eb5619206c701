"""A made-up section folder, written through the real schemas: what the reports are tested on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from support.report_made import Made
from support.report_pixels import LAYERS, made_layers, made_pixels, made_stores
from support.report_stitching import made_stitching, made_tiles
from support.report_tables import (
    made_aggregate,
    made_blocks,
    made_columns,
    made_metrics,
    made_particles,
    made_pores,
    made_profile,
    made_sizes,
    made_verdicts,
)
from transect.measure.tables import (
    BLOCKS,
    COLUMNS,
    CRACKS,
    METRICS,
    PARTICLES,
    PORES,
    PROFILE,
    SIZE_DISTRIBUTION,
)
from transect.mosaic.tables import DETAILS
from transect.segment.tables import ENGINE
from transect.segment.thresholds import Facing
from transect.segment.trust import classical_row
from transect.statistics.budget import Instrument, budget
from transect.statistics.tables import BUDGET, VERDICTS
from transect.storage.tables import write_table
from transect.tiles.tables import TILES


def fake_section(folder: Path, made: Made | None = None) -> Path:
    """Write every file that a report reads; returns the folder."""
    made = made or Made()
    random = np.random.default_rng(made.seed)
    layers = made_layers(made)
    grey, phases, labels, spots = made_pixels(made, layers, random)
    made_stores(folder, grey, phases, labels)
    write_table(folder / "layers.parquet", layers, LAYERS, {"foil": str(made.foil).lower()})
    tables = folder / "tables"
    particles, cracks = made_particles(made, layers, spots, random)
    write_table(tables / "particles.parquet", particles, PARTICLES)
    write_table(tables / "cracks.parquet", cracks, CRACKS)
    write_table(tables / "pores.parquet", made_pores(made, random), PORES)
    write_table(tables / "blocks.parquet", made_blocks(made, random), BLOCKS)
    sizes = made_sizes(made, particles)
    write_table(tables / "size_distribution.parquet", sizes, SIZE_DISTRIBUTION)
    write_table(tables / "profile.parquet", made_profile(made), PROFILE)
    write_table(tables / "columns.parquet", made_columns(made, layers), COLUMNS)
    metrics = made_metrics(made, random)
    write_table(tables / "metrics.parquet", metrics, METRICS)
    parts = budget(metrics, Instrument(0.01, 2.0, 0.004, 60.0))
    write_table(folder / "budget.parquet", parts, BUDGET)
    write_table(folder / "verdicts.parquet", made_verdicts(made, metrics, parts), VERDICTS)
    tiles = made_tiles(made, random)
    write_table(folder / "tiles.parquet", tiles, TILES)
    made_stitching(folder, made, tiles, random)
    write_table(folder / "details.parquet", DETAILS.empty(), DETAILS)
    write_table(folder / "engine.parquet", classical_row(Facing("bright", "bright", 0.8)), ENGINE)
    return folder


def fake_batch(folder: Path, cells: int = 3, sections: int = 2) -> Path:
    """Write a batch with its aggregates; returns the folder."""
    for c in range(cells):
        for s in range(sections):
            made = Made(
                batch=folder.name, cell=f"C{c + 1}", section=f"s{s + 1:02d}",
                rows=300, columns=900, grid=(1, 2), seed=10 * c + s, shift=0.02 * c,
            )  # fmt: skip
            fake_section(folder / made.cell / made.section, made)
        made_aggregate(folder / f"C{c + 1}" / "metrics.parquet", folder.name, f"C{c + 1}", 0.02 * c)
    made_aggregate(folder / "metrics.parquet", folder.name, "", 0.02)
    return folder
