"""How each metric is shown: its name in words, its group, and whether it is written in percent."""

from __future__ import annotations

from dataclasses import dataclass

from transect.statistics.registry import REGISTRY

GROUPS: tuple[str, ...] = (
    "Composition",
    "Particles",
    "Cracks",
    "Thickness",
    "Delamination",
    "Depth",
    "Transport, 2-D indices",
    "Quality",
    "Other",
)
_C, _P, _K, _T, _D, _G, _R, _Q, _O = GROUPS


@dataclass(frozen=True)
class Label:
    """One metric: its words, its group and whether a ratio is written in percent."""

    words: str
    group: str
    percent: bool = False


LABELS: dict[str, Label] = {
    "porosity_total": Label("Porosity, total", _C, True),
    "porosity_inter": Label("Porosity between particles", _C, True),
    "porosity_intra": Label("Porosity inside particles", _C, True),
    "porosity_crack": Label("Porosity of cracks", _C, True),
    "phase_fraction_active_material": Label("Active material", _C, True),
    "phase_fraction_binder": Label("Carbon-binder domain", _C, True),
    "phase_fraction_pore": Label("Pore phase", _C, True),
    "porosity_total_corrected": Label("Porosity, total, corrected by masks", _C, True),
    "phase_fraction_active_material_corrected": Label("Active material, corrected", _C, True),
    "phase_fraction_binder_corrected": Label("Carbon-binder domain, corrected", _C, True),
    "uniformity_index": Label("Uniformity index", _C),
    "heterogeneity_ratio": Label("Heterogeneity ratio", _C),
    "required_width_mm": Label("Width for the target interval", _C),
    "integral_range_um2": Label("Integral range", _C),
    "S_V_per_um": Label("Specific surface", _C),
    "porosity_mass_balance": Label("Porosity by mass balance", _C, True),
    "porosity_unresolved": Label("Porosity that is not resolved", _C, True),
    "ni_frac": Label("Nickel among the metals", _C, True),
    "segregation_cv": Label("Spread of composition between particles", _C, True),
    "sei_thickness_um": Label("SEI thickness, experimental", _C),
    "sei_coverage": Label("Outlines under SEI, experimental", _C, True),
    "li_plating_area_frac": Label("Outlines under plated lithium, experimental", _C, True),
    "macro_void_per_mm2": Label("Macro voids", _C),
    "coating_crack_per_mm2": Label("Cracks of the coating", _C),
    "coating_crack_depth_fraction": Label("Depth of the deepest of them", _C, True),
    "d50_area_um": Label("D50 by area", _P),
    "d10_area_um": Label("D10 by area", _P),
    "d90_area_um": Label("D90 by area", _P),
    "d50_volume_um": Label("D50 by volume, unfolded", _P),
    "d10_volume_um": Label("D10 by volume, unfolded", _P),
    "d90_volume_um": Label("D90 by volume, unfolded", _P),
    "d32_um": Label("D[3,2], unfolded", _P),
    "d43_um": Label("D[4,3], unfolded", _P),
    "d50_number_um": Label("D50 by number", _P),
    "d10_number_um": Label("D10 by number", _P),
    "d90_number_um": Label("D90 by number", _P),
    "span_area": Label("Span", _P),
    "ecd_mean_um": Label("Mean diameter", _P),
    "ecd_max_um": Label("Largest diameter", _P),
    "n_particles": Label("Particles measured", _P),
    "n_A_per_mm2": Label("Particles per area", _P),
    "aspect_ratio_median": Label("Aspect ratio, median", _P),
    "circularity_median": Label("Circularity, median", _P),
    "solidity_median": Label("Solidity, median", _P),
    "internal_porosity": Label("Voids in particles", _P, True),
    "detachment_mean": Label("Detachment", _P, True),
    "contact_length_frac": Label("Outline near other particles", _P, True),
    "perimeter_share_active_material": Label("Outline touching particles", _P, True),
    "cbd_coverage": Label("Outline covered by binder", _P, True),
    "perimeter_share_pore": Label("Outline at pores", _P, True),
    "perimeter_share_collector": Label("Outline at the collector", _P, True),
    "perimeter_share_separator": Label("Outline at the separator", _P, True),
    "assb_contact_frac": Label("Outline in contact with electrolyte", _P, True),
    "interfacial_void_frac": Label("Outline at voids", _P, True),
    "n_neighbours_mean": Label("Neighbours, mean", _P),
    "orientation_S2": Label("Alignment with the foil, S2", _P),
    "fragment_fraction": Label("Fragments", _P, True),
    "foreign_particle_per_mm2": Label("Foreign particles", _P),
    "agglomerate_ecd_max_um": Label("Largest agglomerate", _P),
    "agglomerate_per_mm2": Label("Agglomerates", _P),
    "cracked_fraction": Label("Cracked particles", _K, True),
    "crack_area_fraction": Label("Crack area", _K, True),
    "crack_length_density_per_um": Label("Crack length density", _K),
    "crack_surface_density_per_um": Label("Crack surface density", _K),
    "crack_width_mean_um": Label("Crack width, mean", _K),
    "crack_width_p95_um": Label("Crack width, 95 %", _K),
    "crack_width_max_um": Label("Crack width, largest", _K),
    "crack_width_sub_um": Label("Width of unresolved cracks", _K),
    "radial_index": Label("Radial index of cracks", _K),
    "crack_fraction_rim": Label("Crack area in the rim of particles", _K),
    "crack_fraction_core": Label("Crack area in the core of particles", _K),
    "grey_core_rim": Label("Grey of the core over that of the rim", _P),
    "contact_angle_deg": Label("Angle of cracks to contacts", _K),
    "contact_angle_null_deg": Label("The same by chance", _K),
    "contact_angle_excess_deg": Label("Angle to contacts less chance", _K),
    "crack_share_core": Label("Crack length in the core", _K, True),
    "crack_share_surface": Label("Crack length near the surface", _K, True),
    "crack_share_through": Label("Crack length through particles", _K, True),
    "crack_share_open": Label("Crack length open to pores", _K, True),
    "t_mean_um": Label("Thickness, mean", _T),
    "t_sd_um": Label("Thickness, SD", _T),
    "t_cv": Label("Thickness, CV", _T, True),
    "t_min_um": Label("Thickness, smallest", _T),
    "t_max_um": Label("Thickness, largest", _T),
    "t_range_um": Label("Thickness, range", _T),
    "t_mean_surface_um": Label("Thickness to the mean surface", _T),
    "wedge_um_per_mm": Label("Wedge", _T),
    "waviness_rms_um": Label("Waviness, RMS", _T),
    "edge_bevel_width_um": Label("Width of the edge's bevel", _T),
    "Ra_um": Label("Roughness Ra", _T),
    "Rq_um": Label("Roughness Rq", _T),
    "Rz_um": Label("Roughness Rz", _T),
    "imprint_depth_mean_um": Label("Imprint in the foil, mean", _T),
    "imprint_depth_p95_um": Label("Imprint in the foil, 95 %", _T),
    "side_asymmetry": Label("Asymmetry of the sides", _T, True),
    "cc_thickness_um": Label("Collector thickness", _T),
    "delam_fraction": Label("Delaminated", _D, True),
    "gap_max_um": Label("Largest gap", _D),
    "longest_run_um": Label("Longest delaminated run", _D),
    "gap_area_um2_per_mm": Label("Gap area", _D),
    "cc_contact_share_active_material": Label("Collector under active material", _D, True),
    "cc_contact_share_binder": Label("Collector under binder", _D, True),
    "cc_contact_share_pore": Label("Collector under pores and gaps", _D, True),
    "delam_separator_fraction": Label("Apart from the separator", _D, True),
    "gap_area_separator_um2_per_mm": Label("Gap area at the separator", _D),
    "gap_separator_max_um": Label("Largest gap at the separator", _D),
    "longest_run_separator_um": Label("Longest run apart from the separator", _D),
    "binder_migration_index": Label("Binder migration index", _G),
    "gradient_porosity": Label("Gradient of porosity", _G),
    "gradient_binder": Label("Gradient of binder", _G),
    "gradient_active_material": Label("Gradient of active material", _G),
    "skin_index": Label("Skin index", _G),
    "binder_join_count_z": Label("Clustering of binder, join count", _G),
    "binder_moran_I": Label("Clustering of binder, Moran's I", _G),
    "binder_lacunarity": Label("Lacunarity of binder", _G),
    "tau_factor_2d": Label("Tortuosity factor, 2-D index", _R),
    "tau_geodesic_z": Label("Geodesic tortuosity, 2-D index", _R),
    "tau_bruggeman": Label("Bruggeman line", _R),
    "nonpercolating_windows_2d": Label("Windows without a path", _R, True),
    "nonpercolating_fraction_2d": Label("Pores without a path", _R, True),
    "chord_x_um": Label("Mean chord along the foil", _R),
    "chord_z_um": Label("Mean chord through the coating", _R),
    "chord_anisotropy": Label("Anisotropy of the chords", _R),
    "pore_d10_um": Label("Local pore thickness, d10", _R),
    "pore_d50_um": Label("Local pore thickness, d50", _R),
    "pore_d90_um": Label("Local pore thickness, d90", _R),
    "excluded_area_fraction": Label("Excluded area", _Q, True),
}

# What a reader looks for first; everything else is in the table of all numbers.
KEY_METRICS: tuple[str, ...] = (
    "porosity_total",
    "phase_fraction_active_material",
    "phase_fraction_binder",
    "d50_area_um",
    "d90_area_um",
    "cracked_fraction",
    "crack_area_fraction",
    "t_mean_um",
    "t_cv",
    "delam_fraction",
    "gap_max_um",
    "binder_migration_index",
    "detachment_mean",
)

_ORDER = {name: place for place, name in enumerate(LABELS)}


def label(metric: str) -> Label:
    """How a metric is shown; one that is not listed is shown by its own name."""
    return LABELS.get(metric) or Label(metric.replace("_", " "), _O)


def definition(metric: str) -> str:
    """Say what a metric means; empty for one that is not published."""
    return REGISTRY[metric].definition if metric in REGISTRY else ""


def order(metric: str) -> tuple[int, int, str]:
    """Key that sorts metrics by group, then as listed here, then by name."""
    return (GROUPS.index(label(metric).group), _ORDER.get(metric, len(_ORDER)), metric)


def side_words(side: str) -> str:
    """Words for a side of the foil."""
    return {"a": "side A", "b": "side B"}.get(side, side)
