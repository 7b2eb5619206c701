"""Table of what changes along the foil."""

from __future__ import annotations

from transect.measure.tables.columns import FLOAT, one, um
from transect.statistics.tables import KEYS
from transect.storage.tables import Column, Schema

DRIFT = Schema(
    "drift",
    1,
    "Whether quantities stay the same along the foil: slopes and places where they change",
    (
        *KEYS,
        Column("metric", "string", "", "name of the metric"),
        Column("side", "string", "", "coating side a (above the foil) or b; blank for both"),
        Column("unit", "string", "", "unit of the metric"),
        Column("n", "int64", "1", "stretches of foil that were compared, long against its grain"),
        Column("slope_per_mm", FLOAT, "unit column/mm", "slope along the foil"),
        Column("slope_low", FLOAT, "unit column/mm", "lower end of its 95 % interval"),
        Column("slope_high", FLOAT, "unit column/mm", "upper end"),
        one("p_slope", "share of shufflings of the stretches with as much of a slope"),
        um("change_x_um", "place along the foil where the quantity changes most"),
        Column("before", FLOAT, "unit column", "value left of it"),
        Column("after", FLOAT, "unit column", "value right of it"),
        one("p_change", "share of shufflings with as large a step anywhere"),
        one("q_value", "smaller of both, adjusted over the table (Benjamini and Hochberg)"),
        Column("verdict", "string", "", "steady, drifts, or too short to tell"),
    ),
)
