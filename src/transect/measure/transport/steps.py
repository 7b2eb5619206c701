"""Transport through the pores of a section: the command."""

from __future__ import annotations

from pathlib import Path

from transect.log import logger, timed
from transect.measure.lines import read_lines
from transect.measure.transport.section import transport_of
from transect.measure.transport.tables import write_transport
from transect.recipes import RECIPES
from transect.storage.images import open_image


def transport(*, labels: Path, layers: Path, output: Path, threads: int = 1) -> None:
    """Look at transport from the surface to the collector, in windows along the foil.

    Windows are as wide as the coating is thick. What comes of it are 2-D indices, to compare
    sections by: paths in the plane are longer and fewer than in the volume.

    Parameters
    ----------
    labels
        Store of the section's labels, with all levels.
    layers
        Table of the layers.
    output
        Folder to write: tables of the windows and of the local thickness of their pores.
    threads
        Windows to work on at the same time.
    """
    image = open_image(labels, "phases")
    lines = read_lines(layers, image.shape[1], image.px_um)
    with timed(f"transport: {image.shape[0]} x {image.shape[1]} px"):
        found = transport_of(image, lines, threads)
    facts = {"recipe": str(RECIPES["transport"]), "px_um": repr(image.px_um)}
    write_transport(output, found, facts)
    closed = int((found.windows["relative"] == 0).sum())
    logger.info("transport: %d windows, %d without a path", len(found.windows), closed)
