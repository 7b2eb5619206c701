"""Tiles with the distortion of the scan taken out, and their registration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from transect.log import logger
from transect.mosaic.channels import Channel
from transect.mosaic.detectors import Recorded
from transect.mosaic.distort import Distortion, find_distortion
from transect.mosaic.fuse import Detector, Scene, TileReader
from transect.mosaic.layout import Layout
from transect.mosaic.strips import Image
from transect.mosaic.waves import Shading

Register = Callable[[Sequence[Channel], Layout], Recorded]


class Straightener:
    """Takes the distortion out of tiles: it is the same for all, so its map is made once."""

    def __init__(self, distortion: Distortion) -> None:
        self.margin = distortion.margin
        rows, columns = (n - 2 * self.margin for n in distortion.shape)
        self.shape = (rows, columns)
        y, x = np.mgrid[self.margin : self.margin + rows, self.margin : self.margin + columns]
        wanted = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
        # Which pixel shows this place: one step of the inverse more than is needed.
        source = wanted - distortion.at(wanted)
        source = wanted - distortion.at(source)
        maps = source.astype(np.float32).reshape(rows, columns, 2)
        self._x, self._y = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])

    def straight(self, pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Straightened tile of `shape`: cubic interpolation, type kept."""
        return np.asarray(
            cv2.remap(
                np.asarray(pixels), self._x, self._y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
            )
        )

    def straight_channel(self, channel: Channel) -> Channel:
        """Give a detector whose tiles are read straightened."""
        shading = Shading(self._field(channel.shading.gain), channel.shading.offset)
        return replace(channel, read=lambda n: self.straight(channel.read(n)), shading=shading)

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


def register_straight(
    register: Register, channels: Sequence[Channel], layout: Layout
) -> tuple[Recorded, Layout, Distortion | None]:
    """Register a section, and again with straightened tiles where the scan bends them.

    Parameters
    ----------
    register
        Registers detectors by a layout.
    channels
        All detectors.
    layout
        Fields of view by the stage.

    Returns
    -------
    What was learned of the detectors, the layout that it is of (tiles are smaller where they
    were straightened), and the distortion, if there is one.
    """
    recorded = register(channels, layout)
    distortion = find_distortion(recorded.found.seams, layout.shape)
    if distortion is None:
        return recorded, layout, None
    logger.info(
        "the scan bends its field by up to %d px, in all tiles alike: they are straightened",
        distortion.margin - 1,
    )
    straightener = Straightener(distortion)
    laid = straightener.straight_layout(layout)
    return register([straightener.straight_channel(c) for c in channels], laid), laid, distortion


def straight_scene(
    scene: Scene, read: TileReader, distortion: Distortion | None
) -> tuple[Scene, TileReader]:
    """Scene and reader of straightened tiles; as they are where nothing bends them."""
    if distortion is None:
        return scene, read
    straightener = Straightener(distortion)
    straight = replace(
        scene,
        positions=scene.positions + straightener.margin,
        tile_shape=straightener.shape,
        detectors=tuple(straightener.straight_detector(d) for d in scene.detectors),
    )
    return straight, lambda key: straightener.straight(read(key))
