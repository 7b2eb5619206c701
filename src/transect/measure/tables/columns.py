"""Columns that several tables of a section have."""

from __future__ import annotations

from transect.storage.tables import Column

FLOAT = "float64"


def um(name: str, definition: str) -> Column:
    """Give a column of lengths."""
    return Column(name, FLOAT, "um", definition)


def area(name: str, definition: str) -> Column:
    """Give a column of areas."""
    return Column(name, FLOAT, "um2", definition)


def one(name: str, definition: str) -> Column:
    """Give a column of numbers without a unit."""
    return Column(name, FLOAT, "1", definition)


SIDE = Column("side", "string", "", "coating side a (above the foil) or b")
PLACE = (
    um("x_um", "centroid along the foil"),
    um("z_um", "centroid, distance from the collector into the coating"),
    one("zeta", "z over the coating's thickness there, 0 at the collector to 1"),
)
MOSAIC = (
    um("mosaic_x_um", "centroid, columns of the mosaic"),
    um("mosaic_y_um", "centroid, rows of the mosaic"),
)
BOX = (
    um("bbox_x0_um", "left border of the bounding box in the mosaic"),
    um("bbox_y0_um", "upper border of the bounding box in the mosaic"),
    um("bbox_x1_um", "right border of the bounding box in the mosaic"),
    um("bbox_y1_um", "lower border of the bounding box in the mosaic"),
)
COMPLETE = Column(
    "complete", "bool", "", "touches neither the mosaic's border nor an invalid pixel"
)
