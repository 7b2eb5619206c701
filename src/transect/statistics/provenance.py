"""Where the definition of each metric comes from, and what it is mistaken for.

By the beginning of metrics' names: the longest one that fits counts.
"""

from __future__ import annotations

_AREA = "ASTM E562, E1245 (Delesse)"
_ISO_SIZE = "ISO 9276-1, -2, -6"
_FRAME = "ISO 13322-1 (Miles, Lantuejoul)"
_WICKSELL = "Wicksell 1925; Silverman et al. 1990 (EMS); ISO 9276-2"
_GLADEN = "Rogan, Gladen 1978; Levy, Kass 1970"
_MASKS = "masks of another microscope or coating correct what is not wrong here"

KNOWN: dict[str, tuple[str, str]] = {
    "porosity": (_AREA, "bright or dark rims of phases taken for pores (ASTM E2109); what is"
                 " smaller than a pixel is not seen"),
    "phase_fraction": (_AREA, "unbiased at any orientation if the place is random; limits between"
                       " phases move it, see segmentation_low"),
    "porosity_total_corrected": (_GLADEN, _MASKS),
    "phase_fraction_active_material_corrected": (_GLADEN, _MASKS),
    "phase_fraction_binder_corrected": (_GLADEN, _MASKS),
    "integral_range": ("Matheron 1975; Lantuejoul 1991", "of the found phase, noise included"),
    "required_width": ("Lantuejoul 1991", "for grain alone: of no use where heterogeneity_ratio is"
                       " above 1"),
    "heterogeneity_ratio": ("variance of block means over that from the two-point covariance",
                            "depends on both lengths; compare equal settings only"),
    "uniformity_index": ("coefficient of variation of block means", "grain lowers it too: read it"
                         " with heterogeneity_ratio"),
    "d": (f"{_ISO_SIZE}; {_FRAME}", "sections are smaller than the particles they are of"),
    "d10_volume": (_WICKSELL, "spheres assumed; cracks and touching particles are not spheres"),
    "d50_volume": (_WICKSELL, "spheres assumed; ISO 13322-1 asks for more than 6000 particles"),
    "d90_volume": (_WICKSELL, "spheres assumed; ISO 13322-1 asks for 61000 particles"),
    "d32": (_WICKSELL, "spheres assumed; surface of spheres, not of rough particles"),
    "d43": (_WICKSELL, "spheres assumed; a few of the largest decide"),
    "delam_fraction": ("run-length rule", "an open pore at the collector is none: runs decide"),
    "skin_index": ("depth profile", "an envelope above rough surfaces counts as pore"),
    "binder_": ("Cliff, Ord 1981; Moran 1950; Allain, Cloitre 1991", "depends on the cells' size:"
                " compare equal ones only"),
    "binder_migration": ("thirds of the depth", "of the binder domain, not of the polymer"),
    "orientation_S2": ("nematic order in the plane", "of sections: flakes cut across look round"),
    "n_neighbours": ("after MATBOX", "in the plane: particles touch out of it too"),
    "contact_length": ("after MATBOX", "being near is not touching"),
    "cbd_coverage": ("Crofton outline by what it faces", "within `measure.ring_um`"),
    "perimeter_share": ("Crofton outline by what it faces", "within `measure.ring_um`"),
    "assb_contact": ("Crofton outline by what it faces", "gaps below a pixel look like contact"),
    "interfacial_void": ("Crofton outline by what it faces", "gaps below a pixel are not seen"),
    "fragment": ("after Petrich et al. 2017", "pieces of one particle may be neighbours by chance"),
    "foreign": ("grey criterion; exact Poisson", "what it is made of, EDS must say"),
    "macro_void": ("exact Poisson; rule of three", "a void cut at its edge looks small"),
    "coating_crack": ("length of the box against particles", "connected pores of a loose coating"
                      " are long too"),
    "porosity_mass": ("weighing", "loading and thickness of the same place are meant"),
    "porosity_unresolved": ("weighing less image", "is bias of segmentation too"),
    "detachment": ("after Jiang et al. 2020", "borders of the mosaic count for neither"),
    "span": (_ISO_SIZE, "of sections, not of particles"),
    "n_particles": (_FRAME, "sections of particles, not particles"),
    "n_A": (_FRAME, "per area of section, not per volume"),
    "ecd_mean": (f"{_ISO_SIZE}; {_FRAME}", "of sections"),
    "ecd_max": ("ISO 9276-6", "grows with the section: compare equal widths"),
    "aspect_ratio": ("ISO 9276-6", "in (0, 1]; many tools print the inverse"),
    "circularity": ("ISO 9276-6, Crofton outline", "ImageJ's circularity is its square"),
    "solidity": ("ISO 9276-6", "depends on pixels per particle"),
    "crack_area": ("pooled ratio", "not the mean of ratios of particles"),
    "crack_length": ("skeleton with calibrated steps", "counting pixels reads 10 % low"),
    "crack_surface": ("Underwood: S_V = (4/pi) L_A", "isotropic cracks assumed"),
    "crack_width": ("distance transform at the skeleton; area over length", "not resolved below 3"
                    " px: 2 px is the least that the distance tells"),
    "crack_width_sub": ("partial volume of greys across the crack", "needs the greys of material"
                        " and pores: pores that show what is behind them make cracks wide"),
    "crack_fraction": ("layers of equal depth, GREAT2", "a particle cut off its middle shows its"
                       " rim as a core"),
    "grey_core_rim": ("layers of equal depth, GREAT2", "edges shine and blur into what is beside"
                      " them: compare equal images only"),
    "radial_index": ("mean cos 2a by length", "particles that are not round have no one centre"),
    "contact_angle": ("MATBOX (Usseglio-Viretta et al. 2022)", "the nearest of many neighbours is"
                      " near by chance: read the excess over the null"),
    "crack_share": ("after Rieder et al. 2025", "a section shows where a crack is, not where it"
                    " goes"),
    "cracked_fraction": ("Horvitz-Thompson", "thresholds decide: compare equal ones only"),
    "internal_porosity": ("pooled ratio", "voids cut at their edge look smaller"),
    "S_V": ("Underwood: S_V = (4/pi) B_A, Crofton", "grows as pixels get finer on rough outlines"),
    "tau_factor_2d": ("Laplace solve on windows t x t", "2-D paths are longer than 3-D ones; limits"
                      " between phases can double it at low porosity (Pietsch 2018)"),
    "tau_geodesic": ("shortest 8-way and straight paths", "2-D over-estimates the volume's (Taiwo"
                     " et al. 2016)"),
    "tau_bruggeman": ("Bruggeman 1935", "a line to compare with, not measured"),
    "nonpercolating": ("connected pores of the plane", "what is closed in the plane may be open in"
                       " the volume"),
    "chord": ("ASTM E112, E1382", "cut at the borders of windows"),
    "pore_d": ("local thickness; Hildebrand, Ruegsegger 1997", "discs of the plane, not spheres"),
    "t_": ("local normal after straightening", "to the envelope, as a micrometer reads; extremes"
           " are of this section only"),
    "t_mean_surface": ("local normal after straightening", "lower than a micrometer reads"),
    "wedge": ("least squares", "of this section: a foil may slope the other way further on"),
    "waviness": ("ISO 16610-21 band", "sections shorter than 10 mm see the short waves only"),
    "edge_bevel": ("10 to 90 % of the plateau", "cut at an angle to the edge, it is wide"),
    "R": ("ISO 21920-2, -3; Gaussian line ISO 16610-21", "of an envelope: valleys narrower than the"
          " disc are bridged; equal cut-offs only"),
    "Rz": ("ISO 21920-2", "grows with noise and single particles"),
    "imprint": ("residual to the Gaussian line", "roughness of the foil itself counts too"),
    "side_asymmetry": ("2 (tA - tB) / (tA + tB)", "signed: a is above the foil in the image"),
    "cc_thickness": ("local normal", "a tilted section reads thick"),
    "gap": ("run-length rule", "gaps without redeposit may come from the ion beam"),
    "longest_run": ("run-length rule", "grows with the section: compare equal widths"),
    "cc_contact": ("columns of the interface", "a proxy of adhesion: touching is not holding"),
    "gap_area_separator": ("run-length rule", "without pressure there are gaps"),
    "gap_separator": ("run-length rule", "an extreme of this section only"),
    "longest_run_separator": ("run-length rule", "grows with the section: compare equal widths"),
    "delam_separator": ("run-length rule", "separators are pressed on in the cell only: a gap of a"
                        " section without pressure is none"),
    "gradient": ("thirds of the depth", "skin of calendering adds to it"),
    "ni_frac": ("Cliff, Lorimer 1975 (factors)", "X-rays come from a micrometre around; what is not"
                " mapped is not counted"),
    "segregation_cv": ("DerSimonian, Kacker 2007", "maps that were smoothed count their noise too"
                       " low: see `counts` of `measure.elements`"),
    "sei_": ("greys next to particles", "bright edges look like a film; air changes films"),
    "li_plating": ("greys next to particles", "needs a transfer without air; pores are dark too"),
    "excluded_area": ("counted", "what is excluded is not a random sample"),
    "agglomerate": ("exact Poisson; rule of three", "none found is no proof of none"),
}  # fmt: skip


def provenance(metric: str) -> tuple[str, str]:
    """Source of a metric's definition, and its trap; blank where none is known.

    Parameters
    ----------
    metric
        Name of the metric.
    """
    fits = [name for name in KNOWN if metric.startswith(name)]
    # One letter stands for diameters alone, such as d50_area_um.
    fits = [name for name in fits if name != "d" or metric[1:3].isdigit()]
    return KNOWN[max(fits, key=len)] if fits else ("", "")
