"""Every tile looked at once: can it be read, and how good is it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transect.errors import AnalysisError
from transect.log import logger
from transect.parallel import run
from transect.storage.digests import digest_array
from transect.tiles.index import Tile, TileIndex
from transect.tiles.pixels import Unreadable
from transect.tiles.quality import Quality, judge_tile
from transect.tiles.read import load
from transect.tiles.tables import TILES

BLANK = "no contrast beyond the noise"
FIGURES_HELD = 100
"""Tiles whose figures wait for each other: they are small, and threads stop less often."""
FIGURES = tuple(name for name in Quality.__dataclass_fields__ if name != "blank")


@dataclass(frozen=True)
class _Seen:
    """One tile after it was read: its figures, or why it is left out."""

    tile: Tile
    quality: Quality | None
    reason: str
    pixels: str


def check_tiles(folder: Path, index: TileIndex, threads: int = 1) -> pd.DataFrame:
    """Look at every tile of an index.

    Parameters
    ----------
    folder
        Raw folder.
    index
        Tiles to look at.
    threads
        Threads to work with; the result is the same for any number.

    Returns
    -------
    DataFrame
        One row per tile and per quarantined file, as `TILES` says.

    Raises
    ------
    AnalysisError
        No tile is usable: all are blank or left out.
    """

    def look(tile: Tile) -> _Seen:
        return _look(folder, index, tile)

    seen = list(run(look, index.tiles, threads, "checks", hold=FIGURES_HELD))
    rows = [_row(s) for s in _without_copies(seen)]
    rows += [
        _blank_row() | {"file": q.file, "status": "quarantined", "reason": q.reason}
        for q in index.quarantined
    ]
    frame = pd.DataFrame(rows, columns=TILES.names)
    counts = frame["status"].value_counts()
    logger.info(
        "%d tiles ok, %d blank, %d quarantined",
        *(int(counts.get(status, 0)) for status in ("ok", "blank", "quarantined")),
    )
    if not (frame["status"] == "ok").any():
        raise AnalysisError(f"{folder}: no usable tile: {_why(frame)}")
    return frame


def _look(folder: Path, index: TileIndex, tile: Tile) -> _Seen:
    try:
        pixels = load(folder, index, tile)
    except Unreadable as reason:
        return _Seen(tile, None, str(reason), "")
    quality = judge_tile(pixels, index.px_um)
    # Blank tiles of a noiseless detector are alike without being copies.
    digest = "" if quality.sd_grey == 0 else digest_array(pixels)
    return _Seen(tile, quality, "", digest)


def _without_copies(seen: Sequence[_Seen]) -> list[_Seen]:
    first: dict[tuple[str, str], str] = {}
    kept: list[_Seen] = []
    for one in seen:
        key = (one.tile.channel, one.pixels)
        if one.pixels and key in first:
            reason = f"same pixels as {first[key]} at another position"
            kept.append(_Seen(one.tile, one.quality, reason, one.pixels))
        else:
            first.setdefault(key, one.tile.file)
            kept.append(one)
    return kept


def _row(seen: _Seen) -> dict[str, Any]:
    place = seen.tile.model_dump(exclude={"digest", "page"})
    figures = {} if seen.quality is None else asdict(seen.quality)
    blank = bool(figures.pop("blank", False))
    status = "quarantined" if seen.reason else "blank" if blank else "ok"
    reason = seen.reason or (BLANK if blank else "")
    return _blank_row() | place | figures | {"status": status, "reason": reason}


def _blank_row() -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys((*FIGURES, "stage_x_um", "stage_y_um"), float("nan"))
    return row | {"tile": "", "channel": "", "row": -1, "column": -1}


def _why(frame: pd.DataFrame) -> str:
    reasons = frame["reason"].value_counts().sort_index()
    shown = "; ".join(f"{count} x {reason}" for reason, count in list(reasons.items())[:5])
    return shown + ("; and more" if len(reasons) > 5 else "")
