"""Segmentation of a section on disk: the histogram of its windows, and its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import SegmentConfig
from transect.geometry import Layers
from transect.parallel import WINDOW, Window, block_columns, run, windows
from transect.phases import COLORS, Phase
from transect.recipes import RECIPES
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import UNDECIDED, Engine
from transect.segment.tables import CONTACTS, FACES
from transect.segment.thresholds import (
    Thresholds,
    denoise,
    denoise_radius,
    histogram,
    scale_of,
    thresholds_from,
    to_scale,
)
from transect.segment.windows import Segmented, segment_window
from transect.storage.digests import digest_file
from transect.storage.images import Image, open_image
from transect.storage.stores import ImageWriter, StoreWriter, new_store
from transect.storage.tables import read_table, write_table

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

SAMPLE = 96
"""Windows that the histogram looks at, at most: 400 megapixels place a hump to 0.01 levels."""


@dataclass(frozen=True)
class Section:
    """A mosaic with its layers."""

    mosaic: Image
    valid: Image
    layers: Layers

    @classmethod
    def open(cls, mosaic: Path, layers: Path) -> Section:
        """Open what the stages before have written."""
        return cls(open_image(mosaic), open_image(mosaic, "labels/valid"), Layers.load(layers))

    def read(self, window: Window, scale: tuple[float, float]) -> tuple[U8, U8]:
        """Pixels on the 8-bit scale and the zone of a window."""
        zone = self.layers.zone(window, self.valid.read(window))
        return to_scale(self.mosaic.read(window), scale), zone


def find_thresholds(section: Section, config: SegmentConfig, threads: int) -> Thresholds:
    """Find the section's thresholds.

    Parameters
    ----------
    section
        Mosaic and layers.
    config
        Settings of the engine.
    threads
        Threads to read and count with.
    """
    level = section.mosaic.level_near(WINDOW)
    coarse, recorded = section.mosaic.whole(level), section.valid.whole(level)
    scale = scale_of(coarse[recorded > 0], "mosaic")

    def count(window: Window) -> I64:
        outer = window.padded(denoise_radius(config.denoise_px) + 1, section.mosaic.shape)
        grey, zone = section.read(outer, scale)
        core = window.inside(outer)
        # The halo is not counted: pixels there belong to other windows.
        inner = np.full(zone.shape, Phase.OUTSIDE, np.uint8)
        inner[core] = zone[core]
        if not np.any(inner == UNDECIDED):
            return np.zeros((256, 1), np.int64)
        return histogram(denoise(grey, config.denoise_px), inner)

    grid = windows(section.mosaic.shape)
    every = -(-len(grid) // SAMPLE)
    # A stride that shares no factor with the rows of windows, so that all depths are met.
    rows = -(-section.mosaic.shape[0] // WINDOW)
    while every > 1 and np.gcd(every, rows) > 1:
        every += 1
    joint = sum(run(count, grid[::every], threads, "histogram"), np.zeros((256, 1), np.int64))
    return thresholds_from(np.asarray(joint), scale, "mosaic")


def segment_block(
    mosaic: Path,
    layers: Path,
    thresholds: Path,
    block: tuple[int, int],
    output: Path,
    config: SegmentConfig,
    threads: int,
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
    """
    section, limits = Section.open(mosaic, layers), Thresholds.load(thresholds)
    engine = ClassicalEngine(limits, config.denoise_px, config.crack_width_px)
    columns = block_columns(section.mosaic.shape[1], *block)
    inputs = {"mosaic": mosaic, "layers": layers, "thresholds": thresholds}
    digests = {name: digest_file(path) for name, path in inputs.items()}
    contacts, faces = [CONTACTS.empty()], [FACES.empty()]
    with new_store(output, recipe=RECIPES["segment"], inputs=digests) as store:
        if columns[0] < columns[1]:
            for part in _label(section, limits, engine, columns, store, threads):
                contacts.append(part[0])
                faces.append(part[1])
    return pd.concat(contacts, ignore_index=True), pd.concat(faces, ignore_index=True)


def _label(
    section: Section,
    limits: Thresholds,
    engine: Engine,
    columns: tuple[int, int],
    store: StoreWriter,
    threads: int,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    shape = section.mosaic.shape
    writers = _images(store, (shape[0], columns[1] - columns[0]), section.mosaic.px_um, columns[0])

    def work(window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
        part: Segmented = segment_window(
            lambda outer: section.read(outer, limits.scale), shape, window, engine
        )
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
