"""Mergeable sums of windows and blocks: integers by key, so that the order of merging is nothing.

What they are is in `partial_schemas`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.partial_schemas import (
    HIGH,
    KEYS,
    LEAST,
    LOW,
    MOST,
    NEIGHBOURS,
    POINTS,
    SCHEMAS,
)
from transect.storage.files import writing
from transect.storage.tables import Schema, read_table, write_table

EXTENTS = replace(
    SCHEMAS["particles"],
    columns=tuple(c for c in SCHEMAS["particles"].columns if c.name in {"particle", *LOW, *HIGH}),
)
"""Columns of the table of particles that its calipers and hulls are made from."""

_BATCH = 50_000
"""Particles whose extents are worked on at once."""


@dataclass(frozen=True)
class Partials:
    """Sums of a window, of a block or of a section, one table per kind.

    Attributes
    ----------
    tables
        Sums by kind.
    kept
        Folders of the blocks, where skeletons and extents were not read.
    """

    tables: dict[str, pd.DataFrame]
    kept: tuple[Path, ...] = ()

    def points(self) -> Iterator[pd.DataFrame]:
        """Give the pixels of the cracks' skeletons, block by block where they are still on disk."""
        if not self.kept:
            yield self.tables["points"]
        for folder in self.kept:
            yield read_table(folder / "points.parquet", POINTS)

    def extents(self) -> Iterator[pd.DataFrame]:
        """Give id and extents of every particle once, some at a time; on disk block by block.

        Only those that lie in more than one block are merged in memory.
        """
        if not self.kept:
            whole = self.tables["particles"][EXTENTS.names]
            for start in range(0, len(whole), _BATCH):
                yield whole.iloc[start : start + _BATCH]
            return
        paths = [folder / "particles.parquet" for folder in self.kept]
        ids = np.concatenate([read_table(p, columns=["particle"])["particle"] for p in paths])
        found, times = np.unique(ids, return_counts=True)
        shared, parts = found[times > 1], []
        for path in paths:
            here = read_table(path, columns=EXTENTS.names)
            more = here["particle"].isin(shared).to_numpy()
            parts.append(here[more])
            yield here[~more]
        across = pd.concat(parts)
        if len(across):
            yield _reduce(lambda name: across[name].to_numpy(), ["particle"], EXTENTS)

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

        tables[kind] = _reduce(column, KEYS[kind], schema) if frames else schema.empty()
    return Partials(tables)


def merge_files(folders: Sequence[Path]) -> Partials:
    """Merge the sums of blocks as `write_partials` left them, reading one column at a time.

    A million particles are 0.8 GB of sums, of which extents are three quarters: these and the
    pixels of skeletons stay on disk.
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

        rest = _without_extents(schema) if kind == "particles" else schema
        tables[kind] = _reduce(column, KEYS[kind], rest) if paths else rest.empty()
    return Partials(tables, tuple(folders))


def _without_extents(schema: Schema) -> Schema:
    columns = tuple(column for column in schema.columns if column.name not in {*LOW, *HIGH})
    return replace(schema, columns=columns)


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
        elif one.dtype == "int64":
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
