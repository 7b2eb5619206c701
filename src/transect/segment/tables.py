"""Tables that pass basins from windows to the section."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

CONTACTS = Schema(
    "contacts",
    1,
    "Basins and their contacts inside windows",
    (
        Column("basin_a", "uint64", "1", "Smaller basin id"),
        Column("basin_b", "uint64", "1", "Larger basin id; equal to basin_a for the basin itself"),
        Column("saddle", "uint16", "px/256", "Highest pass between the two; of itself, the peak"),
        Column("length", "int64", "px", "Pixel sides shared; of itself, the pixels"),
    ),
)

FACES = Schema(
    "faces",
    1,
    "Particle pixels on the borders of windows",
    (
        Column("pixel", "uint64", "1", "Global pixel index, row * columns + column"),
        Column("label", "uint64", "1", "Basin id of the pixel in its window"),
        Column("height", "uint16", "px/256", "Height of the pixel"),
    ),
)

GROUPS = Schema(
    "groups",
    1,
    "Particle of every basin",
    (
        Column("basin", "uint64", "1", "Basin id"),
        Column("particle", "uint64", "1", "Particle id: the smallest basin id with a peak"),
    ),
)
