"""What fusion takes off a tile before it is laid into the mosaic: only what its checks show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import FusionConfig
from transect.tiles.pixels import Pixels

SEVERE = 0.025
"""Share of a tile's contrast from which stripes are taken off: weaker ones move no measurement, and
a tile without any has less (`benchmarks/corrections.py`, `benchmarks/stripes.py`)."""


@dataclass(frozen=True)
class Wanted:
    """What to take off one tile."""

    curtains: bool = False
    charging: bool = False


def wanted(checks: pd.DataFrame, config: FusionConfig) -> dict[tuple[str, str], Wanted]:
    """Decide what to take off, by detector and tile.

    Parameters
    ----------
    checks
        Table of tiles.
    config
        What may be taken off.

    Returns
    -------
    One entry for each tile that is ok. The ion beam cuts the whole specimen, so curtains are taken
    off all tiles of a detector or none, by their median: neighbours agree where they overlap.
    Charging is each tile's own.
    """
    found: dict[tuple[str, str], Wanted] = {}
    used = checks[checks["status"] == "ok"]
    for channel, tiles in used.groupby("channel"):
        curtains = config.remove_curtaining and tiles["curtaining_index"].median() >= SEVERE
        charged = config.flatten_charging & (tiles["charging_index"] >= SEVERE)
        for name, charging in zip(tiles["tile"], charged, strict=True):
            found[str(channel), str(name)] = Wanted(bool(curtains), bool(charging))
    return found


def cleaned(tile: Pixels, gain: npt.NDArray[np.float32] | None, what: Wanted) -> Pixels:
    """Tile as recorded, or without its charging and its curtains.

    Parameters
    ----------
    tile
        Grey values, shape (row, column).
    gain
        Flat field of the same shape, if there is one: it is looked past, and stays in the tile.
    what
        What to take off.
    """
    # Off unless asked for, and what they load takes a tenth of fusion's start.
    if what.charging:
        from transect.tiles.charging import flatten_charging

        tile = flatten_charging(tile, gain)
    if what.curtains:
        from transect.tiles.curtaining import remove_curtaining

        tile = remove_curtaining(tile, gain)
    return tile
