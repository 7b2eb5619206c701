"""Commands: measure a block, gather the label images, join the sums into tables."""

from __future__ import annotations

import json
from pathlib import Path

from transect.config import (
    ExpectConfig,
    LayersConfig,
    MeasureConfig,
    SegmentConfig,
    StatisticsConfig,
    parse,
    parse_settings,
)
from transect.errors import ConfigError
from transect.log import logger, timed
from transect.measure.blockwork import gather, measure_block
from transect.measure.decisions import with_segmentation
from transect.measure.expected import hold
from transect.measure.joined import Joined, Settings
from transect.measure.lines import read_lines
from transect.measure.partial_schemas import SCHEMAS
from transect.measure.partials import merge_files, write_partials
from transect.measure.radial.tables import RADIAL_SUMS
from transect.measure.reach import reach_of
from transect.measure.seams import COLUMNS, bad_seams
from transect.measure.section import grey_step, lumps_of, section_tables
from transect.measure.source import Source, maps_of, read_groups
from transect.measure.tables import DECISIONS, SECTION_TABLES
from transect.measure.transport.tables import read_transport
from transect.parallel import block_columns
from transect.recipes import RECIPES
from transect.statistics.confusion import CONFUSION, Confusion
from transect.storage.digests import digest_file
from transect.storage.files import writing
from transect.storage.images import open_image
from transect.storage.strips import open_strip
from transect.storage.tables import read_table, table_parts, write_table


