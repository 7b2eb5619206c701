"""Particles from rim to core: the command."""

from __future__ import annotations

from pathlib import Path

from transect.log import logger, timed
from transect.measure.radial.section import Labelled, radial_sums
from transect.measure.radial.tables import RADIAL_SUMS
from transect.recipes import RECIPES
from transect.storage.images import open_image
from transect.storage.tables import write_table


def radial(*, labels: Path, mosaic: Path, output: Path, threads: int = 1) -> None:
    """Sum cracks and greys over layers of equal depth in every particle.

    Parameters
    ----------
    labels
        Store of the section's labels, with all levels.
    mosaic
        Store of the mosaic, for its greys.
    output
        Table to write.
    threads
        Windows to work on at the same time.
    """
    phases, particles = (open_image(labels, name) for name in ("phases", "particles"))
    labelled = Labelled(phases, particles, open_image(mosaic))
    with timed(f"radial: {phases.shape[0]} x {phases.shape[1]} px"):
        found = radial_sums(labelled, threads)
    write_table(output, found, RADIAL_SUMS, {"recipe": str(RECIPES["radial"])})
    logger.info("radial: %d particles", found["particle"].nunique())
