"""What is exported: the tables of sections, with their units, read one section at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from transect.defects.tables import DEFECTS
from transect.detect.tables import DETECTION
from transect.errors import ConfigError
from transect.measure.tables import SECTION_TABLES
from transect.statistics.results import Sections
from transect.statistics.tables import BUDGET, VERDICTS
from transect.storage.tables import Schema, read_table

TABLES: dict[str, tuple[str, Schema]] = {
    **{name: (f"tables/{name}.parquet", schema) for name, schema in SECTION_TABLES.items()},
    VERDICTS.name: ("verdicts.parquet", VERDICTS),
    BUDGET.name: ("budget.parquet", BUDGET),
    DETECTION.name: ("detection.parquet", DETECTION),
    DEFECTS.name: ("defects/defects.parquet", DEFECTS),
}
"""Place in the folder of a section and schema of every table that can be exported."""

USUAL = ("particles", "cracks", "pores", "blocks", "size_distribution", "profile", "verdicts")
"""Tables that are exported beside the metrics; `columns` and `replicates` are long."""


@dataclass
class Source:
    """One table of all sections.

    Attributes
    ----------
    name
        Of the table.
    sections
        Where the sections are.
    absent
        Sections that do not have it, such as those without a verdict; filled while reading.
    """

    name: str
    sections: Sections
    absent: list[str] = field(default_factory=list)

    @property
    def schema(self) -> Schema:
        """Columns of the table."""
        return TABLES[self.name][1]

    def parts(self) -> Iterator[pd.DataFrame]:
        """Rows section by section, in the order of their names."""
        place, schema = TABLES[self.name]
        self.absent.clear()
        for key in sorted(self.sections.folders):
            path: Path = self.sections.folders[key] / place
            if path.exists():
                yield read_table(path, schema)[schema.names]
            else:
                self.absent.append(key)


def sources(sections: Sections, names: list[str]) -> list[Source]:
    """Tables to export, by name.

    Raises
    ------
    ConfigError
        There is no such table.
    """
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise ConfigError(
            f"--tables: unknown table {', '.join(unknown)}; known: {', '.join(TABLES)}"
        )
    return [Source(name, sections) for name in dict.fromkeys(names)]
