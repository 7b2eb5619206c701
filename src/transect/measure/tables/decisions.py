"""The table of what the decision on phases moves."""

from __future__ import annotations

from transect.measure.tables.columns import FLOAT, one
from transect.storage.tables import Column, Schema

DECISIONS = Schema(
    "decisions",
    1,
    "Metrics of a few windows when limits between phases move: what `segmentation_low` and"
    " `segmentation_high` are made from",
    (
        Column("metric", "string", "", "name of the metric"),
        one(
            "material",
            "probability from which a pixel is active material, and a line a crack, against what"
            " else is likeliest; 0.5 in all that is published",
        ),
        one("binder", "probability from which it is binder, against pore; 0.5 likewise"),
        Column("value", FLOAT, "unit column", "value over these windows; NaN where not defined"),
        Column("unit", "string", "", "unit of the value"),
    ),
)
