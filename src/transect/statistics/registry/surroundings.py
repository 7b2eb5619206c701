"""How particles lie: direction, neighbours, what they touch, those that are unlike."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric(
        "orientation_S2",
        "1",
        "2 <cos^2> - 1 of the major axis against the foil, by area: 1 along it, -1 across",
        signed=True,
    ),
    Metric("n_neighbours_mean", "1", "mean number of particles within `measure.contact_um`"),
    Metric(
        "contact_length_frac",
        "1",
        "share of the particles' outlines within `measure.contact_um` of another particle",
    ),
    Metric(
        "perimeter_share_active_material",
        "1",
        "share of the particles' outlines that faces another particle within `measure.ring_um`",
    ),
    Metric("cbd_coverage", "1", "share of the particles' outlines that faces binder"),
    Metric("perimeter_share_pore", "1", "share of the particles' outlines that faces a pore"),
    Metric(
        "perimeter_share_collector",
        "1",
        "share of the particles' outlines that faces the collector",
    ),
    Metric(
        "perimeter_share_separator",
        "1",
        "share of the particles' outlines that faces the separator",
    ),
    Metric(
        "assb_contact_frac",
        "1",
        "share of the particles' outlines that faces solid electrolyte; solid-state cells only",
    ),
    Metric(
        "interfacial_void_frac",
        "1",
        "share of the particles' outlines that faces a void; solid-state cells only",
    ),
    Metric(
        "fragment_fraction",
        "1",
        "weighted share of particles with a solidity below 0.85 whose outline faces another one for"
        " a tenth or more",
    ),
    Metric(
        "foreign_particle_per_mm2",
        "1/mm2",
        "particles far brighter than the others; limit in the note",
    ),
)
