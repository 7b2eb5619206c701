"""What a run consists of: the sections of the sheet, the settings of each and what jobs ask for.

The Snakefile reads it at every start, so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from transect.chemistry import chemistries_in, merged, settings_of
from transect.config import Config, compact, parse
from transect.errors import ConfigError
from transect.sheet import Section, read_sheet

UNKNOWN_TILES = 1000
"""Tiles that a section is taken to have where the sheet does not say: a wide one."""

CARD = "model.json"
"""Card of a network in its folder."""


class Wildcards(Protocol):
    """What names a section in the rules: Snakemake's wildcards."""

    batch: str
    cell: str
    section: str


@dataclass(frozen=True)
class Demand:
    """What one job of a step asks for.

    Memory is bounded by the windows in flight, so it grows with the threads and not with the
    section; time grows with the tiles and shrinks with the blocks.
    """

    memory_mb: int = 1500
    thread_mb: int = 0
    minutes: int = 10
    tile_seconds: float = 0.0
    blockwise: bool = False


# On 0.5 gigapixel and two threads the steps peaked at 0.1 to 1.1 GB and took up to 2 s for a tile
# of 20 megapixels (benchmarks/pipeline.py): some two to three times that is asked for, since a
# job that is killed costs more than one that waits. A second attempt gets twice as much.
DEMANDS: dict[str, Demand] = {
    "index": Demand(tile_seconds=0.5),
    "check": Demand(thread_mb=250, tile_seconds=1.0),
    "shading": Demand(thread_mb=250, tile_seconds=0.5),
    "register": Demand(memory_mb=2000, thread_mb=250, tile_seconds=2.0),
    "fuse": Demand(memory_mb=2000, thread_mb=400, tile_seconds=2.0),
    "details": Demand(memory_mb=1500, thread_mb=500, tile_seconds=0.5),
    "layers": Demand(memory_mb=2000, thread_mb=250, tile_seconds=0.5),
    "thresholds": Demand(memory_mb=2000, thread_mb=1200, tile_seconds=1.0),
    "predict": Demand(memory_mb=2000, thread_mb=1200, tile_seconds=20.0, blockwise=True),
    "segment": Demand(memory_mb=2000, thread_mb=500, tile_seconds=6.0, blockwise=True),
    "resolve": Demand(memory_mb=4000, tile_seconds=0.5),
    "vary": Demand(memory_mb=2000, thread_mb=500, tile_seconds=0.5),
    "measure": Demand(memory_mb=2000, thread_mb=500, tile_seconds=6.0, blockwise=True),
    "detect": Demand(memory_mb=2000, thread_mb=500, tile_seconds=0.5),
    "defects": Demand(memory_mb=2000, thread_mb=250, tile_seconds=0.1),
    "labels": Demand(memory_mb=2000, thread_mb=400, tile_seconds=1.0),
    "transport": Demand(memory_mb=2000, thread_mb=500, tile_seconds=1.0),
    "radial": Demand(memory_mb=2000, thread_mb=700, tile_seconds=1.0),
    "join": Demand(memory_mb=4000, thread_mb=100, tile_seconds=1.0),
    "report": Demand(memory_mb=3000, tile_seconds=0.5),
    "aggregate": Demand(),
}


