"""What was left out, and agglomerates."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric("excluded_area_fraction", "1", "invalid pixels inside the coating, share of its area"),
    Metric("agglomerate_per_mm2", "1/mm2", "binder components above the agglomerate limit"),
    Metric("agglomerate_ecd_max_um", "um", "equivalent circle diameter of the largest of them"),
)
