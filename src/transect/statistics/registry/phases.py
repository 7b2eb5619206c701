"""Phases of the coating, and how evenly they are spread."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

_COATING = "of the valid coating area"

METRICS = (
    Metric("porosity_total", "1", f"inter + intra + crack porosity, share {_COATING}"),
    Metric("porosity_inter", "1", f"pores outside particle envelopes, share {_COATING}"),
    Metric("porosity_intra", "1", f"voids inside particles that are not cracks, share {_COATING}"),
    Metric("porosity_crack", "1", f"cracks inside particles, share {_COATING}"),
    Metric("phase_fraction_active_material", "1", f"active material, share {_COATING}"),
    Metric("phase_fraction_binder", "1", f"binder with conductive additive, share {_COATING}"),
    Metric("phase_fraction_pore", "1", f"pores outside particle envelopes, share {_COATING}"),
    *(
        Metric(
            f"{name}_corrected",
            "1",
            f"{name} without what validated masks say is taken for another phase, and with what is"
            " missed",
        )
        for name in ("porosity_total", "phase_fraction_active_material", "phase_fraction_binder")
    ),
    Metric(
        "integral_range_um2",
        "um2",
        "integral of the correlation of the pores over the plane: area that is worth one"
        " independent point (Matheron, Lantuejoul)",
    ),
    Metric(
        "required_width_mm",
        "mm",
        "width of section whose porosity_total would have the interval of `statistics.target`",
    ),
    Metric(
        "heterogeneity_ratio",
        "1",
        "variance of porosity between stretches of `statistics.stretch_um` over what its"
        " covariance within `statistics.near_um` implies: 1 is grain alone, above 1 is not uniform",
    ),
    Metric(
        "uniformity_index",
        "1",
        "1 - coefficient of variation of porosity between stretches of `statistics.stretch_um`",
        signed=True,
    ),
)