@dataclass(frozen=True)
class Plan:
    """Sections by (batch, cell, section), in the order of the sheet, and their settings."""

    config: Config
    sections: dict[tuple[str, str, str], Section]
    settings: dict[tuple[str, str, str], Config] = field(repr=False)

    @classmethod
    def load(cls, values: Mapping[str, Any], chemistries: Path) -> Plan:
        """Read the sheet and check the configuration of every section.

        Parameters
        ----------
        values
            The user's configuration, as read from YAML.
        chemistries
            Folder with the file of each chemistry, which the user's own values override.

        Raises
        ------
        TransectError
            Lists every fault of the configuration or of the sheet.
        """
        # A part whose keys are all commented out is read from YAML as nothing.
        values = {key: value for key, value in values.items() if value is not None}
        config = parse(Config, values, "configuration")
        rows = read_sheet(Path(config.sheet), chemistries=chemistries_in(chemistries))
        sections = {section.key: section for section in rows}
        settings = {
            key: _settings(values, section, chemistries) for key, section in sections.items()
        }
        _check_files(config, settings.values())
        return cls(config, sections, settings)

    def section(self, wildcards: Wildcards) -> Section:
        """Row of the sheet that a job works on."""
        return self.sections[wildcards.batch, wildcards.cell, wildcards.section]

    def folder(self, wildcards: Wildcards) -> str:
        """Folder of the section's raw tiles."""
        return str(self.section(wildcards).folder)

    def blocks(self, wildcards: Wildcards) -> int:
        """How many blocks the section is cut into."""
        return self.section(wildcards).blocks

    def network(self, wildcards: Wildcards) -> bool:
        """Whether a network decides on the section's pixels."""
        return self._of(wildcards).segment.network

    def polarity(self, wildcards: Wildcards) -> str:
        """Whether active material is bright or dark in the section."""
        return self._of(wildcards).segment.polarity

    def model_card(self, wildcards: Wildcards) -> str:
        """Card of the network, which holds the digest of its file."""
        return str(self._of(wildcards).segment.model_folder / CARD)

    def part(self, name: str) -> Callable[[Wildcards], str]:
        """Give one stage's settings of a job's section, as JSON."""
        return lambda wildcards: compact(getattr(self._of(wildcards), name))

    def some(self, name: str, *keys: str) -> Callable[[Wildcards], str]:
        """Give some of one stage's settings of a job's section, as JSON: others rerun nothing."""
        return lambda wildcards: json.dumps(
            getattr(self._of(wildcards), name).model_dump(mode="json", include=set(keys)),
            separators=(",", ":"),
        )

    def parts(self, *names: str) -> Callable[[Wildcards], str]:
        """Give several stages' settings of a job's section, as one JSON object by stage."""
        return lambda wildcards: compact(
            {name: getattr(self._of(wildcards), name) for name in names}
        )

    def whole(self, wildcards: Wildcards) -> str:
        """All settings of a job's section, as JSON; where results lie is not one of them."""
        return compact(self._of(wildcards).stages())

    def shared(self) -> str:
        """Give the settings that all sections share, without chemistries, as JSON."""
        return compact(self.config.stages())

    def control(self) -> str:
        """Give the settings of control charts, as JSON."""
        return compact(self.config.control)

    def _of(self, wildcards: Wildcards) -> Config:
        return self.settings[wildcards.batch, wildcards.cell, wildcards.section]

    def batches(self) -> list[str]:
        """Name all batches, in the order of the sheet."""
        return list(dict.fromkeys(batch for batch, _, _ in self.sections))

    def cells(self, batch: str) -> list[str]:
        """Name a batch's cells, in the order of the sheet."""
        return list(dict.fromkeys(c for b, c, _ in self.sections if b == batch))

    def of_cell(self, batch: str, cell: str) -> list[str]:
        """Name a cell's sections, in the order of the sheet."""
        return [s for b, c, s in self.sections if (b, c) == (batch, cell)]

    def memory(self, step: str) -> Callable[[Wildcards, int, int], int]:
        """Memory of a step's job in MB, by its threads and its attempt."""
        demand = DEMANDS[step]

        def of_job(wildcards: Wildcards, threads: int, attempt: int) -> int:
            return (demand.memory_mb + demand.thread_mb * threads) * attempt

        return of_job

    def runtime(self, step: str) -> Callable[[Wildcards, int], int]:
        """Minutes of a step's job, by the section's size and the attempt."""
        demand = DEMANDS[step]

        def of_job(wildcards: Wildcards, attempt: int) -> int:
            seconds = demand.tile_seconds * self._tiles(wildcards)
            if demand.blockwise:
                seconds /= self.blocks(wildcards)
            return (demand.minutes + round(seconds / 60)) * attempt

        return of_job

    def _tiles(self, wildcards: Wildcards) -> int:
        # Jobs of a cell, a batch or the trend have no section and read tables only.
        if not hasattr(wildcards, "section"):
            return 0
        return self.section(wildcards).tiles or UNKNOWN_TILES


def _settings(values: Mapping[str, Any], section: Section, chemistries: Path) -> Config:
    settings = settings_of(chemistries / f"{section.chemistry}.yaml", values)
    sheet = {"pixel_nm": section.pixel_nm, "expected_tiles": section.tiles}
    mass = {"loading_mg_cm2": section.loading_mg_cm2, "solids_g_cm3": section.solids_g_cm3}
    for part, given in (("tiles", sheet), ("measure", mass)):
        settings = merged(settings, {part: {k: v for k, v in given.items() if v is not None}})
    name = f"{section.batch}/{section.cell}/{section.section}"
    return parse(Config, settings, f"configuration of section {name}")


def _check_files(config: Config, settings: Iterable[Config]) -> None:
    """Refuse what would fail only after the first jobs: all faults at once."""
    files = {name: getattr(config, name) for name in ("limits", "confusion", "reviewed", "reviews")}
    faults = [
        f"{key}: no file {path}; correct the path or leave the key out"
        for key, path in files.items()
        if path is not None and not Path(path).is_file()
    ]
    models = {c.segment.model_folder for c in settings if c.segment.network}
    faults += [
        f"segment.model: no file {folder / CARD}; transect train writes one beside its model, or"
        " set segment.engine to classical"
        for folder in sorted(models)
        if not (folder / CARD).is_file()
    ]
    try:
        Path(config.results).mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=config.results).close()
    except OSError as error:
        faults.append(
            f"results: cannot write to {config.results} ({error.strerror}); choose another folder"
        )
    if faults:
        raise ConfigError("configuration: " + "; ".join(faults))
