"""Tiles with the distortion of the scan taken out, and their registration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.mosaic.bending.distort import Distortion, from_fact
from transect.mosaic.layout import Floats, Image, Layout

if TYPE_CHECKING:
    # Registration and fusion use this alike, and neither should load the other.
    from transect.mosaic.detectors.channels import Channel
    from transect.mosaic.fusion.fuse import TileReader
    from transect.mosaic.fusion.scene import Detector, Scene

OWN = ("bend_xx_px", "bend_xy_px", "bend_yx_px", "bend_yy_px")
"""Columns of `positions.parquet`: component, then edge (x: right, y: lower)."""


@dataclass(frozen=True)
class Bending:
    """How tiles are bent: the distortion that all share, and by tile what is its own.

    `own` has the shape (tile, 2, 2): px by which the x and the y component lie off at the right
    and at the lower edge.
    """

    shared: Distortion
    own: Floats

    @property
    def margin(self) -> int:
        """Pixels at each border that a straightened tile lacks."""
        return self.shared.margin + int(np.ceil(np.abs(self.own).sum(axis=2).max(initial=0.0)))


class Straightener:
    """Takes the bending out of tiles."""

    def __init__(self, bending: Bending) -> None:
        self.margin = bending.margin
        self._own = bending.own.astype(np.float32)
        full = bending.shared.shape
        rows, columns = (n - 2 * self.margin for n in full)
        self.shape = (rows, columns)
        y, x = np.mgrid[self.margin : self.margin + rows, self.margin : self.margin + columns]
        wanted = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
        # Which pixel shows this place: one step of the inverse more than is needed.
        source = wanted - bending.shared.at(wanted)
        source = wanted - bending.shared.at(source)
        maps = source.astype(np.float32).reshape(rows, columns, 2)
        self._x, self._y = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])
        self._across = (2.0 * x[:1] / (full[1] - 1) - 1.0).astype(np.float32)
        self._down = (2.0 * y[:, :1] / (full[0] - 1) - 1.0).astype(np.float32)

    def straight(self, pixels: npt.NDArray[np.generic], tile: int) -> npt.NDArray[np.generic]:
        """Straightened tile of `shape`, by its number: cubic interpolation, type kept."""
        x, y, own = self._x, self._y, self._own[tile]
        if own.any():
            x = x - (self._across * own[0, 0] + self._down * own[0, 1])
            y = y - (self._across * own[1, 0] + self._down * own[1, 1])
        image = np.asarray(pixels)
        return np.asarray(cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))

    def straight_channel(self, channel: Channel) -> Channel:
        """Give a detector whose tiles are read straightened."""
        shading = replace(channel.shading, gain=self._field(channel.shading.gain))
        return replace(channel, read=lambda n: self.straight(channel.read(n), n), shading=shading)

    def straight_detector(self, detector: Detector) -> Detector:
        """Give what fusion knows of a detector whose tiles are straightened."""
        return replace(detector, shading=self._field(detector.shading))

    def _field(self, gain: Image | None) -> Image | None:
        # The flat field is smooth: a shift by the distortion does not show in it.
        inner = slice(self.margin, -self.margin)
        return None if gain is None else gain[inner, inner]

    def straight_layout(self, layout: Layout) -> Layout:
        """Give the layout of the straightened tiles."""
        return replace(layout, stage_px=layout.stage_px + self.margin, shape=self.shape)


def straight_scene(
    scene: Scene, read: TileReader, bending: Bending | None
) -> tuple[Scene, TileReader]:
    """Scene and reader of straightened tiles; as they are where nothing bends them."""
    if bending is None:
        return scene, read
    tool = Straightener(bending)
    straight = replace(
        scene,
        positions=scene.positions + tool.margin,
        tile_shape=tool.shape,
        detectors=tuple(tool.straight_detector(d) for d in scene.detectors),
    )
    return straight, lambda key: tool.straight(read(key), key[1])


def bent_columns(bending: Bending | None, tiles: int) -> dict[str, Floats]:
    """Columns of `positions.parquet` with what is bent in each tile alone."""
    own = np.zeros((tiles, 2, 2)) if bending is None else bending.own
    return {name: own[:, k // 2, k % 2] for k, name in enumerate(OWN)}


def bending_of(positions: pd.DataFrame, fact: str, shape: tuple[int, int]) -> Bending | None:
    """Bending of tiles of (row, column) `shape`, from the table of positions and its metadata."""
    shared = from_fact(fact, shape)
    own = positions[list(OWN)].to_numpy().reshape(-1, 2, 2)
    return None if shared is None else Bending(shared, own)
