"""Distances of the configuration in pixels of one section."""

from __future__ import annotations

from dataclasses import dataclass

from transect.candidates import settle_halo
from transect.config import MeasureConfig
from transect.measure import skeleton
from transect.measure.crack_points import ALONG


@dataclass(frozen=True)
class Reach:
    """Distances of the configuration in pixels of one section."""

    ring: int
    contact: int
    block: int
    walls: int
    depth_bins: int
    above: int

    @property
    def halo(self) -> int:
        """Pixels around a window that its measurement depends on."""
        thin = skeleton.HALO + ALONG
        return settle_halo(self.walls) + max(thin, self.contact, self.ring) + 2


def reach_of(config: MeasureConfig, px_um: float) -> Reach:
    """Convert the distances of the configuration to pixels."""
    return Reach(
        max(1, round(config.ring_um / px_um)),
        max(1, round(config.contact_um / px_um)),
        max(1, round(config.x_block_um / px_um)),
        config.walls_px,
        config.depth_bins,
        max(1, round(config.interface_um / px_um)),
    )
