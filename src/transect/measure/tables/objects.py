"""Tables of objects: particles, cracks and pores."""

from __future__ import annotations

from transect.measure.tables.columns import BOX, COMPLETE, FLOAT, MOSAIC, PLACE, SIDE, area, one, um
from transect.statistics.tables import KEYS
from transect.storage.tables import Column, Schema

PARTICLES = Schema(
    "particles",
    4,
    "Particle sections with their size, shape, cracks, voids and neighbours",
    (
        *KEYS,
        Column("particle", "uint64", "", "id in the label image"),
        SIDE,
        *PLACE,
        *MOSAIC,
        *BOX,
        area("area_um2", "pixels of active material times pixel area"),
        area("area_filled_um2", "area with internal voids and cracks"),
        um("ecd_um", "equivalent circle diameter sqrt(4 A_filled / pi), ISO 9276-6"),
        um("perimeter_um", "outer outline, Crofton formula with 4 directions"),
        um("feret_max_um", "largest caliper width"),
        um("feret_min_um", "smallest caliper width"),
        one("aspect_ratio", "feret_min / feret_max, in (0, 1] as ISO 9276-6"),
        one("form_factor", "4 pi A_filled / P^2; ImageJ calls this circularity"),
        one("circularity", "sqrt(form_factor), as ISO 9276-6"),
        one("roundness", "4 A_filled / (pi feret_max^2)"),
        one("solidity", "A_filled / hull area"),
        area(
            "hull_area_um2",
            "area of the convex hull, spanned by the extreme pixels in 72 directions",
        ),
        Column("orientation_deg", FLOAT, "deg", "major axis against the foil, in (-90, 90]"),
        one("grey_mean", "mean grey value of the active material"),
        one("grey_sd", "standard deviation of the grey value of the active material"),
        area("crack_area_um2", "area of cracks inside the particle"),
        um("crack_length_um", "length of the crack skeleton, steps 0.948 and 1.340 px"),
        one("crack_area_fraction", "A_crack / (A_crack + A_active material)"),
        um("crack_width_p95_um", "95 % of the length of its listed cracks is narrower"),
        one(
            "radial_index",
            "mean cos 2a of its cracks by length, a between crack and radius: 1 radial, 0 random,"
            " -1 tangential; without the inner 15 % of the radius",
        ),
        Column(
            "contact_angle_deg",
            FLOAT,
            "deg",
            "mean angle between the cracks' places, seen from the centre, and the nearest line to a"
            " neighbour, 0 to 90",
        ),
        Column("contact_angle_null_deg", FLOAT, "deg", "the same if the cracks lay anywhere"),
        area("void_area_um2", "area of voids inside the particle that are not cracks"),
        one("internal_porosity", "void area / area_filled"),
        Column("n_neighbours", "int32", "1", "particles within the contact distance"),
        one("contact_length_frac", "share of the outline within the contact distance of another"),
        one("perimeter_share_pore", "share of the outline with pore or gap within the ring"),
        one("perimeter_share_binder", "share of the outline with binder within the ring"),
        one(
            "perimeter_share_active_material",
            "share of the outline facing another particle within the ring",
        ),
        one("perimeter_share_separator", "share of the outline facing the separator"),
        one("perimeter_share_collector", "share of the outline facing the collector"),
        one("detachment", "1 - shares of binder, active material and collector"),
        one("ml_weight", "Miles-Lantuejoul weight W / (W - f_x); 0 where not complete"),
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
        COMPLETE,
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
        *PLACE,
        *MOSAIC,
        area("area_um2", "pixels times pixel area"),
        um("length_um", "length of the skeleton, steps 0.948 and 1.340 px"),
        um(
            "width_mean_um",
            "width of the round-ended band of this area and length; below 3 px not resolved",
        ),
        um(
            "width_p95_um",
            "95 % of its length is narrower; twice the distance from the skeleton to the edge",
        ),
        um("width_max_um", "twice the largest distance from the skeleton to the crack's edge"),
        um(
            "width_sub_um",
            "where narrower than 3.5 px: width of a gap as dark as pores that takes as much grey"
            " out of the material (partial volume); NaN where no part is that narrow",
        ),
        Column("width_resolved", "bool", "", "width_mean_um is at least 3 px"),
        one("radial_place", "mean distance from the particle's centre over its radius, ecd / 2"),
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
    3,
    "Connected pores: between particles, inside particles, and gaps at interfaces",
    (
        *KEYS,
        Column("pore", "uint64", "", "id: 1 + global index of its first pixel"),
        Column("kind", "string", "", "inter, intra (void of a particle) or gap (delamination)"),
        *PLACE,
        *BOX,
        area("area_um2", "pixels times pixel area"),
        um("ecd_um", "equivalent circle diameter sqrt(4 A / pi)"),
        um("perimeter_um", "outline with holes, Crofton formula with 4 directions"),
        Column(
            "coating_crack",
            "bool",
            "",
            "between particles, as long as three of them (area-weighted median diameter), and five"
            " times as long as wide: length is the diagonal of the box, width is area over length",
        ),
        COMPLETE,
    ),
)
