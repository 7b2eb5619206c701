"""Tables of one section: particles, cracks, pores, x-blocks, depth profile and thickness.

Lengths are in um on the specimen: x along the foil from the mosaic's left border, z from the
collector into the coating, zeta = z / thickness. `mosaic_*` are positions in the mosaic image.
"""

from __future__ import annotations

from transect.statistics.tables import KEYS, METRICS, REPLICATES
from transect.storage.tables import Column, Schema

__all__ = [
    "BLOCKS",
    "COLUMNS",
    "DECISIONS",
    "ELEMENTS",
    "CRACKS",
    "CRACK_PROFILE",
    "METRICS",
    "PARTICLES",
    "PARTICLE_ELEMENTS",
    "PORES",
    "PROFILE",
    "REPLICATES",
    "RADIAL_PROFILE",
    "SECTION_TABLES",
    "SIZE_DISTRIBUTION",
]

_F = "float64"


def _um(name: str, definition: str) -> Column:
    return Column(name, _F, "um", definition)


def _area(name: str, definition: str) -> Column:
    return Column(name, _F, "um2", definition)


def _one(name: str, definition: str) -> Column:
    return Column(name, _F, "1", definition)


_SIDE = Column("side", "string", "", "coating side a (above the foil) or b")
_PLACE = (
    _um("x_um", "centroid along the foil"),
    _um("z_um", "centroid, distance from the collector into the coating"),
    _one("zeta", "z over the coating's thickness there, 0 at the collector to 1"),
)
_MOSAIC = (
    _um("mosaic_x_um", "centroid, columns of the mosaic"),
    _um("mosaic_y_um", "centroid, rows of the mosaic"),
)
_COMPLETE = Column(
    "complete", "bool", "", "touches neither the mosaic's border nor an invalid pixel"
)

PARTICLES = Schema(
    "particles",
    4,
    "Particle sections with their size, shape, cracks, voids and neighbours",
    (
        *KEYS,
        Column("particle", "uint64", "", "id in the label image"),
        _SIDE,
        *_PLACE,
        *_MOSAIC,
        _um("bbox_x0_um", "left border of the bounding box in the mosaic"),
        _um("bbox_y0_um", "upper border of the bounding box in the mosaic"),
        _um("bbox_x1_um", "right border of the bounding box in the mosaic"),
        _um("bbox_y1_um", "lower border of the bounding box in the mosaic"),
        _area("area_um2", "pixels of active material times pixel area"),
        _area("area_filled_um2", "area with internal voids and cracks"),
        _um("ecd_um", "equivalent circle diameter sqrt(4 A_filled / pi), ISO 9276-6"),
        _um("perimeter_um", "outer outline, Crofton formula with 4 directions"),
        _um("feret_max_um", "largest caliper width"),
        _um("feret_min_um", "smallest caliper width"),
        _one("aspect_ratio", "feret_min / feret_max, in (0, 1] as ISO 9276-6"),
        _one("form_factor", "4 pi A_filled / P^2; ImageJ calls this circularity"),
        _one("circularity", "sqrt(form_factor), as ISO 9276-6"),
        _one("roundness", "4 A_filled / (pi feret_max^2)"),
        _one("solidity", "A_filled / hull area"),
        _area(
            "hull_area_um2",
            "area of the convex hull, spanned by the extreme pixels in 72 directions",
        ),
        Column("orientation_deg", _F, "deg", "major axis against the foil, in (-90, 90]"),
        _one("grey_mean", "mean grey value of the active material"),
        _one("grey_sd", "standard deviation of the grey value of the active material"),
        _area("crack_area_um2", "area of cracks inside the particle"),
        _um("crack_length_um", "length of the crack skeleton, steps 0.948 and 1.340 px"),
        _one("crack_area_fraction", "A_crack / (A_crack + A_active material)"),
        _um("crack_width_p95_um", "95 % of the length of its listed cracks is narrower"),
        _one(
            "radial_index",
            "mean cos 2a of its cracks by length, a between crack and radius: 1 radial, 0 random,"
            " -1 tangential; without the inner 15 % of the radius",
        ),
        Column(
            "contact_angle_deg",
            _F,
            "deg",
            "mean angle between the cracks' places, seen from the centre, and the nearest line to a"
            " neighbour, 0 to 90",
        ),
        Column("contact_angle_null_deg", _F, "deg", "the same if the cracks lay anywhere"),
        _area("void_area_um2", "area of voids inside the particle that are not cracks"),
        _one("internal_porosity", "void area / area_filled"),
        Column("n_neighbours", "int32", "1", "particles within the contact distance"),
        _one("contact_length_frac", "share of the outline within the contact distance of another"),
        _one("perimeter_share_pore", "share of the outline with pore or gap within the ring"),
        _one("perimeter_share_binder", "share of the outline with binder within the ring"),
        _one(
            "perimeter_share_active_material",
            "share of the outline facing another particle within the ring",
        ),
        _one("perimeter_share_separator", "share of the outline facing the separator"),
        _one("perimeter_share_collector", "share of the outline facing the collector"),
        _one("detachment", "1 - shares of binder, active material and collector"),
        _one("ml_weight", "Miles-Lantuejoul weight W / (W - f_x); 0 where not complete"),
        Column("cracked", "bool", "", "crack length or area above the limits of the config"),
        Column(
            "fragment",
            "bool",
            "",
            "solidity below 0.85, a neighbour, and a tenth of the outline or more facing another",
        ),
        Column(
            "foreign",
            "bool",
            "",
            "mean grey above the particles' median by `measure.foreign_sigma` robust standard"
            " deviations; what it is, EDS must say",
        ),
        _COMPLETE,
        Column(
            "seam_flag",
            "bool",
            "",
            "bounding box meets the overlap of two tiles whose pair was not accepted, or is off by"
            " more than 2 px",
        ),
    ),
)

