"""Tables that pass basins from windows to the section."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

CONTACTS = Schema(
    "contacts",
    1,
    "Basins and their contacts inside windows",
    (
        Column("basin_a", "uint64", "1", "Smaller basin id"),
        Column("basin_b", "uint64", "1", "Larger basin id; equal to basin_a for the basin itself"),
        Column(
            "saddle",
            "uint16",
            "1",
            "Highest pass between the two, of itself the peak: in 1/256 px, or for a network's"
            " heights in 1/65025 of the deepest",
        ),
        Column("length", "int64", "px", "Pixel sides shared; of itself, the pixels"),
    ),
)

FACES = Schema(
    "faces",
    1,
    "Particle pixels on the borders of windows",
    (
        Column("pixel", "uint64", "1", "Global pixel index, row * columns + column"),
        Column("label", "uint64", "1", "Basin id of the pixel in its window"),
        Column("height", "uint16", "1", "Height of the pixel, as in `contacts`"),
    ),
)

GROUPS = Schema(
    "groups",
    1,
    "Particle of every basin",
    (
        Column("basin", "uint64", "1", "Basin id"),
        Column("particle", "uint64", "1", "Particle id: the smallest basin id with a peak"),
    ),
)

LIMITS = (40, 50, 60)
"""Probabilities, in %, from which a pixel is active material: how far the decision matters."""

SOLIDS = ("active_material", "binder", "pore")
"""What a pixel of the coating is before openings are told from pores."""

WINDOWS = Schema(
    "windows",
    1,
    "What the network says of each window that holds coating",
    (
        Column("row", "int64", "1", "Row of the window in the section's grid of windows, from 0"),
        Column("column", "int64", "1", "Column of the window in that grid, from 0"),
        Column("coating_px", "int64", "px", "Recorded pixels of coating"),
        Column("unsure_px", "int64", "px", "Of these, pixels whose phase has a probability < 0.6"),
        Column(
            "strangeness",
            "float64",
            "1",
            "Mahalanobis distance of the network's features from those of its training; NaN where"
            " less than an eighth of its input was recorded",
        ),
        *(Column(f"{name}_px", "int64", "px", f"Pixels that are {name} to it") for name in SOLIDS),
        *(
            Column(
                f"{name}_{limit}_px",
                "int64",
                "px",
                f"The same where active material takes a probability of at least {limit} %",
            )
            for limit in LIMITS
            for name in SOLIDS
        ),
        *(
            Column(
                f"classical_{name}_px",
                "float64",
                "px",
                f"Pixels that are {name} to the classical engine; NaN where it was not asked",
            )
            for name in SOLIDS
        ),
    ),
)

ENGINE = Schema(
    "engine",
    2,
    "What decided on the phases of a section, and how far it can be trusted",
    (
        Column("engine", "string", "", "classical or network; most of the rest is of the network"),
        Column("polarity", "string", "", "Active material is bright or dark, as the settings say"),
        Column("polarity_found", "string", "", "What shapes in the section say: or else undecided"),
        Column(
            "polarity_score",
            "float64",
            "1",
            "How clearly they do: positive for bright, negative for dark",
        ),
        Column("model", "string", "", "Digest of the model's file"),
        Column("runtime", "string", "", "Name and version of what ran it"),
        Column("px_nm", "float64", "nm", "Pixel size of the mosaic"),
        Column("px_nm_low", "float64", "nm", "Smallest pixel size that the model was trained for"),
        Column("px_nm_high", "float64", "nm", "Largest pixel size that the model was trained for"),
        Column("windows", "int64", "1", "Windows that hold coating"),
        Column(
            "unsure_fraction",
            "float64",
            "1",
            "Share of recorded coating whose phase has a probability < 0.6",
        ),
        Column("judged", "int64", "1", "Windows whose features could be compared with training's"),
        Column("strange", "int64", "1", "Of these, windows unlike anything in training"),
        *(
            Column(f"{name}_fraction", "float64", "1", f"Share of coating that is {name}")
            for name in SOLIDS
        ),
        *(
            Column(
                f"{name}_fraction_{limit}",
                "float64",
                "1",
                f"The same where active material takes a probability of at least {limit} %",
            )
            for limit in LIMITS
            for name in SOLIDS
        ),
        Column("compared", "int64", "1", "Windows that the classical engine looked at too"),
        *(
            Column(
                f"{engine}_{name}_fraction",
                "float64",
                "1",
                f"Share of the coating of these windows that is {name} to the {engine} engine",
            )
            for engine in ("network", "classical")
            for name in SOLIDS
        ),
    ),
)
