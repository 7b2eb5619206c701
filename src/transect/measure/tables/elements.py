"""Tables of what phases and particles are made of."""

from __future__ import annotations

from transect.measure.tables.columns import FLOAT, area, one
from transect.statistics.tables import KEYS
from transect.storage.tables import Column, Schema

_SYMBOL = Column("element", "string", "", "symbol of the element")
_PERCENT = "of all atoms of the elements that `measure.elements` maps"

ELEMENTS = Schema(
    "elements",
    1,
    "What the phases are made of, from X-ray counts; empty without maps of elements",
    (
        *KEYS,
        Column("phase", "string", "", "phase; separator is a solid electrolyte too"),
        _SYMBOL,
        Column("at_pct", FLOAT, "%", f"share {_PERCENT}"),
        Column("at_pct_low", FLOAT, "%", "lower end of the 95 % block-bootstrap interval"),
        Column("at_pct_high", FLOAT, "%", "upper end of the 95 % block-bootstrap interval"),
        one("counts", "net counts in the phase"),
        area("area_um2", "area of the phase"),
        one(
            "segregation_cv",
            "coefficient of variation of the share between whole particles, beyond that of"
            " counting; active material only",
        ),
        one("segregation_low", "lower end of the 95 % block-bootstrap interval"),
        one("segregation_high", "upper end of the 95 % block-bootstrap interval"),
    ),
)

PARTICLE_ELEMENTS = Schema(
    "particle_elements",
    1,
    "What the active material of each particle is made of; empty without maps of elements",
    (
        *KEYS,
        Column("particle", "uint64", "", "id in the label image"),
        _SYMBOL,
        one("counts", "net counts"),
        Column("at_pct", FLOAT, "%", f"share {_PERCENT}"),
        Column("at_pct_sd", FLOAT, "%", "standard deviation of that share from counting alone"),
    ),
)
