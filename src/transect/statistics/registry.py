"""Every metric that is published: its unit and what it means, in one place.

The tables, the limits file and the documentation all read this registry.
"""

from __future__ import annotations

from dataclasses import dataclass

from transect.statistics.provenance import provenance


@dataclass(frozen=True)
class Metric:
    """One published quantity: its name, its unit ("1" for ratios) and its definition.

    Unless it is signed it cannot be below 0, and neither can its interval.
    """

    name: str
    unit: str
    definition: str
    signed: bool = False

    @property
    def source(self) -> str:
        """Standard or work that the definition is from."""
        return provenance(self.name)[0]

    @property
    def trap(self) -> str:
        """What the metric is mistaken for, or what moves it."""
        return provenance(self.name)[1]


_COATING = "of the valid coating area"
_RAW = "raw 2-D section diameters of particles, Miles-Lantuejoul weights"
_BALLS = "unfolded from sections to spheres (EMS), none where particles are flat"

_INDEX = "2-D index, not that of the volume"

_ALL = (
    Metric("porosity_total", "1", f"inter + intra + crack porosity, share {_COATING}"),
    Metric("porosity_inter", "1", f"pores outside particle envelopes, share {_COATING}"),
    Metric("porosity_intra", "1", f"voids inside particles that are not cracks, share {_COATING}"),
    Metric("porosity_crack", "1", f"cracks inside particles, share {_COATING}"),
    Metric("phase_fraction_active_material", "1", f"active material, share {_COATING}"),
    Metric("phase_fraction_binder", "1", f"binder with conductive additive, share {_COATING}"),
    Metric("phase_fraction_pore", "1", f"pores outside particle envelopes, share {_COATING}"),
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
    Metric(
        "gradient_porosity",
        "1",
        "(top third - bottom third) / mean of the total porosity",
        signed=True,
    ),
    Metric(
        "gradient_binder",
        "1",
        "(top third - bottom third) / mean of the binder fraction",
        signed=True,
    ),
    Metric("binder_migration_index", "1", "binder fraction in the top third / bottom third"),
    Metric(
        "gradient_active_material",
        "1",
        "(top third - bottom third) / mean of the active material",
        signed=True,
    ),
    Metric(
        "skin_index",
        "1",
        "porosity of the outermost tenth of the depth over that between 0.3 and 0.7",
    ),
    Metric(
        "binder_join_count_z",
        "1",
        "joins between cells rich in binder, less their expectation, over its standard deviation;"
        " each depth's mean is taken off",
        signed=True,
    ),
    Metric(
        "binder_moran_I",
        "1",
        "Moran's I of binder between neighbouring cells: 0 at random, 1 in clusters; each depth's"
        " mean is taken off",
        signed=True,
    ),
    Metric("binder_lacunarity", "1", "variance / mean^2 + 1 of binder in cells, less the gradient"),
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
        "area of films of `measure.films: sei` on particles over the outline they cover;"
        " experimental",
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
    Metric("excluded_area_fraction", "1", "invalid pixels inside the coating, share of its area"),
    Metric("agglomerate_per_mm2", "1/mm2", "binder components above the agglomerate limit"),
    Metric("agglomerate_ecd_max_um", "um", "equivalent circle diameter of the largest of them"),
)
REGISTRY: dict[str, Metric] = {metric.name: metric for metric in _ALL}

_ELSEWHERE = "does not apply to "


def elsewhere(chemistry: str) -> str:
    """Note of a metric whose defect a coating cannot have."""
    return _ELSEWHERE + chemistry


def applies(note: str) -> bool:
    """Whether a metric with this note can be judged."""
    return not note.startswith(_ELSEWHERE)