CRACKS = Schema(
    "cracks",
    3,
    "Connected cracks inside particles, from the shortest listed length on",
    (
        *KEYS,
        Column("crack", "uint64", "", "id: 1 + global index of its first pixel"),
        Column("particle", "uint64", "", "particle that it lies in"),
        *_PLACE,
        *_MOSAIC,
        _area("area_um2", "pixels times pixel area"),
        _um("length_um", "length of the skeleton, steps 0.948 and 1.340 px"),
        _um(
            "width_mean_um",
            "width of the round-ended band of this area and length; below 3 px not resolved",
        ),
        _um(
            "width_p95_um",
            "95 % of its length is narrower; twice the distance from the skeleton to the edge",
        ),
        _um("width_max_um", "twice the largest distance from the skeleton to the crack's edge"),
        _um(
            "width_sub_um",
            "where narrower than 3.5 px: width of a gap as dark as pores that takes as much grey"
            " out of the material (partial volume); NaN where no part is that narrow",
        ),
        Column("width_resolved", "bool", "", "width_mean_um is at least 3 px"),
        _one("radial_place", "mean distance from the particle's centre over its radius, ecd / 2"),
        Column(
            "crack_class",
            "string",
            "",
            "open: touches a pore of the coating; else through: two ends or more at the particle's"
            " outline; else core: radial_place below 0.5; else surface; blank where the particle"
            " is not listed",
        ),
        Column("long", "bool", "", "longer than `measure.cracked_length_ratio` times the ecd"),
    ),
)

PORES = Schema(
    "pores",
    2,
    "Connected pores: between particles, inside particles, and gaps at interfaces",
    (
        *KEYS,
        Column("pore", "uint64", "", "id: 1 + global index of its first pixel"),
        Column("kind", "string", "", "inter, intra (void of a particle) or gap (delamination)"),
        *_PLACE,
        _area("area_um2", "pixels times pixel area"),
        _um("ecd_um", "equivalent circle diameter sqrt(4 A / pi)"),
        _um("perimeter_um", "outline with holes, Crofton formula with 4 directions"),
        _um("extent_x_um", "width of its box along the image's rows"),
        _um("extent_z_um", "height of its box"),
        Column(
            "coating_crack",
            "bool",
            "",
            "as long as three particles (area-weighted median diameter), and five times as long as"
            " wide: length is the diagonal of the box, width is area over length",
        ),
        _COMPLETE,
    ),
)

