"""Mergeable sums of windows and blocks: integers by key, so that the order of merging is nothing.

Everything is in pixels of the mosaic here; units come with the final tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure import components, objects
from transect.measure.directions import DIRECTIONS
from transect.measure.outline import CROSSINGS
from transect.measure.touching import TOUCHING
from transect.storage.files import writing
from transect.storage.tables import Column, Schema, read_table, write_table

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
}
_KEYS = {
    "particles": ["particle"],
    "neighbours": ["particle", "neighbour"],
    "cracks": ["component"],
    "pores": ["component"],
    "sums": ["block", "side", "depth_bin", "phase"],
    "runs": ["axis", "line", "start", "side"],
    "points": ["row", "column"],
    "greys": ["phase"],
    "touching": ["column", "side"],
}
LEAST = {*LOW, "row0", "column0"}
"""Columns of which the smallest value is kept."""
MOST = {*HIGH, "row1", "column1"}
"""Columns of which the largest value is kept."""


@dataclass(frozen=True)
class Partials:
    """Sums of a window, of a block or of a section, one table per kind.

    Attributes
    ----------
    tables
        Sums by kind.
    kept
        Files of the blocks' skeletons, where these were not read.
    """

    tables: dict[str, pd.DataFrame]
    kept: tuple[Path, ...] = ()

    def points(self) -> Iterator[pd.DataFrame]:
        """Give the pixels of the cracks' skeletons, block by block where they are still on disk."""
        if not self.kept:
            yield self.tables["points"]
        for path in self.kept:
            yield read_table(path, POINTS)

    def __getitem__(self, kind: str) -> pd.DataFrame:
        """Table of a kind, sorted by its key."""
        return self.tables[kind]

    def counted(self) -> Partials:
        """Leave out what only the table of particles is made from: most of all memory."""
        particles = self.tables["particles"]
        kept = [name for name in particles.columns if name not in {*LOW, *HIGH}]
        thin = {"particles": particles[kept], "neighbours": NEIGHBOURS.empty()}
        return Partials({**self.tables, **thin}, self.kept)


def merge(parts: Sequence[Partials]) -> Partials:
    """Merge sums; the order and the grouping of the parts do not matter."""
    tables = {}
    for kind, schema in SCHEMAS.items():
        frames = [p[kind] for p in parts if len(p[kind])]

        def column(name: str, frames: list[pd.DataFrame] = frames) -> npt.NDArray[Any]:
            return np.concatenate([frame[name].to_numpy() for frame in frames])

        tables[kind] = _reduce(column, _KEYS[kind], schema) if frames else schema.empty()
    return Partials(tables)


def merge_files(folders: Sequence[Path]) -> Partials:
    """Merge the sums of blocks as `write_partials` left them, reading one column at a time.

    A million particles are 0.8 GB of sums: their merged table is in memory, the blocks' are not.
    The pixels of skeletons stay on disk.
    """
    tables = {"points": POINTS.empty()}
    for kind, schema in SCHEMAS.items():
        if kind in tables:
            continue
        paths = [folder / f"{kind}.parquet" for folder in folders]
        lengths = [len(read_table(path, schema, schema.names[:1])) for path in paths]
        paths = [path for path, length in zip(paths, lengths, strict=True) if length]

        def column(name: str, paths: list[Path] = paths) -> npt.NDArray[Any]:
            return np.concatenate([read_table(p, columns=[name])[name].to_numpy() for p in paths])

        tables[kind] = _reduce(column, _KEYS[kind], schema) if paths else schema.empty()
    return Partials(tables, tuple(folder / "points.parquet" for folder in folders))


def _reduce(
    column: Callable[[str], npt.NDArray[Any]], keys: list[str], schema: Schema
) -> pd.DataFrame:
    """Merge rows of one key; columns are asked for one by one, so that no two are held unmerged."""
    known = {key: column(key) for key in keys}
    order = np.lexsort([known[key] for key in reversed(keys)])
    fresh = np.zeros(len(order), bool)
    fresh[0] = True
    for key in keys:
        ordered = known[key][order]
        fresh[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(fresh)
    merged = {}
    for one in schema.columns:
        values = (known[one.name] if one.name in known else column(one.name))[order]
        if one.name in LEAST:
            merged[one.name] = np.minimum.reduceat(values, starts)
        elif one.name in MOST:
            merged[one.name] = np.maximum.reduceat(values, starts)
        elif one.dtype == _I:
            merged[one.name] = np.add.reduceat(values, starts)
        else:
            merged[one.name] = values[starts]
    return pd.DataFrame(merged, copy=False)


def write_partials(folder: Path, partials: Partials, metadata: dict[str, str]) -> None:
    """Write all tables of a block as one folder, atomically."""
    with writing(folder) as partial:
        partial.mkdir(parents=True)
        for kind, schema in SCHEMAS.items():
            write_table(partial / f"{kind}.parquet", partials[kind], schema, metadata)


def read_partials(folder: Path) -> Partials:
    """Read the tables of a block."""
    return Partials({k: read_table(folder / f"{k}.parquet", s) for k, s in SCHEMAS.items()})
