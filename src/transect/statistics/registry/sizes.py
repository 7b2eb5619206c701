"""Sizes and shapes of particles."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

_RAW = "raw 2-D section diameters of particles, Miles-Lantuejoul weights"
_BALLS = "unfolded from sections to spheres (EMS), none where particles are flat"

METRICS = (
    Metric("d10_area_um", "um", f"10 % of the particle area lies in smaller ones; {_RAW}"),
    Metric("d50_area_um", "um", f"50 % of the particle area lies in smaller ones; {_RAW}"),
    Metric("d90_area_um", "um", f"90 % of the particle area lies in smaller ones; {_RAW}"),
    Metric("d10_number_um", "um", f"10 % of the particles are smaller; {_RAW}"),
    Metric("d50_number_um", "um", f"50 % of the particles are smaller; {_RAW}"),
    Metric("d90_number_um", "um", f"90 % of the particles are smaller; {_RAW}"),
    Metric("d10_volume_um", "um", f"10 % of the particles' volume lies in smaller ones; {_BALLS}"),
    Metric("d50_volume_um", "um", f"50 % of the particles' volume lies in smaller ones; {_BALLS}"),
    Metric("d90_volume_um", "um", f"90 % of the particles' volume lies in smaller ones; {_BALLS}"),
    Metric("d32_um", "um", f"Sauter diameter, volume over surface, ISO 9276-2; {_BALLS}"),
    Metric("d43_um", "um", f"mean diameter by volume, ISO 9276-2; {_BALLS}"),
    Metric("span_area", "1", "(D90 - D10) / D50, area weighted"),
    Metric("n_particles", "1", "particle sections that were measured, border ones included"),
    Metric("n_A_per_mm2", "1/mm2", "sum of the Miles-Lantuejoul weights over the valid area"),
    Metric("ecd_mean_um", "um", f"mean equivalent circle diameter; {_RAW}"),
    Metric("ecd_max_um", "um", "largest equivalent circle diameter of the whole particles"),
    Metric("aspect_ratio_median", "1", "median of feret_min / feret_max of whole particles"),
    Metric("circularity_median", "1", "median of sqrt(4 pi A / P^2) of whole particles"),
    Metric("solidity_median", "1", "median of area over hull area of whole particles"),
)
