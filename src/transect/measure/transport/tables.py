"""Tables of transport: its windows, and the local thickness of their pores. All 2-D indices."""

from __future__ import annotations

from pathlib import Path

from transect.measure.transport.section import Transport
from transect.storage.files import writing
from transect.storage.tables import Column, Schema, read_metadata, read_table, write_table

_F = "float64"

WINDOWS = Schema(
    "transport",
    1,
    "Transport through the pores of windows as wide as the coating is thick: 2-D indices",
    (
        Column("window", "int64", "1", "number of the place along the foil, from 0"),
        Column("side", "string", "", "coating side a (above the foil) or b"),
        Column("x0_um", _F, "um", "start of the window"),
        Column("x1_um", _F, "um", "end of the window"),
        Column("sample_um", _F, "um", "edge of a sample: windows are read at a coarser level"),
        Column("porosity", _F, "1", "share of pores, cracks and voids in the window"),
        Column(
            "relative",
            _F,
            "1",
            "D_eff / D of diffusion from surface to collector (2-D index); 0 without a path",
        ),
        Column("way_total", _F, "1", "sum of the shortest ways over the thickness (2-D index)"),
        Column("ways", "int64", "1", "samples of the surface that have a way to the collector"),
        Column("pore_samples", "int64", "1", "samples that are pore"),
        Column("pore_isolated", "int64", "1", "of them, those without a path to both faces"),
        Column("ends_x", "int64", "1", "ends of chords in pores along the foil"),
        Column("ends_z", "int64", "1", "ends of chords in pores through the coating"),
        Column("note", "string", "", "why a value is none"),
    ),
)

SIZES = Schema(
    "pore_thickness",
    1,
    "Local thickness of the pores: area by the diameter of the largest disc that fits around it",
    (
        Column("window", "int64", "1", "number of the place along the foil, from 0"),
        Column("diameter_um", _F, "um", "diameter of the largest inscribed disc, 2-D"),
        Column("area", "int64", "1", "samples of that thickness"),
    ),
)


def write_transport(folder: Path, found: Transport, facts: dict[str, str]) -> None:
    """Write both tables; places along the foil, also those without a window, are in their facts."""
    facts = {**facts, "places": str(found.count)}
    with writing(folder) as partial:
        partial.mkdir(parents=True)
        write_table(partial / "windows.parquet", found.windows, WINDOWS, facts)
        write_table(partial / "pore_thickness.parquet", found.sizes, SIZES, facts)


def read_transport(folder: Path) -> Transport:
    """Read what `write_transport` wrote.

    Raises
    ------
    StorageError
        A file is absent or holds another table.
    """
    windows = folder / "windows.parquet"
    tables = read_table(windows, WINDOWS), read_table(folder / "pore_thickness.parquet", SIZES)
    return Transport(*tables, int(read_metadata(windows)["places"]))
