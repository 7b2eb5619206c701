"""Schema of the table of tiles."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

TILES = Schema(
    "tiles",
    1,
    "Every image of a section: where it is, whether it is used, and how good it is",
    (
        Column("tile", "string", "", "Name by row and column; blank where the file has no place"),
        Column("channel", "string", "", "Detector"),
        Column("file", "string", "", "File in the raw folder"),
        Column("row", "int32", "1", "Row of the grid, from 0; -1 without a place"),
        Column("column", "int32", "1", "Column of the grid, from 0; -1 without a place"),
        Column("stage_x_um", "float64", "um", "Centre along the columns, as the stage says"),
        Column("stage_y_um", "float64", "um", "Centre along the rows, as the stage says"),
        Column(
            "status",
            "string",
            "",
            "ok; blank: recorded, but without contrast; quarantined: left out",
        ),
        Column("reason", "string", "", "Why it is blank or left out"),
        Column("mean_grey", "float64", "grey", "Mean grey value"),
        Column("sd_grey", "float64", "grey", "Standard deviation of the grey values"),
        Column(
            "focus_um",
            "float64",
            "um",
            "Wavelength above which 90 % of the power of the image lies, noise taken off; longer"
            " is less sharp",
        ),
        Column("noise_sd", "float64", "grey", "Standard deviation of the noise (Laplacian, MAD)"),
        Column(
            "saturation_fraction",
            "float64",
            "1",
            "Share of pixels at the lowest or highest grey that the type holds",
        ),
        Column(
            "charging_index",
            "float64",
            "1",
            "Root mean square of what drifts and jumps from scan line to scan line, as far as"
            " texture lets it be read, over the standard deviation of the greys; uneven shading"
            " along the columns counts as drift, for the flat field is not known yet",
        ),
        Column(
            "curtaining_index",
            "float64",
            "1",
            "Standard deviation of the stripes along the columns, to within 2 degrees, where the"
            " tile has its commonest grey, over the standard deviation of the greys",
        ),
    ),
)
