"""Schemas of the tables of a mosaic."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

POSITIONS = Schema(
    "positions",
    2,
    "Where every tile lies in the mosaic",
    (
        Column("tile", "string", "", "name of the tile"),
        Column("row", "int64", "1", "row of the tile in the grid"),
        Column("column", "int64", "1", "column of the tile in the grid"),
        Column("x_px", "float64", "px", "left border of the tile in the mosaic"),
        Column("y_px", "float64", "px", "top border of the tile in the mosaic"),
        Column("stage_x_px", "float64", "px", "x_px by the stage, its axes turned to the image's"),
        Column("stage_y_px", "float64", "px", "y_px by the stage, its axes turned to the image's"),
        Column("dx_px", "float64", "px", "x_px minus stage_x_px"),
        Column("dy_px", "float64", "px", "y_px minus stage_y_px"),
        Column(
            "se_px",
            "float64",
            "px",
            "standard error of the position per axis, against the neighbours it is paired with;"
            " the stage's error where placed_by is stage",
        ),
        Column("residual_px", "float64", "px", "root mean square residual of its accepted pairs"),
        Column("n_pairs", "int64", "1", "accepted pairs of the tile"),
        Column(
            "component",
            "int64",
            "1",
            "part of the mosaic that is tied by pairs, 0 the largest; parts lie to each other as"
            " the stage says",
        ),
        Column("placed_by", "string", "", "pairs, or stage where no pair was accepted"),
        *(
            Column(
                name,
                "float64",
                "px",
                f"by how much the tile's {name[5]} runs off at its {edge} edge, beyond the"
                " distortion that all tiles share; taken out in the mosaic",
            )
            for name, edge in (
                ("bend_xx_px", "right"),
                ("bend_xy_px", "lower"),
                ("bend_yx_px", "right"),
                ("bend_yy_px", "lower"),
            )
        ),
        Column(
            "fault",
            "string",
            "",
            "why the tile is left out of the mosaic: swapped with another, mirrored; blank when it"
            " is in",
        ),
    ),
)

LEVELS = Schema(
    "levels",
    1,
    "Brightness and place of every tile as each detector recorded it",
    (
        Column("tile", "string", "", "name of the tile"),
        Column("channel", "string", "", "detector"),
        Column("present", "bool", "", "whether the detector has a usable image of the tile"),
        Column("reason", "string", "", "why it has none, blank where it has"),
        Column("gain", "float64", "1", "corrected grey = grey / shading * gain + offset"),
        Column("offset", "float64", "grey", "corrected grey = grey / shading * gain + offset"),
        Column(
            "shift_x_px",
            "float64",
            "px",
            "x of the tile in this detector minus x_px of positions; 0 where it is too short or too"
            " unsure to count",
        ),
        Column("shift_y_px", "float64", "px", "the same along y"),
        Column(
            "shift_se_px",
            "float64",
            "px",
            "standard error of the shift per axis; absent in the detector that the others are"
            " compared with, and where no tile told the shift",
        ),
    ),
)

SEAMS = Schema(
    "seams",
    3,
    "What every pair of neighbouring tiles showed",
    (
        Column("tile_a", "string", "", "left or upper tile"),
        Column("tile_b", "string", "", "right or lower tile"),
        Column("direction", "string", "", "x: b right of a; y: b below a"),
        Column("dx_px", "float64", "px", "measured x of b minus a; absent when not measured"),
        Column("dy_px", "float64", "px", "measured y of b minus a; absent when not measured"),
        Column("se_px", "float64", "px", "standard error of the measured shift, per axis"),
        Column("confidence", "float64", "1", "normalised correlation of the overlap, 0 to 1"),
        Column("null_threshold", "float64", "1", "confidence that 1 of 10,000 unrelated pairs has"),
        Column("accepted", "bool", "", "whether the pair took part in the global solve"),
        Column(
            "checked",
            "bool",
            "",
            "whether the pair was accepted and lies in a loop of accepted pairs; else its shift is"
            " met exactly, whatever it is, and a residual of 0 says nothing",
        ),
        Column("residual_px", "float64", "px", "measured shift minus that of the positions"),
        Column("overlap_px", "float64", "px", "width of the overlap as placed; below 0 a gap"),
        Column("x0_px", "float64", "px", "left border of the overlap in the mosaic"),
        Column("x1_px", "float64", "px", "its right border"),
        Column("y0_px", "float64", "px", "its upper border"),
        Column("y1_px", "float64", "px", "its lower border"),
        Column("reason", "string", "", "why the pair was not accepted, blank when it was"),
        Column("channels", "string", "", "detectors that prove the pair, joined with +"),
    ),
)

DETAILS = Schema(
    "details",
    1,
    "Where every field of detail lies in the section",
    (
        Column("detail", "string", "", "name of the field, and of its image in details.zarr"),
        Column("channel", "string", "", "detector"),
        Column("file", "string", "", "file in the raw folder"),
        Column(
            "status",
            "string",
            "",
            "ok; blank: recorded, but without contrast; quarantined: cannot be read",
        ),
        Column(
            "located_by",
            "string",
            "",
            "image: found in the mosaic; stage: placed where the stage says, reason tells why",
        ),
        Column("pixel_nm", "float64", "nm", "pixel size as recorded"),
        Column("pixel_nm_refined", "float64", "nm", "pixel size by the mosaic's; else as recorded"),
        Column("pixel_nm_se", "float64", "nm", "standard error of pixel_nm_refined"),
        Column(
            "x_um",
            "float64",
            "um",
            "left border in the mosaic, of the field turned upright about its middle",
        ),
        Column(
            "y_um",
            "float64",
            "um",
            "top border in the mosaic, of the field turned upright about its middle",
        ),
        Column("width_um", "float64", "um", "width, at the refined pixel size"),
        Column("height_um", "float64", "um", "height, at the refined pixel size"),
        Column("rotation_deg", "float64", "deg", "angle against the mosaic, from x towards y"),
        Column("rotation_se_deg", "float64", "deg", "standard error of rotation_deg"),
        Column(
            "se_um",
            "float64",
            "um",
            "standard error of the middle's place per axis; the stage's where located_by is stage",
        ),
        Column("dx_um", "float64", "um", "x of the middle minus what the stage says"),
        Column("dy_um", "float64", "um", "y of the middle minus what the stage says"),
        Column("confidence", "float64", "1", "normalised correlation with the mosaic, 0 to 1"),
        Column(
            "null_threshold",
            "float64",
            "1",
            "confidence that 1 of 10,000 unrelated pictures has",
        ),
        Column("reason", "string", "", "why it is not placed by the image, or not readable"),
        Column(
            "focus_um",
            "float64",
            "um",
            "wavelength above which 90 % of the power of the image lies, noise taken off",
        ),
        Column("noise_sd", "float64", "grey", "standard deviation of the noise"),
    ),
)
