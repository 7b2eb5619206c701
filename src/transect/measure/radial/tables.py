"""The table that the step makes: what the layers of every particle hold."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

RADIAL_SUMS = Schema(
    "radial_sums",
    1,
    "Sums over layers of equal depth in every particle",
    (
        Column("particle", "uint64", "", "id in the label image"),
        Column("layer", "int32", "1", "number of the layer, 0 at the rim"),
        Column("level", "int32", "1", "level of the pyramid that it was summed at"),
        Column("n_active_material", "int64", "px", "pixels of active material, of level 0"),
        Column("n_crack", "int64", "px", "pixels of cracks, of level 0"),
        Column("n_void", "int64", "px", "pixels of voids, of level 0"),
        Column("sum_grey", "int64", "", "sum of the greys of active material, in steps"),
    ),
)
