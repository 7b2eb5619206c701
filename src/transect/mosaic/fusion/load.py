"""From the tables of a section to what fusion works with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from transect.config import FusionConfig
from transect.errors import StorageError
from transect.mosaic.fusion.scene import Detector, Scene
from transect.mosaic.tables import LEVELS, POSITIONS
from transect.storage.tables import read_table
from transect.tiles.fields import Shading, read_shading, uneven
from transect.tiles.index import TileIndex


def scene_of(
    index: TileIndex, positions: Path, levels: Path, shading: Path, config: FusionConfig
) -> tuple[Scene, list[str]]:
    """Everything that fusion knows, and the names of the tiles by their number in it.

    Raises
    ------
    StorageError
        The tables are not of the same tiles as the index.
    """
    places, bright = read_table(positions, POSITIONS), read_table(levels, LEVELS)
    names = [str(name) for name in places["tile"]]
    there = {(t.channel, t.tile) for t in index.tiles}
    fields = read_shading(shading)
    sound = (places["fault"] == "").to_numpy()
    detectors = []
    for channel, field in zip(index.channels, fields, strict=True):
        mine = bright[bright["channel"] == channel]
        if mine["tile"].tolist() != names:
            raise StorageError(
                f"{levels}: tiles of {channel} are not those of {positions.name};"
                " run `transect register` again"
            )
        present = (mine["present"].to_numpy() & sound).astype(np.bool_)
        missing = [
            t for t, p in zip(names, present, strict=True) if p and (channel, t) not in there
        ]
        if missing:
            raise StorageError(
                f"{positions}: tile {missing[0]} is not in the index of tiles;"
                " run `transect register` again"
            )
        detectors.append(_detector(field, mine.fillna(0.0), present))
    scene = Scene(
        places[["x_px", "y_px"]].to_numpy(),
        index.tile_shape,
        float(config.feather_px),
        tuple(detectors),
        np.dtype(index.dtype),
    )
    return scene, names


def _detector(field: Shading, levels: pd.DataFrame, present: np.ndarray) -> Detector:
    return Detector(
        uneven(field.gain),
        field.offset,
        levels["gain"].to_numpy(),
        levels["offset"].to_numpy(),
        present,
        levels[["shift_x_px", "shift_y_px"]].to_numpy(),
    )