BLOCKS = Schema(
    "blocks",
    1,
    "Sums over blocks along the foil: what every interval is made from",
    (
        *KEYS,
        Column("block", "int32", "1", "number of the block along the foil, from 0"),
        _SIDE,
        _um("x0_um", "start of the block"),
        _um("x1_um", "end of the block"),
        _area("area_valid_um2", "valid coating area"),
        _area("area_active_material_um2", "active material"),
        _area("area_binder_um2", "binder"),
        _area("area_pore_um2", "pores between particles"),
        _area("area_crack_um2", "cracks"),
        _area("area_void_um2", "voids inside particles"),
        _um("boundary_um", "Crofton length of the active material's outline"),
        _um("crack_length_um", "length of the crack skeleton"),
        Column("n_particles", "int64", "1", "particles whose centroid lies in the block"),
        _um("thickness_mean_um", "mean thickness to the envelope"),
        _um("gap_length_um", "length of delaminated collector interface"),
        _um("interface_length_um", "length of collector interface"),
    ),
)

CRACK_PROFILE = Schema(
    "crack_profile",
    1,
    "Cracks against particle size, depth and place along the foil",
    (
        *KEYS,
        Column("axis", "string", "", "ecd_um, zeta or x_um of the particles"),
        Column("low", _F, "unit of the axis", "start of the class"),
        Column("high", _F, "unit of the axis", "end of the class"),
        Column("n_particles", "int64", "1", "whole particles in the class"),
        Column("length_density_per_um", _F, "1/um", "crack length over active material"),
        Column("density_low", _F, "1/um", "lower end of the 95 % block-bootstrap interval"),
        Column("density_high", _F, "1/um", "upper end of the 95 % block-bootstrap interval"),
        _one("cracked_share", "weighted share of the class's particles that are cracked"),
        _one("cracked_low", "lower end of the 95 % block-bootstrap interval"),
        _one("cracked_high", "upper end of the 95 % block-bootstrap interval"),
    ),
)

RADIAL_PROFILE = Schema(
    "radial_profile",
    1,
    "Whole particles from rim to core, in layers of equal depth",
    (
        *KEYS,
        Column("layer", "int32", "1", "number of the layer, 0 at the rim"),
        _one("depth_low", "distance from the rim where it begins, over the particle's largest"),
        _one("depth_high", "distance from the rim where it ends, over the particle's largest"),
        Column("n_particles", "int64", "1", "whole particles"),
        _area("area_um2", "area of the layer in all of them, with cracks and voids"),
        _one("crack_area_fraction", "A_crack / (A_crack + A_active material) of the layer"),
        _one("crack_low", "lower end of the 95 % block-bootstrap interval"),
        _one("crack_high", "upper end of the 95 % block-bootstrap interval"),
        _one("grey_mean", "mean grey value of the layer's active material"),
        _one("grey_low", "lower end of the 95 % block-bootstrap interval"),
        _one("grey_high", "upper end of the 95 % block-bootstrap interval"),
    ),
)

_SYMBOL = Column("element", "string", "", "symbol of the element")
_PERCENT = "of all atoms of the elements that `measure.elements` maps"

ELEMENTS = Schema(
    "elements",
    1,
    "What the phases are made of, from X-ray counts; empty without maps of elements",
    (
        *KEYS,
        Column("phase", "string", "", "phase; separator is a solid electrolyte too"),
        _SYMBOL,
        Column("at_pct", _F, "%", f"share {_PERCENT}"),
        Column("at_pct_low", _F, "%", "lower end of the 95 % block-bootstrap interval"),
        Column("at_pct_high", _F, "%", "upper end of the 95 % block-bootstrap interval"),
        _one("counts", "net counts in the phase"),
        _area("area_um2", "area of the phase"),
        _one(
            "segregation_cv",
            "coefficient of variation of the share between whole particles, beyond that of"
            " counting; active material only",
        ),
        _one("segregation_low", "lower end of the 95 % block-bootstrap interval"),
        _one("segregation_high", "upper end of the 95 % block-bootstrap interval"),
    ),
)

