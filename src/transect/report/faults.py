"""Lists of what went wrong while a section was recorded and stitched, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass

from transect.report.detectors import lacking
from transect.report.digits import count, short
from transect.report.inputs import Section, texts

LISTED = 60
"""Rows of a list that are shown; the rest is counted."""


@dataclass(frozen=True)
class Faults:
    """A list: its headings, the rows shown, and how many more there are."""

    title: str
    head: list[str]
    rows: list[list[str]]
    more: int


def faults(section: Section) -> list[Faults]:
    """List quarantined files, empty places, tiles placed by the stage only and rejected seams."""
    lists = (
        _listed("Quarantined files", ["Tile", "File", "Reason"], _quarantined(section)),
        _listed("Places without a usable tile", ["Tile", "Row", "Column"], _gaps(section)),
        _listed("Tiles that a detector lacks", ["Tile", "Detector", "Reason"], lacking(section)),
        _listed("Tiles placed by the stage only", ["Tile", "Seams"], _by_stage(section)),
        _listed(
            "Rejected seams",
            ["Tile", "Tile", "Direction", "Confidence", "Needed", "Reason"],
            _rejected(section),
        ),
    )
    return [found for found in lists if found.rows]


def _listed(title: str, head: list[str], rows: list[list[str]]) -> Faults:
    return Faults(title, head, rows[:LISTED], max(len(rows) - LISTED, 0))


def _quarantined(section: Section) -> list[list[str]]:
    """Files of the table of tiles, then those that the index alone knows."""
    tiles = section.tables["tiles"]
    bad = tiles[~tiles["status"].isin(["ok", "blank"])]
    columns = (texts(bad[name]) for name in ("tile", "file", "reason"))
    rows = [list(row) for row in zip(*columns, strict=True)]
    seen = {row[1] for row in rows}
    for entry in section.index.get("quarantined", []):
        if entry.get("file") not in seen:
            rows.append(["", str(entry.get("file", "")), str(entry.get("reason", ""))])
    return rows


def _gaps(section: Section) -> list[list[str]]:
    """Places of the grid that the index found empty, counted from 0 as in the tiles' names."""
    return [
        [str(gap.get("tile", "")), str(gap.get("row", "")), str(gap.get("column", ""))]
        for gap in section.index.get("gaps", [])
    ]


def _by_stage(section: Section) -> list[list[str]]:
    positions = section.tables["positions"]
    rows = positions[positions["placed_by"] == "stage"].to_dict("records")
    return [[str(row["tile"]), count(row["n_pairs"])] for row in rows]


def _rejected(section: Section) -> list[list[str]]:
    seams = section.tables["seams"]
    rows = seams[~seams["accepted"].astype(bool)].sort_values(["tile_a", "tile_b"])
    return [
        [
            *texts([row["tile_a"], row["tile_b"], row["direction"]]),
            short(row["confidence"]),
            short(row["null_threshold"]),
            *texts([row["reason"]]),
        ]
        for row in rows.to_dict("records")
    ]
