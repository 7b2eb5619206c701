"""The mosaic as a place to look for fields of detail in: its pixels, and the stage against them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from transect.errors import StorageError
from transect.mosaic.align.place import fit_stage
from transect.mosaic.details.locate import Window
from transect.mosaic.layout import Floats, Ints
from transect.parallel import Window as Rectangle
from transect.storage.images import Image as Stored
from transect.storage.images import open_image
from transect.tiles.index import TileIndex

NEAREST = 12
"""Tiles that tell where the stage is."""


@dataclass(frozen=True)
class Overview:
    """The mosaic and what ties the stage to it.

    Attributes
    ----------
    image, valid
        Pixels and mask.
    channel
        Detector that the tiles were registered in.
    stage_px, mosaic_px
        Centres of the tiles by the stage and in the mosaic, shape (tile, 2).
    matrix
        Linear map from stage differences to those in the mosaic.
    error_px
        Robust standard deviation of what that leaves, per axis.
    """

    image: Stored
    valid: Stored
    channel: str
    stage_px: Floats
    mosaic_px: Floats
    matrix: Floats
    error_px: float

    def expected(self, stage_px: Floats) -> tuple[Floats, float]:
        """Where the stage says a place is in the mosaic, and the error of that, in px.

        The nearest tiles tell, so that drift and backlash of the stage average out.
        """
        count = min(NEAREST, len(self.stage_px))
        found = cKDTree(self.stage_px).query(stage_px, k=np.arange(1, count + 1))
        distance, near = np.asarray(found[0]), np.asarray(found[1])
        moved = self.mosaic_px[near] + (stage_px - self.stage_px[near]) @ self.matrix.T
        weights = 1.0 / (1.0 + (distance / max(float(np.median(distance)), 1.0)) ** 2)
        place = weights @ moved / weights.sum()
        spread = 1.4826 * float(np.median(np.abs(moved - place)))
        return np.asarray(place), max(spread, self.error_px)

    def window(self, centre: Floats, size: Ints, channel: str) -> Window:
        """Part of the mosaic of a width and height; what lies beyond it is not valid."""
        corner = np.floor(centre - size / 2).astype(np.int64)
        rows, columns = self.image.shape
        low = np.clip(corner, 0, (columns, rows))
        high = np.clip(corner + size, 0, (columns, rows)).astype(np.int64)
        grey = np.zeros((int(size[1]), int(size[0])), dtype=np.float32)
        valid = np.zeros(grey.shape, dtype=np.bool_)
        if (high > low).all():
            spot = Rectangle(int(low[1]), int(high[1]), int(low[0]), int(high[0]))
            part = spot.inside(Rectangle(int(corner[1]), 0, int(corner[0]), 0))
            number = self.image.channels.index(channel) if channel in self.image.channels else 0
            grey[part] = self.image.read(spot, channel=number)
            valid[part] = self.valid.read(spot) > 0
        return Window(grey, valid, corner.astype(np.float64))


def overview_of(
    index: TileIndex, positions: pd.DataFrame, facts: dict[str, str], mosaic: Path
) -> Overview:
    """Gather what is known of the mosaic.

    Parameters
    ----------
    index
        Index of the raw tiles.
    positions, facts
        Where every tile lies, and the table's metadata.
    mosaic
        The mosaic's store.

    Raises
    ------
    StorageError
        The positions are of other tiles.
    """
    # Registration may have looked at several detectors; the first is the one it relies on.
    channel = facts.get("channel", "").split(", ")[0] or index.channels[0]
    tiles = {t.tile: (t.stage_x_um, t.stage_y_um) for t in reversed(index.tiles)}
    tiles |= {t.tile: (t.stage_x_um, t.stage_y_um) for t in index.of_channel(channel)}
    unknown = [name for name in positions["tile"] if name not in tiles]
    if unknown:
        raise StorageError(
            f"positions of tile {unknown[0]}, which is not in the index of tiles;"
            " run `transect register` again"
        )
    main = (positions["component"] == 0) & (positions["placed_by"] == "pairs")
    used = positions[main] if main.any() else positions
    stage = np.array([tiles[name] for name in used["tile"]]) / index.px_um
    place = used[["x_px", "y_px"]].to_numpy() + np.array(index.tile_shape[::-1]) / 2
    model = fit_stage(stage - stage.mean(axis=0), 0 * stage, place - place.mean(axis=0), free=True)
    error = model.error_px if np.isfinite(model.error_px) else 0.0
    image, valid = open_image(mosaic), open_image(mosaic, "labels/valid")
    return Overview(image, valid, channel, stage, place, model.matrix, error)
