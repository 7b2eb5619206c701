"""Layers: thickness, surface, foil, and where they part."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric("t_mean_um", "um", "mean coating thickness to the envelope, along the local normal"),
    Metric("t_sd_um", "um", "standard deviation of the thickness along the foil"),
    Metric("t_cv", "1", "t_sd / t_mean"),
    Metric("t_min_um", "um", "smallest thickness along the foil"),
    Metric("t_max_um", "um", "largest thickness along the foil"),
    Metric("t_range_um", "um", "t_max - t_min"),
    Metric("t_mean_surface_um", "um", "mean coating thickness to the mean surface"),
    Metric("wedge_um_per_mm", "um/mm", "slope of the thickness along the foil", signed=True),
    Metric(
        "waviness_rms_um",
        "um",
        "root mean square of the thickness in waves of 0.1 to 5 mm (Gaussian filters of ISO"
        " 16610-21)",
    ),
    Metric(
        "edge_bevel_width_um",
        "um",
        "length over which the coating rises from 10 to 90 % of its median thickness at a free"
        " edge",
    ),
    Metric(
        "Ra_um",
        "um",
        "mean of the envelope's distance from its Gaussian line, ISO 21920-2; cut-off in the note",
    ),
    Metric("Rq_um", "um", "root mean square of that distance, ISO 21920-2; cut-off in the note"),
    Metric(
        "Rz_um",
        "um",
        "mean over section lengths of the height from lowest to highest point, ISO 21920-2",
    ),
    Metric(
        "imprint_depth_mean_um",
        "um",
        "mean depth of the foil's edge below its Gaussian line, 0 where it is above",
    ),
    Metric("imprint_depth_p95_um", "um", "95 % of the foil's edge is less deep below that line"),
    Metric("side_asymmetry", "1", "2 (tA - tB) / (tA + tB) of the mean thicknesses", signed=True),
    Metric("cc_thickness_um", "um", "mean thickness of the collector foil"),
    Metric(
        "delam_fraction",
        "1",
        "share of the collector interface with a gap of at least the"
        " smallest gap over at least the shortest run",
    ),
    Metric("gap_max_um", "um", "widest gap at the collector interface that counts"),
    Metric("longest_run_um", "um", "longest run of delaminated interface"),
    Metric("gap_area_um2_per_mm", "um2/mm", "area of the gaps that count per interface length"),
    *(
        Metric(
            f"cc_contact_share_{phase}",
            "1",
            "share of the collector interface whose first `measure.interface_um` of coating are"
            f" mostly {words}",
        )
        for phase, words in (
            ("active_material", "active material"),
            ("binder", "binder"),
            ("pore", "pore or gap"),
        )
    ),
    Metric(
        "delam_separator_fraction",
        "1",
        "share of the separator interface with a gap of at least the smallest gap over at least the"
        " shortest run",
    ),
    Metric(
        "gap_area_separator_um2_per_mm",
        "um2/mm",
        "area of the gaps that count per length of separator interface",
    ),
    Metric("gap_separator_max_um", "um", "widest gap at the separator that counts"),
    Metric("longest_run_separator_um", "um", "longest run of coating apart from its separator"),
)
