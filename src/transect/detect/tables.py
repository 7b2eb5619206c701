"""Tables of what was planted, and how surely it is found."""

from __future__ import annotations

from transect.statistics.tables import KEYS
from transect.storage.tables import Column, Schema

PLANTS = Schema(
    "plants",
    1,
    "Made defects that were planted into the section, and whether they were found",
    (
        Column("kind", "string", "", "macro_void, agglomerate or foreign_particle"),
        Column("size_um", "float64", "um", "equivalent circle diameter"),
        Column("mosaic_x_um", "float64", "um", "middle, columns of the mosaic"),
        Column("mosaic_y_um", "float64", "um", "middle, rows of the mosaic"),
        Column("found", "bool", "", "whether the rule of the metric counts it"),
        Column("source", "string", "", "planted, or the file of finds that somebody reviewed"),
    ),
)

DETECTION = Schema(
    "detection",
    1,
    "How surely rare defects are found, and their densities with those that were missed",
    (
        *KEYS,
        Column("kind", "string", "", "macro_void, agglomerate or foreign_particle"),
        Column("metric", "string", "", "metric that counts it"),
        Column("n", "int64", "1", "made defects, and reviewed ones"),
        Column("n_found", "int64", "1", "of these, found"),
        Column("limit_um", "float64", "um", "size from which on the rule counts it"),
        Column("a50_um", "float64", "um", "size that is found with a probability of 0.5"),
        Column("a90_um", "float64", "um", "size that is found with a probability of 0.9"),
        Column(
            "a90_95_um",
            "float64",
            "um",
            "size that is found with a probability of 0.9 at least, with a confidence of 95 %",
        ),
        Column("count", "int64", "1", "defects that were found in the section"),
        Column("density_per_mm2", "float64", "1/mm2", "of those that were found"),
        Column("credited_per_mm2", "float64", "1/mm2", "each over its probability of detection"),
        Column("credited_low", "float64", "1/mm2", "lower end of the 95 % interval"),
        Column("credited_high", "float64", "1/mm2", "upper end; with none found, of a90 and more"),
        Column("note", "string", "", "what the reader must know; blank if nothing"),
    ),
)