def measure(
    *,
    mosaic: Path,
    layers: Path,
    groups: Path,
    folder: Path,
    block: int,
    blocks: int,
    labels: Path,
    partials: Path,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Sum every measurement over one block, and write its final labels.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    groups
        Table of which basin belongs to which particle.
    folder
        Folder with one sub-folder per block, each with its `segments.zarr`.
    block, blocks
        Number of the block, from 0, and how many there are.
    labels
        Store of final phases and particles to write.
    partials
        Folder of tables to write.
    settings
        JSON of the configuration's part `measure`.
    threads
        Threads to work with.
    """
    config = parse_settings(MeasureConfig, settings)
    image = open_image(mosaic)
    columns = image.shape[1]
    span = block_columns(columns, block, blocks)
    what = f"measure block {block} of {blocks}: columns {span[0]} to {span[1]} of {columns}"
    source = Source(
        image,
        open_strip(folder, "segments.zarr", "phases", columns, blocks),
        open_strip(folder, "segments.zarr", "basins", columns, blocks),
        read_groups(groups),
        read_lines(layers, columns, image.px_um),
        maps_of(mosaic, image, config.elements),
    )
    for symbol, element in config.elements.items():
        if element.detector not in image.channels:
            logger.warning(
                "measure: %s: no detector %s, which measure.elements names for %s; it has %s",
                mosaic, element.detector, symbol, ", ".join(image.channels) or "one without a name",
            )  # fmt: skip
    inputs = {"mosaic": mosaic, "layers": layers, "groups": groups}
    digests = {name: digest_file(path) for name, path in inputs.items()}
    with timed(what):
        sums = measure_block(
            source, span, reach_of(config, image.px_um, grey_step(image)), labels, digests, threads
        )
    write_partials(partials, sums, {"recipe": str(RECIPES["measure"])})
    counts = ", ".join(f"{len(sums[kind])} {kind}" for kind in SCHEMAS)
    logger.info("measure: %s", counts)


def labels(*, folder: Path, blocks: int, mosaic: Path, output: Path, threads: int = 1) -> None:
    """Gather the label images of all blocks into one pyramid.

    Parameters
    ----------
    folder
        Folder with one sub-folder per block, each with its `labels.zarr`.
    blocks
        How many blocks there are.
    mosaic
        Store of the mosaic, for its size.
    output
        Store to write.
    threads
        Threads to work with.
    """
    image = open_image(mosaic)
    with timed(f"labels: {image.shape[0]} x {image.shape[1]} px from {blocks} blocks"):
        gather(folder, blocks, image, output, threads)


def join(
    *,
    folder: Path,
    blocks: int,
    mosaic: Path,
    layers: Path,
    seams: Path,
    batch: str,
    cell: str,
    section: str,
    output: Path,
    confusion: Path | None = None,
    decisions: Path | None = None,
    transport: Path | None = None,
    radial: Path | None = None,
    settings: str = "{}",
) -> None:
    """Add the sums of all blocks up and make the tables and metrics of a section.

    Parameters
    ----------
    folder
        Folder with one sub-folder per block, each with its `partials` and `labels.zarr`.
    blocks
        How many blocks there are.
    mosaic
        Store of the mosaic, for its size.
    layers
        Table of the layers.
    seams
        Table of the seams, for which particles lie at a bad one.
    batch, cell, section
        Names of the section.
    output
        Folder of tables to write.
    confusion
        Table of `transect validate`; without it no fraction is corrected.
    decisions
        Table of the metrics of some windows by each decision; without it no metric is said to
        depend on the decision.
    transport
        Folder with the tables of transport through the pores; without it there are no metrics of
        it.
    radial
        Table of the layers of particles; without it there are no metrics of them.
    settings
        JSON of the configuration's parts `measure`, `statistics`, `segment`, `layers` and `expect`.
    """
    config = read_settings(settings)
    image = open_image(mosaic)
    with timed(f"join {batch}/{cell}/{section}: {blocks} blocks"):
        strip = open_strip(folder, "labels.zarr", "phases", image.shape[1], blocks)
        lines = read_lines(layers, image.shape[1], image.px_um)
        found = lumps_of(strip, lines, config.measure.agglomerate_um)
        # The sums have no name here: those of a million particles go as soon as they are used.
        tables = section_tables(
            Joined(
                {"batch": batch, "cell": cell, "section": section},
                merge_files([folder / str(b) / "partials" for b in range(blocks)]),
                lines,
                image.shape,
                config,
                grey_step(image),
                bad_seams(read_table(seams, columns=COLUMNS)),
                None
                if confusion is None
                else Confusion.of(read_table(confusion, CONFUSION), str(confusion)),
            ),
            found,
            None if transport is None else read_transport(transport),
            None if radial is None else table_parts(radial, RADIAL_SUMS),
        )
        if decisions is not None:
            varied = read_table(decisions, DECISIONS)
            tables["metrics"] = with_segmentation(tables["metrics"], varied)
        held = hold(tables["metrics"], tables["replicates"], config.expect, image.px_um)
        tables |= {"metrics": held.metrics, "replicates": held.replicates}
    for warning in held.warnings:
        logger.warning("join %s/%s/%s: %s", batch, cell, section, warning)
    facts = {
        "recipe": str(RECIPES["join"]),
        "px_um": repr(image.px_um),
        "mosaic_rows": str(image.shape[0]),
        "mosaic_cols": str(image.shape[1]),
    }
    with writing(output) as partial:
        partial.mkdir(parents=True)
        for name, schema in SECTION_TABLES.items():
            more = {"unexpected": json.dumps(held.warnings)} if name == "metrics" else {}
            write_table(partial / f"{name}.parquet", tables[name], schema, facts | more)
    logger.info("join: %s", ", ".join(f"{len(tables[n])} {n}" for n in SECTION_TABLES))


def read_settings(settings: str) -> Settings:
    """Read the parts of the configuration that joining uses; defaults for those that are absent.

    Raises
    ------
    ConfigError
        It is not JSON, or has other parts or values.
    """
    try:
        values = json.loads(settings)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--settings: not JSON: {error}") from None
    known = ("measure", "statistics", "segment", "layers", "expect")
    if not isinstance(values, dict) or set(values) - set(known):
        raise ConfigError(f"--settings: expected an object with {', '.join(known)}")

    def part(name: str) -> object:
        return values.get(name, {})

    return Settings(
        parse(MeasureConfig, part("measure"), "--settings measure"),
        parse(StatisticsConfig, part("statistics"), "--settings statistics"),
        parse(SegmentConfig, part("segment"), "--settings segment"),
        parse(LayersConfig, part("layers"), "--settings layers"),
        parse(ExpectConfig, part("expect"), "--settings expect"),
    )
