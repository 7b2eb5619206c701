"""Schemas of the mergeable sums, their keys, and which columns keep the least or the most.

Everything is in pixels of the mosaic here; units come with the final tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import pandas as pd

from transect.measure import components, objects
from transect.measure.directions import DIRECTIONS
from transect.measure.outline import CROSSINGS
from transect.measure.touching import TOUCHING
from transect.storage.tables import Column, Schema

_I = "int64"


def _counts(names: Sequence[str], what: str) -> tuple[Column, ...]:
    return tuple(Column(name, _I, "px", f"{what}: {name.replace('_', ' ')}") for name in names)


BOX = ("row0", "row1", "column0", "column1")
LOW = tuple(f"low_{k:02d}" for k in range(DIRECTIONS))
HIGH = tuple(f"high_{k:02d}" for k in range(DIRECTIONS))
STEPS = ("orthogonal", "diagonal")
_PARTICLE = Column("particle", "uint64", "", "particle id; 0 for none")
_COMPONENT = Column("component", "uint64", "", "1 + global index of the first pixel in the window")

PARTICLES = Schema(
    "partial_particles",
    1,
    "Sums over particles",
    (
        _PARTICLE,
        *_counts(objects.SUMS, "sum about the particle's anchor"),
        *_counts(CROSSINGS, "steps out of the particle"),
        *(Column(n, "int32", "px", "bounding box in the mosaic") for n in BOX),
        *(Column(n, _I, "", "smallest packed projection of pixels") for n in LOW),
        *(Column(n, _I, "", "largest packed projection of pixels") for n in HIGH),
    ),
)
NEIGHBOURS = Schema(
    "partial_neighbours",
    1,
    "Pairs of particles within the contact distance",
    (_PARTICLE, Column("neighbour", "uint64", "", "particle near it")),
)
_OPENING = (_COMPONENT, Column("phase", "uint8", "", "code of the phase"), _PARTICLE)
CRACKS = Schema(
    "partial_cracks",
    1,
    "Sums over connected cracks of each window",
    (
        *_OPENING,
        *_counts(components.SUMS, "sum over the component"),
        *_counts(STEPS, "steps along the skeleton"),
    ),
)
PORES = Schema(
    "partial_pores",
    1,
    "Sums over connected pores, voids and gaps of each window",
    (
        *_OPENING,
        *_counts(components.SUMS, "sum over the component"),
        *(Column(n, "int32", "px", "bounding box in the mosaic") for n in BOX),
    ),
)
SUMS = Schema(
    "partial_sums",
    1,
    "Pixels by x-block, side, depth and phase; steps out of the active material",
    (
        Column("block", "int32", "", "x-block"),
        Column("side", "uint8", "", "0 for a, 1 for b"),
        Column("depth_bin", "int32", "", "bin of relative depth; -1 for steps"),
        Column("phase", "uint8", "", "code of the phase; for steps 0 axial and 1 diagonal"),
        Column("count", _I, "px", "how many"),
    ),
)
RUNS = Schema(
    "partial_runs",
    1,
    "Where components touch the borders of windows",
    (
        Column("axis", "uint8", "", "0 between rows, 1 between columns"),
        Column("line", "int32", "px", "row or column after the border"),
        Column("side", "uint8", "", "0 before the border, 1 after"),
        Column("start", "int32", "px", "first pixel along the border"),
        Column("stop", "int32", "px", "one past the last"),
        *_OPENING,
    ),
)
POINTS = Schema(
    "partial_points",
    1,
    "Pixels of the cracks' skeletons",
    (
        Column("row", "int32", "px", "row in the mosaic"),
        Column("column", "int32", "px", "column in the mosaic"),
        _COMPONENT,
        Column("orthogonal", "uint8", "px", "orthogonal steps to neighbours on the skeleton"),
        Column("diagonal", "uint8", "px", "diagonal steps to neighbours on the skeleton"),
        Column("width", "uint8", "px", "twice the distance to what is no crack, in eighths"),
        Column("tx", "int8", "", "direction along the skeleton, columns, of 100"),
        Column("ty", "int8", "", "direction along the skeleton, rows, of 100"),
        Column("dark", "int32", "", "sum of greys across the crack"),
        Column("across", "uint8", "", "number of these greys"),
        Column("end", "uint8", "", "1 at an end of the skeleton, 2 at one at the outline"),
    ),
)
GREYS = Schema(
    "partial_greys",
    1,
    "Greys of pores between particles",
    (
        Column("phase", "uint8", "", "code of the phase"),
        Column("count", _I, "px", "pixels"),
        Column("sum_grey", _I, "", "sum of their greys"),
    ),
)
TOUCHES = Schema(
    "partial_touching",
    1,
    "Rows of each column next to the collector, by what they are",
    (
        Column("column", "int32", "px", "column of the mosaic"),
        Column("side", "uint8", "", "0 for a, 1 for b"),
        *_counts(TOUCHING, "rows"),
    ),
)
_ELEMENT = Column("element", "uint8", "", "atomic number")
ELEMENTS = Schema(
    "partial_elements",
    1,
    "X-ray counts by x-block, phase and element",
    (
        Column("block", "int32", "", "x-block"),
        Column("phase", "uint8", "", "code of the phase"),
        _ELEMENT,
        Column("count", _I, "px", "pixels of the phase"),
        Column("sum_grey", _I, "", "sum of the element's map over them"),
    ),
)
COMPOSITIONS = Schema(
    "partial_compositions",
    1,
    "X-ray counts by particle and element, of active material",
    (_PARTICLE, _ELEMENT, Column("sum_grey", _I, "", "sum of the element's map")),
)
FILM_STEPS = ("axial", "diagonal", "axial_all", "diagonal_all")
FILMS = Schema(
    "partial_films",
    2,
    "Films on particles by x-block",
    (
        Column("block", "int32", "", "x-block"),
        Column("film", "uint8", "", "number of the film in `config.FILMS`"),
        Column("outer", _I, "px", "pixels of the film's outer border"),
        Column("away", _I, "px/64", "sum of their distances from the particle"),
        *_counts(FILM_STEPS, "steps out of particles, into the film and all"),
    ),
)
SCHEMAS = {
    "particles": PARTICLES,
    "neighbours": NEIGHBOURS,
    "cracks": CRACKS,
    "pores": PORES,
    "sums": SUMS,
    "runs": RUNS,
    "points": POINTS,
    "greys": GREYS,
    "touching": TOUCHES,
    "elements": ELEMENTS,
    "compositions": COMPOSITIONS,
    "films": FILMS,
}
KEYS = {
    "particles": ["particle"],
    "neighbours": ["particle", "neighbour"],
    "cracks": ["component"],
    "pores": ["component"],
    "sums": ["block", "side", "depth_bin", "phase"],
    "runs": ["axis", "line", "start", "side"],
    "points": ["row", "column"],
    "greys": ["phase"],
    "touching": ["column", "side"],
    "elements": ["block", "phase", "element"],
    "compositions": ["particle", "element"],
    "films": ["block", "film"],
}
LEAST = {*LOW, "row0", "column0"}
"""Columns of which the smallest value is kept."""
MOST = {*HIGH, "row1", "column1"}
"""Columns of which the largest value is kept."""


def frame_of(kind: str, *columns: npt.NDArray[Any]) -> pd.DataFrame:
    """Table of a kind from arrays of one or more columns each, in the schema's order."""
    schema = SCHEMAS[kind]
    wide = [part if part.ndim == 2 else part[:, None] for part in columns]
    flat = [part[:, i] for part in wide for i in range(part.shape[1])]
    named = zip(schema.columns, flat, strict=True)
    return pd.DataFrame({c.name: values.astype(c.dtype) for c, values in named})
