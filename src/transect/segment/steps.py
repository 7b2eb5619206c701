"""Commands of the segmentation stage."""

from __future__ import annotations

from dataclasses import asdict, astuple, replace
from pathlib import Path

from transect.config import SegmentConfig, parse_settings
from transect.errors import ConfigError
from transect.log import logger, timed
from transect.recipes import RECIPES
from transect.segment import groups, trust
from transect.segment.block import read_blocks, segment_block, write_block_tables
from transect.segment.facing import check, facing_of
from transect.segment.network import Network
from transect.segment.predict import predict_block
from transect.segment.predictor import Predictor
from transect.segment.section import Section, find_thresholds
from transect.segment.tables import ENGINE, FACES, GROUPS, WINDOWS
from transect.segment.thresholds import Thresholds
from transect.segment.tuning import tune
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table, write_table


def thresholds(
    *, mosaic: Path, layers: Path, output: Path, settings: str = "{}", threads: int = 1
) -> None:
    """Find the grey values that part the phases of a whole section, and check their polarity.

    Where a network decides, it is asked for a few windows, whose greys between particles then count
    beside what it says; how far the section is smoothed for it follows from its noise and from the
    size of the particles in them.

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
        facing = facing_of(section, config, threads)
        check(facing, config, str(mosaic))
        found = replace(find_thresholds(section, config, threads), facing=facing)
        if config.network:
            found = tune(section, found, Network.load(config.model_folder), config, threads)
    binder = "none" if found.binder is None else f"{found.binder:.1f}"
    logger.info(
        "greys of 255: pore %.1f, binder %s, active material %.1f",
        found.pore,
        binder,
        found.active_material,
    )
    logger.info("polarity %s, by shapes %s (%+.2f)", *astuple(facing))
    if found.solid is not None:
        logger.info("greys of active material count beside the network")
    if found.gaps is not None:
        logger.info("between particles: pore %(pore)d, binder %(binder)d", asdict(found.gaps))
    if config.network:
        logger.info(
            "for the network, greys are smoothed by %(greys_px)g px and outlines by"
            " %(outlines_px)g px", asdict(found.smoothing),
        )  # fmt: skip
    found.save(output)


def predict(
    *,
    mosaic: Path,
    layers: Path,
    thresholds: Path,
    block: int,
    blocks: int,
    output: Path,
    windows: Path,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Ask a trained network for the phases, outlines and cracks of one block.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    thresholds
        JSON file of thresholds: the section's greys, and what the network is compared with.
    block
        Number of the block, from 0.
    blocks
        Number of blocks of the section.
    output
        Store to write, with the network's probabilities in the image maps.
    windows
        Table to write: how sure the network is of each window, and how strange it looks to it.
    settings
        Part `segment` of the configuration, as JSON.
    threads
        Windows to work on at the same time.
    """
    config = parse_settings(SegmentConfig, settings)
    _check_block(block, blocks)
    network = Network.load(config.model_folder)
    section, limits = Section.open(mosaic, layers), Thresholds.load(thresholds)
    px_um = section.mosaic.px_um
    predictor = Predictor.of(section, limits, network, config)
    if (factor := predictor.zoom.factor) != 1:
        logger.warning(
            "pixels of %g nm, and the network was trained for %g to %g nm: it is shown pixels of"
            " %g nm", 1000 * px_um, *network.card.px_nm, 1000 * px_um * factor,
        )  # fmt: skip
    inputs = {"mosaic": mosaic, "layers": layers, "thresholds": thresholds}
    with timed(
        f"predict block {block} of {blocks} of {mosaic}, recipe {RECIPES['predict']}, model"
        f" {network.card.digest}, {network.runtime}"
    ):
        rows = predict_block(predictor, (block, blocks), output, inputs, threads)
    write_table(windows, rows, WINDOWS, trust.facts_of(network, px_um))
    strange = int((rows["strangeness"] > network.card.limit).sum())
    logger.info("%d windows with coating, %d unlike the training", len(rows), strange)


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
    predictions: Path | None = None,
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
    predictions
        Folder of the blocks with their `predictions.zarr`, one folder per number; needed where
        the configuration's engine is the network.
    settings
        Part `segment` of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(SegmentConfig, settings)
    _check_block(block, blocks)
    if config.network != (predictions is not None):
        raise ConfigError(
            f"--predictions {predictions or 'absent'}, and segment.engine is {config.engine}: the"
            " network's engine needs predictions, the classical one takes none"
        )
    with timed(f"segment block {block} of {blocks} of {mosaic}, recipe {RECIPES['segment']}"):
        pairs, borders = segment_block(
            mosaic, layers, thresholds, (block, blocks), output, config, threads, predictions
        )
    write_block_tables(pairs, borders, (contacts, faces), open_image(mosaic).shape)
    logger.info("%d basins and contacts, %d border pixels", len(pairs), len(borders))


def resolve(
    *,
    folder: Path,
    blocks: int,
    thresholds: Path,
    output: Path,
    engine: Path,
    settings: str = "{}",
) -> None:
    """Unite basins to particles, once for the whole section, and say what found them.

    Parameters
    ----------
    folder
        Folder of the blocks, one folder per number.
    blocks
        Number of blocks of the section.
    thresholds
        JSON file of thresholds, with the polarity that was found.
    output
        Table of the particle of every basin to write.
    engine
        Table of one row to write: which engine decided, and how far it can be trusted.
    settings
        Part `segment` of the configuration, as JSON.
    """
    config = parse_settings(SegmentConfig, settings)
    first = folder / "0" / "faces.parquet"
    read_table(first, FACES)
    facts = read_metadata(first)
    shape = (int(facts["mosaic_rows"]), int(facts["mosaic_columns"]))
    with timed(f"resolve {blocks} blocks of {folder}, recipe {RECIPES['resolve']}"):
        found = groups.resolve(read_blocks(folder, blocks), shape, groups.Merge.of(config))
    logger.info("%d basins make %d particles", len(found), found["particle"].nunique())
    facing = Thresholds.load(thresholds).facing
    row = (
        trust.network_row(folder, blocks, facing) if config.network else trust.classical_row(facing)
    )
    facts = {"recipe": str(RECIPES["resolve"])}
    write_table(output, found, GROUPS, facts)
    write_table(engine, row, ENGINE, facts)


def _check_block(block: int, blocks: int) -> None:
    if not 0 <= block < blocks:
        raise ConfigError(f"--block {block} of {blocks}: blocks are numbered 0 to {blocks - 1}")
