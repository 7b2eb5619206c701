"""The tables of truth. Lengths in px are pixels of the truth grid; areas count its pixels."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

TILES = Schema(
    "truth_tiles",
    2,
    "Where each tile truly lies and how it was recorded",
    (
        Column("tile", "string", "", "Name of the tile"),
        Column("channel", "string", "", "Detector"),
        Column("file", "string", "", "Image file, even where it is missing"),
        Column("row", "int64", "1", "Row of the grid of tiles"),
        Column("column", "int64", "1", "Column of the grid of tiles"),
        Column("x_px", "float64", "px", "Left edge of the tile in truth coordinates"),
        Column("y_px", "float64", "px", "Top edge of the tile in truth coordinates"),
        Column("stage_x_um", "float64", "um", "Recorded stage x of the centre, sign taken off"),
        Column("stage_y_um", "float64", "um", "Recorded stage y of the centre, sign taken off"),
        Column("gain", "float64", "1", "recorded = scene * shading * gain + offset"),
        Column("offset", "float64", "1", "In grey levels of 255"),
        Column("blur_px", "float64", "px", "Sigma of the defocus"),
        Column("fault", "string", "", "What is wrong with it; empty when sound"),
    ),
)

DETAILS = Schema(
    "truth_details",
    1,
    "Where each field of higher magnification truly lies",
    (
        Column("file", "string", "", "Image file"),
        Column("x_px", "float64", "px", "Left edge in truth coordinates"),
        Column("y_px", "float64", "px", "Top edge in truth coordinates"),
        Column("width_px", "float64", "px", "Width in pixels of the truth grid"),
        Column("height_px", "float64", "px", "Height in pixels of the truth grid"),
        Column("pixel_nm", "float64", "nm", "Pixel size"),
    ),
)

PARTICLES = Schema(
    "truth_particles",
    2,
    "Every particle; counts are of the truth grid, inside the frame and the coating",
    (
        Column("particle", "int64", "", "Id, as in the image `particles`"),
        Column("side", "string", "", "a or b"),
        Column("x_um", "float64", "um", "Centre of the outline along the image's columns"),
        Column("y_um", "float64", "um", "Centre of the outline along the image's rows"),
        Column("centroid_x_um", "float64", "um", "Centroid of the counted pixels"),
        Column("centroid_y_um", "float64", "um", "Centroid of the counted pixels"),
        Column("zeta", "float64", "1", "Depth of the centre: 0 at the collector, 1 at the surface"),
        Column(
            "outline_area_um2", "float64", "um2", "Inside the outline, not cut by the layers, exact"
        ),
        Column("outline_ecd_um", "float64", "um", "Equivalent circle diameter of the outline"),
        Column("area_filled_um2", "float64", "um2", "Counted, with cracks and voids"),
        Column("area_um2", "float64", "um2", "Counted, without cracks and voids"),
        Column("ecd_um", "float64", "um", "Equivalent circle diameter of area_filled_um2"),
        Column("crack_area_um2", "float64", "um2", "Counted"),
        Column("void_area_um2", "float64", "um2", "Counted"),
        Column("n_cracks", "int64", "1", "Cracks"),
        Column("crack_length_um", "float64", "um", "Sum of the lengths of their centre lines"),
        Column("complete", "bool", "", "The outline lies inside the frame"),
        Column("second", "bool", "", "Of the second active material"),
    ),
)

CRACKS = Schema(
    "truth_cracks",
    1,
    "Every crack of the particles in the frame",
    (
        Column("crack", "int64", "", "Id, as in the image `cracks`"),
        Column("particle", "int64", "", "Id of its particle"),
        Column("x_um", "float64", "um", "Middle of its ends along the columns"),
        Column("y_um", "float64", "um", "Middle of its ends along the rows"),
        Column("length_um", "float64", "um", "Length of the centre lines of its branches, exact"),
        Column("width_um", "float64", "um", "Width, exact; its ends are round"),
        Column("area_um2", "float64", "um2", "Counted"),
    ),
)

VOIDS = Schema(
    "truth_voids",
    1,
    "Every void inside a particle",
    (
        Column("particle", "int64", "", "Id of its particle"),
        Column("x_um", "float64", "um", "Centre along the columns"),
        Column("y_um", "float64", "um", "Centre along the rows"),
        Column("outline_area_um2", "float64", "um2", "Inside its outline, exact"),
    ),
)

AGGLOMERATES = Schema(
    "truth_agglomerates",
    1,
    "Every clump of binder",
    (
        Column("side", "string", "", "a or b"),
        Column("x_um", "float64", "um", "Centre along the columns"),
        Column("y_um", "float64", "um", "Centre along the rows"),
        Column("outline_ecd_um", "float64", "um", "Equivalent circle diameter of the outline"),
    ),
)

GAPS = Schema(
    "truth_gaps",
    1,
    "Every opening between coating and collector, cut at the frame",
    (
        Column("side", "string", "", "a or b"),
        Column("x0_um", "float64", "um", "Where it begins to open"),
        Column("x1_um", "float64", "um", "Where it has closed"),
        Column("height_um", "float64", "um", "Largest opening along the normal"),
        Column("run_um", "float64", "um", "Length that is open by the threshold of delamination"),
        Column("area_um2", "float64", "um2", "Integral of the opening"),
    ),
)

COLUMNS = Schema(
    "truth_columns",
    1,
    "Boundaries and thickness at the centre of columns of the truth grid",
    (
        Column("column_px", "int64", "px", "Column"),
        Column("side", "string", "", "a or b"),
        Column("foil_px", "float64", "px", "Collector's edge on this side, row coordinate"),
        Column("base_px", "float64", "px", "Coating's edge towards the collector, row coordinate"),
        Column("surface_px", "float64", "px", "Coating's outer edge, row coordinate"),
        Column("separator_near_px", "float64", "px", "Separator's inner edge; NaN when absent"),
        Column("separator_far_px", "float64", "px", "Separator's outer edge; NaN when absent"),
        Column("thickness_um", "float64", "um", "Base to surface along the foil's normal"),
        Column("gap_um", "float64", "um", "Foil to base along the foil's normal"),
        Column("delaminated", "bool", "", "The opening counts by height and run"),
        Column("collector_um", "float64", "um", "Thickness of the collector along the normal"),
    ),
)

PROFILE = Schema(
    "truth_profile",
    1,
    "Counted area of each phase of the coating by relative depth",
    (
        Column("side", "string", "", "a or b"),
        Column("depth_bin", "int64", "1", "0 at the collector"),
        Column("zeta0", "float64", "1", "Lower end"),
        Column("zeta1", "float64", "1", "Upper end"),
        Column("phase", "string", "", "Name of the phase"),
        Column("area_um2", "float64", "um2", "Counted"),
        Column("fraction", "float64", "1", "Share of the counted coating in the bin"),
    ),
)
