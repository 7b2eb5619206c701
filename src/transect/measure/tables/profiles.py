"""Tables along the foil, through the depth, and by the size of particles."""

from __future__ import annotations

from transect.measure.tables.columns import FLOAT, SIDE, area, one, um
from transect.statistics.tables import KEYS
from transect.storage.tables import Column, Schema

BLOCKS = Schema(
    "blocks",
    1,
    "Sums over blocks along the foil: what every interval is made from",
    (
        *KEYS,
        Column("block", "int32", "1", "number of the block along the foil, from 0"),
        SIDE,
        um("x0_um", "start of the block"),
        um("x1_um", "end of the block"),
        area("area_valid_um2", "valid coating area"),
        area("area_active_material_um2", "active material"),
        area("area_binder_um2", "binder"),
        area("area_pore_um2", "pores between particles"),
        area("area_crack_um2", "cracks"),
        area("area_void_um2", "voids inside particles"),
        um("boundary_um", "Crofton length of the active material's outline"),
        um("crack_length_um", "length of the crack skeleton"),
        Column("n_particles", "int64", "1", "particles whose centroid lies in the block"),
        um("thickness_mean_um", "mean thickness to the envelope"),
        um("gap_length_um", "length of delaminated collector interface"),
        um("interface_length_um", "length of collector interface"),
    ),
)

CRACK_PROFILE = Schema(
    "crack_profile",
    1,
    "Cracks against particle size, depth and place along the foil",
    (
        *KEYS,
        Column("axis", "string", "", "ecd_um, zeta or x_um of the particles"),
        Column("low", FLOAT, "unit of the axis", "start of the class"),
        Column("high", FLOAT, "unit of the axis", "end of the class"),
        Column("n_particles", "int64", "1", "whole particles in the class"),
        Column("length_density_per_um", FLOAT, "1/um", "crack length over active material"),
        Column("density_low", FLOAT, "1/um", "lower end of the 95 % block-bootstrap interval"),
        Column("density_high", FLOAT, "1/um", "upper end of the 95 % block-bootstrap interval"),
        one("cracked_share", "weighted share of the class's particles that are cracked"),
        one("cracked_low", "lower end of the 95 % block-bootstrap interval"),
        one("cracked_high", "upper end of the 95 % block-bootstrap interval"),
    ),
)

RADIAL_PROFILE = Schema(
    "radial_profile",
    1,
    "Whole particles from rim to core, in layers of equal depth",
    (
        *KEYS,
        Column("layer", "int32", "1", "number of the layer, 0 at the rim"),
        one("depth_low", "distance from the rim where it begins, over the particle's largest"),
        one("depth_high", "distance from the rim where it ends, over the particle's largest"),
        Column("n_particles", "int64", "1", "whole particles"),
        area("area_um2", "area of the layer in all of them, with cracks and voids"),
        one("crack_area_fraction", "A_crack / (A_crack + A_active material) of the layer"),
        one("crack_low", "lower end of the 95 % block-bootstrap interval"),
        one("crack_high", "upper end of the 95 % block-bootstrap interval"),
        one("grey_mean", "mean grey value of the layer's active material"),
        one("grey_low", "lower end of the 95 % block-bootstrap interval"),
        one("grey_high", "upper end of the 95 % block-bootstrap interval"),
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
        um("ecd_um", "diameter: end of a class; the first is the smallest that is reported"),
        *(
            column
            for name, words in (("q0", "number"), ("q2", "area"), ("q3", "volume"))
            for column in (
                one(name, f"share below this diameter by {words}, ISO 9276-1 cumulative"),
                one(f"{name}_low", "lower end of the 95 % block-bootstrap interval"),
                one(f"{name}_high", "upper end of the 95 % block-bootstrap interval"),
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
        SIDE,
        Column("depth_bin", "int32", "1", "bin of relative depth, from 0 at the collector"),
        one("zeta0", "start of the bin"),
        one("zeta1", "end of the bin"),
        Column("phase", "string", "", "phase"),
        one("fraction", "area of the phase over valid coating area in the bin"),
        one("ci_low", "lower end of the 95 % block-bootstrap interval"),
        one("ci_high", "upper end of the 95 % block-bootstrap interval"),
        Column("n", "int64", "1", "x-blocks with valid area in the bin"),
    ),
)

COLUMNS = Schema(
    "columns",
    1,
    "Thickness at every column of the mosaic that has a coating",
    (
        *KEYS,
        SIDE,
        um("x_um", "position along the foil"),
        um("thickness_um", "collector to envelope along the local normal"),
        um("thickness_mean_surface_um", "collector to mean surface along the local normal"),
        um("gap_um", "opening between collector and coating"),
        Column("delaminated", "bool", "", "gap and run are at least the limits of the config"),
        um("collector_um", "thickness of the collector foil"),
    ),
)
