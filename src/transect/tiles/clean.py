"""What the settings of fusion take off a tile before it is laid into the mosaic."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.config import FusionConfig
from transect.tiles.charging import flatten_charging
from transect.tiles.curtaining import remove_curtaining
from transect.tiles.pixels import Pixels


def cleaned(tile: Pixels, gain: npt.NDArray[np.float32] | None, config: FusionConfig) -> Pixels:
    """Tile as recorded, or without its charging and its curtains where they are to be taken off.

    Parameters
    ----------
    tile
        Grey values, shape (row, column).
    gain
        Flat field of the same shape, if there is one: it is looked past, and stays in the tile.
    config
        What to take off.
    """
    if config.flatten_charging:
        tile = flatten_charging(tile, gain)
    if config.remove_curtaining:
        tile = remove_curtaining(tile, gain)
    return tile