PARTICLE_ELEMENTS = Schema(
    "particle_elements",
    1,
    "What the active material of each particle is made of; empty without maps of elements",
    (
        *KEYS,
        Column("particle", "uint64", "", "id in the label image"),
        _SYMBOL,
        _one("counts", "net counts"),
        Column("at_pct", _F, "%", f"share {_PERCENT}"),
        Column("at_pct_sd", _F, "%", "standard deviation of that share from counting alone"),
    ),
)

SIZE_DISTRIBUTION = Schema(
    "size_distribution",
    1,
    "Share of the particles below a diameter, by number, area and volume, in three ways",
    (
        *KEYS,
        Column(
            "method",
            "string",
            "",
            "raw: sections as they are, weighted by their number, area and cubed diameter;"
            " unfolded: spheres cut by the plane, without a form of the distribution (EMS);"
            " lognormal: spheres whose diameters are log-normal, by maximum likelihood",
        ),
        _um("ecd_um", "diameter: end of a class; the first is the smallest that is reported"),
        *(
            column
            for name, words in (("q0", "number"), ("q2", "area"), ("q3", "volume"))
            for column in (
                _one(name, f"share below this diameter by {words}, ISO 9276-1 cumulative"),
                _one(f"{name}_low", "lower end of the 95 % block-bootstrap interval"),
                _one(f"{name}_high", "upper end of the 95 % block-bootstrap interval"),
            )
        ),
        Column("n", "int64", "1", "whole particles"),
    ),
)

PROFILE = Schema(
    "profile",
    1,
    "Phase fractions against relative depth",
    (
        *KEYS,
        _SIDE,
        Column("depth_bin", "int32", "1", "bin of relative depth, from 0 at the collector"),
        _one("zeta0", "start of the bin"),
        _one("zeta1", "end of the bin"),
        Column("phase", "string", "", "phase"),
        _one("fraction", "area of the phase over valid coating area in the bin"),
        _one("ci_low", "lower end of the 95 % block-bootstrap interval"),
        _one("ci_high", "upper end of the 95 % block-bootstrap interval"),
        Column("n", "int64", "1", "x-blocks with valid area in the bin"),
    ),
)

COLUMNS = Schema(
    "columns",
    1,
    "Thickness at every column of the mosaic that has a coating",
    (
        *KEYS,
        _SIDE,
        _um("x_um", "position along the foil"),
        _um("thickness_um", "collector to envelope along the local normal"),
        _um("thickness_mean_surface_um", "collector to mean surface along the local normal"),
        _um("gap_um", "opening between collector and coating"),
        Column("delaminated", "bool", "", "gap and run are at least the limits of the config"),
        _um("collector_um", "thickness of the collector foil"),
    ),
)

DECISIONS = Schema(
    "decisions",
    1,
    "Metrics of a few windows when limits between phases move: what `segmentation_low` and"
    " `segmentation_high` are made from",
    (
        Column("metric", "string", "", "name of the metric"),
        _one(
            "material",
            "probability from which a pixel is active material, and a line a crack, against what"
            " else is likeliest; 0.5 in all that is published",
        ),
        _one("binder", "probability from which it is binder, against pore; 0.5 likewise"),
        Column("value", _F, "unit column", "value over these windows; NaN where not defined"),
        Column("unit", "string", "", "unit of the value"),
    ),
)

SECTION_TABLES = {
    schema.name: schema
    for schema in (
        PARTICLES,
        CRACKS,
        PORES,
        BLOCKS,
        CRACK_PROFILE,
        RADIAL_PROFILE,
        SIZE_DISTRIBUTION,
        PROFILE,
        COLUMNS,
        ELEMENTS,
        PARTICLE_ELEMENTS,
        METRICS,
        REPLICATES,
    )
}
"""Every table of a section, by the name of its file."""
