"""Distances of the configuration in pixels of one section."""

from __future__ import annotations

from dataclasses import dataclass

from transect.candidates import settle_halo
from transect.config import FILMS, MeasureConfig
from transect.measure import skeleton
from transect.measure.crack_points import ALONG

FILM_MARGIN = 6
"""Pixels beyond its reach that a film depends on: of its edge, and those that smooth its greys."""


@dataclass(frozen=True)
class Reach:
    """Distances of the configuration in pixels of one section, and the greys of films in it."""

    ring: int
    contact: int
    block: int
    walls: int
    depth_bins: int
    above: int
    film: int = 0
    films: tuple[tuple[int, float, float], ...] = ()

    @property
    def halo(self) -> int:
        """Pixels around a window that its measurement depends on."""
        thin = skeleton.HALO + ALONG
        film = self.film + FILM_MARGIN if self.films else 0
        return settle_halo(self.walls) + max(thin, self.contact, self.ring, film) + 2


def reach_of(config: MeasureConfig, px_um: float, grey_step: float = 1.0) -> Reach:
    """Convert the distances of the configuration to pixels, and its greys to steps of the sums."""
    films = (
        (number, config.films[name][0] / grey_step, config.films[name][1] / grey_step)
        for number, name in enumerate(FILMS)
        if name in config.films
    )
    return Reach(
        max(1, round(config.ring_um / px_um)),
        max(1, round(config.contact_um / px_um)),
        max(1, round(config.x_block_um / px_um)),
        config.walls_px,
        config.depth_bins,
        max(1, round(config.interface_um / px_um)),
        max(1, round(config.film_um / px_um)),
        tuple(films),
    )
