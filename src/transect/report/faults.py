"""Lists of what went wrong while a section was recorded and stitched, with the reasons."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    """List quarantined files, empty places, tiles at fault or without pairs, rejected seams."""
    lists = (
        _listed("Quarantined files", ["Tile", "File", "Reason"], _quarantined(section)),
        _listed("Places without a usable tile", ["Tile", "Row", "Column"], _gaps(section)),
        _listed("Tiles that a detector lacks", ["Tile", "Detector", "Reason"], lacking(section)),
        _listed("Tiles left out of the mosaic", ["Tile", "Reason"], _left_out(section)),
        _listed("Tiles placed by the stage only", ["Tile", "Seams", "Reason"], _by_stage(section)),
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


def findings(section: Section) -> list[str]:
    """Read what registration found wrong with the recording, one sentence each."""
    try:
        found = json.loads(section.fact("positions", "findings", "[]"))
    except ValueError:
        return []
    return [str(sentence) for sentence in found] if isinstance(found, list) else []


def _left_out(section: Section) -> list[list[str]]:
    positions = section.tables["positions"]
    rows = zip(texts(positions["tile"]), texts(positions["fault"]), strict=True)
    return [[tile, fault] for tile, fault in rows if fault]


def _by_stage(section: Section) -> list[list[str]]:
    positions = section.tables["positions"]
    sound = np.array([not fault for fault in texts(positions["fault"])], dtype=bool)
    rows = positions[(positions["placed_by"] == "stage").to_numpy() & sound]
    why = _commonest_reasons(section.tables["seams"])
    return [
        [tile, count(seams), why.get(tile, "no neighbour")]
        for tile, seams in zip(texts(rows["tile"]), rows["n_pairs"], strict=True)
    ]


def _commonest_reasons(seams: pd.DataFrame) -> dict[str, str]:
    """Tell why most seams of each tile were rejected."""
    reasons: dict[str, Counter[str]] = {}
    rejected = seams[~seams["accepted"].astype(bool)]
    for end in ("tile_a", "tile_b"):
        for tile, reason in zip(texts(rejected[end]), texts(rejected["reason"]), strict=True):
            reasons.setdefault(tile, Counter())[reason] += 1
    return {tile: held.most_common(1)[0][0] for tile, held in reasons.items()}


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
