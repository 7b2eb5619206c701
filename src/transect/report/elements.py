"""What the phases are made of, as rows of a table."""

from __future__ import annotations

import math

from transect.report.digits import short
from transect.report.inputs import Section

HEAD = ["Phase", "Element", "at. %", "95 % interval", "Spread between particles", "95 % interval"]


def element_rows(section: Section) -> list[list[str]]:
    """Cells of the table: one row for each phase and element; none without maps."""
    return [
        [
            str(row["phase"]).replace("_", " "),
            str(row["element"]),
            short(row["at_pct"]),
            _span(row["at_pct_low"], row["at_pct_high"]),
            *_spread(row["segregation_cv"], row["segregation_low"], row["segregation_high"]),
        ]
        for row in section.tables["elements"].to_dict("records")
    ]


def _spread(value: float, low: float, high: float) -> list[str]:
    if not math.isfinite(value):
        return ["–", "–"]
    return [f"{short(100 * value)} %", f"{_span(100 * low, 100 * high)} %"]


def _span(low: float, high: float) -> str:
    return f"{short(low)} to {short(high)}"
