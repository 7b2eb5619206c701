"""Elements and films."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric(
        "ni_frac",
        "1",
        "atoms of nickel over those of Ni, Co, Mn and Al in active material, of those that"
        " `measure.elements` maps",
    ),
    Metric(
        "segregation_cv",
        "1",
        "coefficient of variation, between whole particles and beyond that of counting, of the"
        " atomic share of the first element of `measure.elements`",
    ),
    Metric(
        "sei_thickness_um",
        "um",
        "mean distance of the outer border of films of `measure.films: sei` from the particle"
        " they lie on; experimental",
    ),
    Metric(
        "sei_coverage",
        "1",
        "share of the particles' outlines under a film of `measure.films: sei`; experimental",
    ),
    Metric(
        "li_plating_area_frac",
        "1",
        "share of the particles' outlines under a film of `measure.films: li_plating`;"
        " experimental",
    ),
)
