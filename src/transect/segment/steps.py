"""Commands of the segmentation stage."""

from __future__ import annotations

from pathlib import Path

from transect.config import SegmentConfig, parse_settings
from transect.errors import ConfigError
from transect.log import logger, timed
from transect.recipes import RECIPES
from transect.segment import groups
from transect.segment.section import (
    Section,
    find_thresholds,
    read_blocks,
    segment_block,
    write_block_tables,
)
from transect.segment.tables import FACES, GROUPS
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table, write_table


def thresholds(
    *, mosaic: Path, layers: Path, output: Path, settings: str = "{}", threads: int = 1
) -> None:
    """Find the grey values that part the phases of a whole section.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    output
        JSON file of thresholds to write.
    settings
        Part `segment` of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(SegmentConfig, settings)
    section = Section.open(mosaic, layers)
    with timed(
        f"thresholds of {mosaic}, {section.mosaic.shape} px, recipe {RECIPES['thresholds']}"
    ):
        found = find_thresholds(section, config, threads)
    binder = "none" if found.binder is None else f"{found.binder:.1f}"
    logger.info(
        "greys of 255: pore %.1f, binder %s, active material %.1f",
        found.pore,
        binder,
        found.active_material,
    )
    found.save(output)


def segment(
    *,
    mosaic: Path,
    layers: Path,
    thresholds: Path,
    block: int,
    blocks: int,
    output: Path,
    contacts: Path,
    faces: Path,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Label the pixels of one block: phases, confidence and basins of particles.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    thresholds
        JSON file of thresholds.
    block
        Number of the block, from 0.
    blocks
        Number of blocks of the section.
    output
        Store to write, with the images phases, confidence and basins.
    contacts
        Table of contacts between basins to write.
    faces
        Table of particle pixels on borders of windows to write.
    settings
        Part `segment` of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(SegmentConfig, settings)
    if not 0 <= block < blocks:
        raise ConfigError(f"--block {block} of {blocks}: blocks are numbered 0 to {blocks - 1}")
    with timed(f"segment block {block} of {blocks} of {mosaic}, recipe {RECIPES['segment']}"):
        pairs, borders = segment_block(
            mosaic, layers, thresholds, (block, blocks), output, config, threads
        )
    write_block_tables(pairs, borders, (contacts, faces), open_image(mosaic).shape)
    logger.info("%d basins and contacts, %d border pixels", len(pairs), len(borders))


def resolve(*, folder: Path, blocks: int, output: Path, settings: str = "{}") -> None:
    """Unite basins to particles, once for the whole section.

    Parameters
    ----------
    folder
        Folder of the blocks, one folder per number.
    blocks
        Number of blocks of the section.
    output
        Table of the particle of every basin to write.
    settings
        Part `segment` of the configuration, as JSON.
    """
    config = parse_settings(SegmentConfig, settings)
    first = folder / "0" / "faces.parquet"
    read_table(first, FACES)
    facts = read_metadata(first)
    shape = (int(facts["mosaic_rows"]), int(facts["mosaic_columns"]))
    with timed(f"resolve {blocks} blocks of {folder}, recipe {RECIPES['resolve']}"):
        found = groups.resolve(read_blocks(folder, blocks), shape, config.merge_saddle)
    logger.info("%d basins make %d particles", len(found), found["particle"].nunique())
    write_table(output, found, GROUPS, {"recipe": str(RECIPES["resolve"])})
