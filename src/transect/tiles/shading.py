"""Shading: how the detector's brightness varies over the field, from all tiles of a section.

Two witnesses, one after the other. Where neighbours overlap, the specimen cancels and a smooth
surface is fitted to what is left (`overlap`). What that leaves is read from the pixels of one
grey in all tiles (`phase`), whatever its shape. Both are believed only as far as independent
tiles agree, so that with few tiles the field stays flat unless the evidence is strong.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.log import logger
from transect.parallel import run
from transect.tiles import phase
from transect.tiles.fields import Shading as Shading
from transect.tiles.fields import read_shading as read_shading
from transect.tiles.index import Tile, TileIndex
from transect.tiles.overlap import Equations, neighbours, pair_equations, solve, surface
from transect.tiles.read import read_tile

MOST_PAIRS = 1000
"""Pairs beyond this many add time and no precision."""


def estimate_shading(
    folder: Path, index: TileIndex, checks: pd.DataFrame, channel: str, threads: int = 1
) -> Shading:
    """Shading of one channel.

    Parameters
    ----------
    folder
        Raw folder.
    index
        Index of the tiles.
    checks
        Table of `transect check`; only tiles that are ok are used.
    channel
        Which channel.
    threads
        Threads to work with; the result is the same for any number.

    Returns
    -------
    Shading
        Gain of shape (row, column) with mean 1; the offset is 0, because tiles of a specimen say
        nothing of the detector's black level.
    """
    good = checks[(checks["status"] == "ok") & (checks["channel"] == channel)]
    names = set(good["tile"])
    tiles = [tile for tile in index.of_channel(channel) if tile.tile in names]
    smooth = _from_overlaps(folder, index, tiles, threads)
    gain = np.asarray(smooth * _from_phase(folder, index, tiles, smooth, threads))
    gain /= gain.mean()
    logger.info(
        "shading of %s from %d tiles: overlaps %.1f %%, even grey %.1f %%, gain %.3f to %.3f",
        channel, len(tiles), 100 * smooth.std(), 100 * (gain / smooth).std(),
        gain.min(), gain.max(),
    )  # fmt: skip
    return Shading(gain, 0.0)


def _from_overlaps(
    folder: Path, index: TileIndex, tiles: Sequence[Tile], threads: int
) -> npt.NDArray[np.float32]:
    """Surface from neighbours that overlap, flat where those do not tell."""
    pairs = neighbours(tiles)
    pairs = pairs[:: -(-len(pairs) // MOST_PAIRS)] if pairs else []

    def one(pair: tuple[Tile, Tile]) -> Equations | None:
        a, b = pair
        step = (b.stage_x_um - a.stage_x_um, b.stage_y_um - a.stage_y_um)
        offset = (step[0] / index.px_um, step[1] / index.px_um)
        return pair_equations(read_tile(folder, index, a), read_tile(folder, index, b), offset)

    told = [e for e in run(one, pairs, threads, "overlaps") if e is not None]
    return surface(solve(told), index.tile_shape)


def _from_phase(
    folder: Path,
    index: TileIndex,
    tiles: Sequence[Tile],
    smooth: npt.NDArray[np.float32],
    threads: int,
) -> npt.NDArray[np.float32]:
    """Factor that pixels of one grey still show, 1 where tiles do not agree."""
    some = tiles[:: -(-len(tiles) // phase.MOST_TILES)] if tiles else []

    def one(tile: Tile) -> phase.Sample:
        return phase.sample(read_tile(folder, index, tile), smooth)

    samples = list(run(one, some, threads, "shading"))
    field = phase.common_field(samples, [t.row for t in some], [t.column for t in some])
    if field is None:
        return np.ones(index.tile_shape, dtype=np.float32)
    return np.asarray(np.exp(phase.spread(field, index.tile_shape)))
