"""From tables to layouts, and from registrations to tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from transect.errors import AnalysisError
from transect.mosaic.align.register import Registration
from transect.mosaic.faults.verdict import as_fact, words
from transect.mosaic.fusion.scene import mosaic_shape
from transect.mosaic.layout import AXES, Layout, overlap_px
from transect.tiles.index import Tile, TileIndex

SEEN = ("ok", "blank")
"""States of a tile that can be read."""


@dataclass(frozen=True)
class Section:
    """The fields of view that any detector recorded, in the order of the layout.

    Attributes
    ----------
    layout
        Where they are by the stage; usable are those that show something to a detector that
        registration looks at.
    tiles
        Entry of each, of such a detector where one has it.
    """

    layout: Layout
    tiles: tuple[Tile, ...]


def section_of(index: TileIndex, checks: pd.DataFrame, channels: Sequence[str]) -> Section:
    """Fields of view that can be read in one channel at least.

    Parameters
    ----------
    index
        Index of the raw tiles.
    checks
        Table of the checks; quarantined tiles are left out, blank ones are not correlated.
    channels
        Detectors that registration looks at.

    Raises
    ------
    AnalysisError
        No tile of these detectors can be used.
    """
    keys = zip(checks["channel"], checks["tile"], strict=True)
    status = dict(zip(keys, checks["status"], strict=True))
    fields: dict[str, Tile] = {}
    for tile in index.tiles:
        if status.get((tile.channel, tile.tile)) in SEEN:
            held = fields.setdefault(tile.tile, tile)
            if held.channel not in channels and tile.channel in channels:
                fields[tile.tile] = tile
    tiles = list(fields.values())
    if not any(tile.channel in channels for tile in tiles):
        count = int(checks["channel"].isin(channels).sum())
        raise AnalysisError(
            f"no tile of channel {' or '.join(channels)} can be used: {count} were checked and all"
            " are quarantined; see tiles.parquet for the reasons"
        )
    rows, columns = index.tile_shape
    centre = np.array([[t.stage_x_um, t.stage_y_um] for t in tiles]) / index.px_um
    layout = Layout(
        tuple(t.tile for t in tiles),
        centre - np.array([columns, rows]) / 2,
        (rows, columns),
        np.array([any(status.get((c, t.tile)) == "ok" for c in channels) for t in tiles]),
    )
    return Section(layout, tuple(tiles))


def positions_frame(section: Section, found: Registration) -> pd.DataFrame:
    """Rows of `positions.parquet`."""
    place, seams = found.placement, found.seams
    pairs, used = seams.pairs, seams.accepted
    miss = seams.shift - pairs.difference(place.positions)
    count = np.zeros(len(section.tiles), dtype=np.int64)
    square = np.zeros(len(section.tiles))
    for end in (pairs.a[used], pairs.b[used]):
        np.add.at(count, end, 1)
        np.add.at(square, end, (miss[used] ** 2).sum(axis=1))
    away = place.positions - place.stage
    faults = {n: fault.say(section.tiles) for n, fault in found.faults.items()}
    return pd.DataFrame(
        {
            "tile": [t.tile for t in section.tiles],
            "row": [t.row for t in section.tiles],
            "column": [t.column for t in section.tiles],
            "x_px": place.positions[:, 0],
            "y_px": place.positions[:, 1],
            "stage_x_px": place.stage[:, 0],
            "stage_y_px": place.stage[:, 1],
            "dx_px": away[:, 0],
            "dy_px": away[:, 1],
            "se_px": found.se_px,
            "residual_px": np.where(count > 0, np.sqrt(square / np.maximum(count, 1)), np.nan),
            "n_pairs": count,
            "component": found.component,
            "placed_by": np.where(found.by_pairs, "pairs", "stage"),
            "fault": [faults.get(n, "") for n in range(len(section.tiles))],
        }
    )


def positions_facts(index: TileIndex, section: Section, found: Registration) -> dict[str, str]:
    """Facts of the mosaic for the metadata of `positions.parquet`."""
    rows, columns = mosaic_shape(found.placement.positions, section.layout.shape)
    return {
        "px_um": repr(index.px_um),
        "mosaic_rows": str(rows),
        "mosaic_cols": str(columns),
        "rotation_deg": repr(round(found.placement.model.rotation_deg, 6)),
        "stage_error_px": repr(round(found.placement.model.error_px, 4)),
        "findings": as_fact(words(found.findings, section.tiles, section.layout.shape)),
    }


def seams_frame(layout: Layout, found: Registration, channels: Sequence[str]) -> pd.DataFrame:
    """Rows of `seams.parquet`; `channels` are the detectors that prove each pair."""
    seams, place = found.seams, found.placement
    pairs = seams.pairs
    placed = pairs.difference(place.positions)
    miss = seams.shift - placed
    first = np.maximum(place.positions[pairs.a], place.positions[pairs.b])
    last = np.minimum(place.positions[pairs.a], place.positions[pairs.b]) + layout.size
    return pd.DataFrame(
        {
            "tile_a": [layout.names[i] for i in pairs.a],
            "tile_b": [layout.names[i] for i in pairs.b],
            "direction": [AXES[k] for k in pairs.axis],
            "dx_px": seams.shift[:, 0],
            "dy_px": seams.shift[:, 1],
            "se_px": np.sqrt((seams.se**2).mean(axis=1)),
            "confidence": seams.confidence,
            "null_threshold": seams.null,
            "accepted": seams.accepted,
            "checked": found.checked,
            "residual_px": np.hypot(miss[:, 0], miss[:, 1]),
            "overlap_px": overlap_px(placed, pairs.axis, layout.size),
            "x0_px": np.minimum(first[:, 0], last[:, 0]),
            "x1_px": np.maximum(first[:, 0], last[:, 0]),
            "y0_px": np.minimum(first[:, 1], last[:, 1]),
            "y1_px": np.maximum(first[:, 1], last[:, 1]),
            "reason": seams.reason.astype(str),
            "channels": list(channels),
        }
    )
