"""Segmentation of one block of a section on disk, window by window, and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import SegmentConfig
from transect.parallel import Window, block_columns, run, windows
from transect.phases import COLORS
from transect.recipes import RECIPES
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import Engine
from transect.segment.learned import PREDICTIONS, NetworkEngine
from transect.segment.section import Section
from transect.segment.tables import CONTACTS, FACES
from transect.segment.thresholds import Thresholds
from transect.segment.windows import Read, Segmented, segment_window
from transect.storage.digests import digest_file, digest_json
from transect.storage.stores import ImageWriter, StoreWriter, new_store
from transect.storage.strips import Strip, open_strip
from transect.storage.tables import read_table, write_table

U8 = npt.NDArray[np.uint8]


def segment_block(
    mosaic: Path,
    layers: Path,
    thresholds: Path,
    block: tuple[int, int],
    output: Path,
    config: SegmentConfig,
    threads: int,
    predictions: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Label one block of a section into a store; return its contacts and faces.

    A block that owns no column gets a store without images and empty tables.

    Parameters
    ----------
    mosaic, layers, thresholds
        Inputs.
    block
        Number of the block, and how many there are.
    output
        Store to write.
    config
        Settings of the engine.
    threads
        Threads to work with.
    predictions
        Folder of the blocks with what the network says of each, one folder per number; the
        classical engine decides where there is none.
    """
    section, limits = Section.open(mosaic, layers), Thresholds.load(thresholds)
    columns = block_columns(section.mosaic.shape[1], *block)
    inputs = {"mosaic": mosaic, "layers": layers, "thresholds": thresholds}
    digests = {name: digest_file(path) for name, path in inputs.items()}
    engine: Engine = ClassicalEngine(limits, config.denoise_px, config.crack_width_px)
    read: Read = partial(section.read, scale=limits.scale)
    if predictions is not None:
        engine = NetworkEngine(config.crack_width_px)
        maps = _maps(predictions, section, block[1], columns, engine.halo + 1)
        digests["predictions"] = digest_json([image.digest for _, _, image in maps.images])
        read = partial(section.read_maps, maps=maps)
    contacts, faces = [CONTACTS.empty()], [FACES.empty()]
    with new_store(output, recipe=RECIPES["segment"], inputs=digests) as store:
        if columns[0] < columns[1]:
            for part in _label(section, read, engine, columns, store, threads):
                contacts.append(part[0])
                faces.append(part[1])
    return pd.concat(contacts, ignore_index=True), pd.concat(faces, ignore_index=True)


def _maps(
    folder: Path, section: Section, blocks: int, columns: tuple[int, int], halo: int
) -> Strip:
    """Open the maps of the blocks within a halo of some columns."""
    seen = (columns[0] - halo, columns[1] + halo) if columns[0] < columns[1] else (0, 0)
    return open_strip(folder, PREDICTIONS, "maps", section.mosaic.shape[1], blocks, seen)


def _label(
    section: Section,
    read: Read,
    engine: Engine,
    columns: tuple[int, int],
    store: StoreWriter,
    threads: int,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    shape = section.mosaic.shape
    writers = _images(store, (shape[0], columns[1] - columns[0]), section.mosaic.px_um, columns[0])

    def work(window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
        part: Segmented = segment_window(read, shape, window, engine)
        values: tuple[npt.NDArray[Any], ...] = (
            part.phases,
            part.confidence,
            part.basins.labels,
        )
        for writer, pixels in zip(writers, values, strict=True):
            writer.write(window.row0, window.col0 - columns[0], pixels)
        return part.contacts(), part.faces()

    yield from run(work, windows(shape, *columns), threads, "segment")


def _images(
    store: StoreWriter, shape: tuple[int, int], px_um: float, column0: int
) -> tuple[ImageWriter, ImageWriter, ImageWriter]:
    colors = {int(phase): rgb for phase, rgb in COLORS.items()}
    origin = (0, column0)
    return (
        store.image(
            "phases", shape, np.uint8, px_um, kind="labels", levels=1, colors=colors,
            origin_px=origin,
        ),
        store.image("confidence", shape, np.uint8, px_um, levels=1, origin_px=origin),
        store.image(
            "basins", shape, np.uint64, px_um, kind="labels", levels=1, origin_px=origin
        ),
    )  # fmt: skip


def write_block_tables(
    contacts: pd.DataFrame, faces: pd.DataFrame, paths: tuple[Path, Path], shape: tuple[int, int]
) -> None:
    """Write the tables of a block, with the shape of the mosaic in the faces' metadata."""
    write_table(paths[0], contacts, CONTACTS)
    facts = {"mosaic_rows": str(shape[0]), "mosaic_columns": str(shape[1])}
    write_table(paths[1], faces, FACES, facts)


def read_blocks(folder: Path, blocks: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Tables `contacts` and `faces` of every block, from left to right."""
    for block in range(blocks):
        yield (
            read_table(folder / str(block) / "contacts.parquet", CONTACTS),
            read_table(folder / str(block) / "faces.parquet", FACES),
        )
