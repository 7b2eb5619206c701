"""Transport through the pores of the plane, and how wide they are."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

_INDEX = "2-D index, not that of the volume"

METRICS = (
    Metric(
        "tau_factor_2d",
        "1",
        "porosity x D / D_eff of diffusion from surface to collector, windows as wide as the"
        f" coating is thick side by side; {_INDEX}",
    ),
    Metric(
        "tau_geodesic_z",
        "1",
        "mean shortest way through pores from the surface to the collector over the thickness, of"
        f" the places at the surface that have one; {_INDEX}",
    ),
    Metric("tau_bruggeman", "1", "porosity^-0.5 of the same windows: a line to compare with"),
    Metric(
        "nonpercolating_windows_2d",
        "1",
        f"share of the windows without a path from surface to collector; {_INDEX}",
    ),
    Metric(
        "nonpercolating_fraction_2d",
        "1",
        f"share of the pore area that no path connects to both surface and collector; {_INDEX}",
    ),
    Metric("chord_x_um", "um", "mean intercept in pores along the foil, ASTM E112"),
    Metric("chord_z_um", "um", "mean intercept in pores through the coating, ASTM E112"),
    Metric("chord_anisotropy", "1", "chord_x / chord_z"),
    Metric("pore_d10_um", "um", "10 % of the pore area is locally thinner; largest inscribed disc"),
    Metric("pore_d50_um", "um", "50 % of the pore area is locally thinner; largest inscribed disc"),
    Metric("pore_d90_um", "um", "90 % of the pore area is locally thinner; largest inscribed disc"),
)
