"""Rare defects, and what else is held against the image."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric(
        "macro_void_per_mm2",
        "1/mm2",
        "pores larger than 3 times the local thickness d90 and than a fifth of the coating",
    ),
    Metric(
        "coating_crack_per_mm2",
        "1/mm2",
        "pores as long as three particles and five times as long as wide",
    ),
    Metric(
        "coating_crack_depth_fraction",
        "1",
        "height of the deepest of them over the coating's median thickness",
    ),
    Metric(
        "porosity_mass_balance",
        "1",
        "1 - loading / (thickness x density of the solids), from the sheet and t_mean",
        signed=True,
    ),
    Metric(
        "porosity_unresolved",
        "1",
        "porosity_mass_balance less porosity_total: pores within binder, and bias of segmentation",
        signed=True,
    ),
    Metric(
        "detachment_mean",
        "1",
        "mean over particles of the envelope share that touches neither"
        " binder nor particle nor collector, weighted by perimeter",
    ),
)
