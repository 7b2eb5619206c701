"""Schemas of the tables of a mosaic."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

POSITIONS = Schema(
    "positions",
    1,
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
        Column("gain", "float64", "1", "corrected grey = grey / shading * gain + offset"),
        Column("offset", "float64", "grey", "corrected grey = grey / shading * gain + offset"),
    ),
)

SEAMS = Schema(
    "seams",
    1,
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
        Column("residual_px", "float64", "px", "measured shift minus that of the positions"),
        Column("overlap_px", "float64", "px", "width of the overlap as placed; below 0 a gap"),
        Column("reason", "string", "", "why the pair was not accepted, blank when it was"),
    ),
)
