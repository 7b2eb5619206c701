"""Cracks and voids of particles."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric("crack_area_fraction", "1", "crack area / (crack + active material area), pooled"),
    Metric("crack_length_density_per_um", "1/um", "crack length / active material area"),
    Metric("crack_surface_density_per_um", "1/um", "(4/pi) crack length / active material area"),
    Metric(
        "crack_width_mean_um",
        "um",
        "width of the round-ended band of each crack's area and length, weighted by length",
    ),
    Metric(
        "crack_width_p95_um",
        "um",
        "95 % of the crack length is narrower; twice the distance from the skeleton to the edge",
    ),
    Metric("crack_width_max_um", "um", "twice the largest distance from a skeleton to the edge"),
    Metric(
        "crack_width_sub_um",
        "um",
        "mean width of what is narrower than 3.5 px, from the grey that is missing across it",
    ),
    Metric(
        "radial_index",
        "1",
        "mean cos 2a by length, a between crack and radius of its particle: 1 radial, 0 random, -1"
        " tangential; without the inner 15 % of the radius",
        signed=True,
    ),
    Metric(
        "crack_fraction_rim",
        "1",
        "A_crack / (A_crack + A_active material) in the outer fifth of the depth of particles",
    ),
    Metric(
        "crack_fraction_core",
        "1",
        "A_crack / (A_crack + A_active material) in the inner fifth of the depth of particles",
    ),
    Metric(
        "grey_core_rim",
        "1",
        "mean grey of active material in the inner fifth of the depth over that in the outer fifth",
    ),
    Metric(
        "contact_angle_deg",
        "deg",
        "mean angle at the particle's centre between a crack and the nearest line to a neighbour",
    ),
    Metric(
        "contact_angle_null_deg",
        "deg",
        "contact_angle of the same particles if their cracks lay anywhere",
    ),
    Metric(
        "contact_angle_excess_deg",
        "deg",
        "contact_angle less contact_angle_null: below 0 where cracks point to contacts",
        signed=True,
    ),
    *(
        Metric(f"crack_share_{kind}", "1", f"share of the crack length in cracks that {what}")
        for kind, what in (
            ("core", "lie within half of the particle's radius"),
            ("surface", "lie further out, with fewer than two ends at the outline"),
            ("through", "have two ends at the particle's outline"),
            ("open", "touch a pore of the coating"),
        )
    ),
    Metric("cracked_fraction", "1", "weighted share of particles above the crack limits"),
    Metric("internal_porosity", "1", "void area over filled particle area, pooled"),
    Metric("S_V_per_um", "1/um", "(4/pi) Crofton length of the active material's outline / area"),
)
