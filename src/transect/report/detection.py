"""How surely rare defects are found, as rows of a table."""

from __future__ import annotations

import math

from transect.report.digits import NONE, count, short
from transect.report.inputs import Section
from transect.report.labels import label

HEAD = [
    "Defect",
    "Made",
    "Found",
    "Half are found from",
    "9 of 10 from",
    "Surely 9 of 10 from",
    "In the section",
    "Per mm²",
    "With those missed",
    "95 % interval",
]


def detection_rows(section: Section) -> list[list[str]]:
    """Cells of the table, one row for each kind of defect, and what must be known of it."""
    return [
        [
            label(str(row["metric"])).words,
            count(row["n"]),
            count(row["n_found"]),
            *(_um(row[name]) for name in ("a50_um", "a90_um", "a90_95_um")),
            count(row["count"]),
            short(row["density_per_mm2"]),
            short(row["credited_per_mm2"]),
            _span(row["credited_low"], row["credited_high"]),
            str(row["note"]),
        ]
        for row in section.tables["detection"].to_dict("records")
    ]


def _um(size: float) -> str:
    return f"{short(size)} µm" if math.isfinite(size) else NONE


def _span(low: float, high: float) -> str:
    return f"{short(low)} to {short(high)}" if math.isfinite(low) else NONE
