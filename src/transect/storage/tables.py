"""Tables: parquet with the unit and the definition of every column in the Arrow metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from transect import __version__
from transect.errors import StorageError
from transect.storage.files import writing


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type ("float64", "string", ...), its unit and what it means."""

    name: str
    dtype: str
    unit: str
    definition: str


@dataclass(frozen=True)
class Schema:
    """A table: its name, its version (raised when a column changes) and its columns."""

    name: str
    version: int
    title: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    def arrow(self) -> pa.Schema:
        """Arrow schema with `unit` and `definition` in each field's metadata."""
        return pa.schema(
            [
                pa.field(
                    c.name,
                    pa.type_for_alias(c.dtype),
                    metadata={"unit": c.unit, "definition": c.definition},
                )
                for c in self.columns
            ]
        )

    def empty(self) -> pd.DataFrame:
        """Table without rows."""
        return self.arrow().empty_table().to_pandas()  # type: ignore[no-any-return]


def write_table(
    path: Path, frame: pd.DataFrame, schema: Schema, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a table atomically; the same rows give the same bytes.

    Parameters
    ----------
    path
        File to write.
    frame
        Rows; exactly the schema's columns, in any order.
    schema
        Names, types, units and definitions.
    metadata
        More facts for the file's metadata, such as `px_um` or the recipe.

    Raises
    ------
    StorageError
        The columns are not the schema's, or the file cannot be written.
    """
    missing = sorted(set(schema.names) - set(frame.columns))
    unknown = sorted(set(frame.columns) - set(schema.names))
    if missing or unknown:
        raise StorageError(
            f"{path}: table {schema.name} does not fit its schema:"
            f" missing {missing or 'none'}, unknown {unknown or 'none'}"
        )
    facts = {"table": schema.name, "schema_version": str(schema.version), "transect": __version__}
    arrow = schema.arrow()
    table = pa.Table.from_pandas(frame[schema.names], schema=arrow, preserve_index=False)
    table = table.cast(arrow).replace_schema_metadata({**facts, **(metadata or {})})
    with writing(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def read_table(
    path: Path, schema: Schema | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path
        File to read.
    schema
        What the table must be; not checked when absent.
    columns
        The columns to read, which must be there; all when absent.

    Raises
    ------
    StorageError
        The file is absent, is not parquet, lacks a column, or holds another table or schema
        version.
    """
    try:
        there = pq.read_schema(path)
        missing = sorted(set(columns or ()) - set(there.names))
        if missing:
            raise StorageError(f"{path}: no column {missing}; run the step that makes it again")
        if schema is not None:
            _check(path, there, schema)
        table = pq.read_table(path, columns=columns if columns is None else list(columns))
    except (OSError, pa.ArrowInvalid) as error:
        raise StorageError(f"{path}: not a readable table: {error}") from error
    return table.to_pandas()  # type: ignore[no-any-return]


def table_parts(path: Path, schema: Schema, rows: int = 1 << 17) -> Iterator[pd.DataFrame]:
    """Read a table some rows at a time, for one that need not be in memory; see `read_table`."""
    try:
        with pq.ParquetFile(path) as file:
            _check(path, file.schema_arrow, schema)
            for batch in file.iter_batches(rows):
                yield batch.to_pandas()
    except (OSError, pa.ArrowInvalid) as error:
        raise StorageError(f"{path}: not a readable table: {error}") from error


def _check(path: Path, there: pa.Schema, schema: Schema) -> None:
    """Stop where a file does not hold the table that a schema describes."""
    facts = there.metadata or {}
    found = (facts.get(b"table", b"?").decode(), facts.get(b"schema_version", b"?").decode())
    wanted = (schema.name, str(schema.version))
    if found != wanted:
        raise StorageError(
            f"{path}: holds table {found[0]} version {found[1]},"
            f" expected {wanted[0]} version {wanted[1]}; run the step that makes it again"
        )


def read_metadata(path: Path) -> dict[str, str]:
    """Facts in a table's file metadata."""
    facts = pq.read_schema(path).metadata or {}
    return {k.decode(): v.decode() for k, v in facts.items() if k != b"pandas"}
