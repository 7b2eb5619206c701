"""Table of defects."""

from __future__ import annotations

from transect.statistics.tables import KEYS
from transect.storage.tables import Column, Schema

CLASSES = (
    "delamination",
    "coating_crack",
    "macro_void",
    "agglomerate",
    "foreign_particle",
    "fragment",
)
"""What is listed, in the order of ties."""

DEFECTS = Schema(
    "defects",
    1,
    "Defects of the section, the gravest first",
    (
        *KEYS,
        Column("defect", "string", "", "id: class and number, the same for any blocks"),
        Column("class", "string", "", ", ".join(CLASSES)),
        Column("rule", "string", "", "metric that counts it, or rule that marks it"),
        Column("side", "string", "", "coating side a (above the foil) or b"),
        Column("bbox_x0_um", "float64", "um", "left border of the bounding box in the mosaic"),
        Column("bbox_y0_um", "float64", "um", "upper border of the bounding box in the mosaic"),
        Column("bbox_x1_um", "float64", "um", "right border of the bounding box in the mosaic"),
        Column("bbox_y1_um", "float64", "um", "lower border of the bounding box in the mosaic"),
        Column("x_um", "float64", "um", "centroid along the foil"),
        Column("zeta", "float64", "1", "centroid, 0 at the collector to 1 at the surface"),
        Column(
            "size_um",
            "float64",
            "um",
            "equivalent circle diameter; length of a delamination or of a crack of the coating",
        ),
        Column(
            "contrast",
            "float64",
            "1",
            "mean grey less that of what is within 16 px around it, over their sum; NaN where it"
            " was not looked at",
        ),
        Column(
            "score",
            "float64",
            "1",
            "how far it is beyond its rule: size over the smallest that counts; of a crack of the"
            " coating, 1 and its depth over 0.4 of the thickness; of a foreign particle, how much"
            " brighter over what is asked; of a fragment, 0.85 over solidity",
        ),
        Column("severity", "int32", "1", "0 below its rule, 1 to 1.5 times, 2 to 2.5 times, 3"),
        Column("thumbnail", "string", "", "picture beside this table; blank without one"),
        Column("review", "string", "", "open; or as `reviews` says: confirmed or rejected"),
    ),
)
