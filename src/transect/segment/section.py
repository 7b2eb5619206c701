"""Segmentation of a section on disk: the histogram of its windows, and its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
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
from transect.segment.greys import Normal
from transect.segment.learned import PREDICTIONS, NetworkEngine
from transect.segment.smoothing import BINS, Noise, Smoothing, noises
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
from transect.segment.windows import Read, Segmented, segment_window
from transect.storage.digests import digest_file, digest_json
from transect.storage.images import Image, open_image
from transect.storage.stores import ImageWriter, StoreWriter, new_store
from transect.storage.strips import Strip, open_strip
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
        valid = self.valid.read(window)
        grey = to_scale(self.mosaic.read(window), scale)
        if scale[0] > scale[1]:
            # What was not recorded is 0 in every mosaic, turned over or not.
            grey = np.where(valid > 0, grey, np.uint8(0))
        return grey, self.layers.zone(window, valid)

    def read_maps(self, window: Window, maps: Strip) -> tuple[U8, U8]:
        """Read maps of a network, (channel, row, column), and the zone of a window."""
        return maps.channels(window), self.zone(window)

    def zone(self, window: Window) -> U8:
        """Phase by geometry of a window; see `Layers.zone`."""
        return self.layers.zone(window, self.valid.read(window))


def sampled(shape: tuple[int, int], most: int, edge: int = WINDOW) -> list[Window]:
    """Windows of a global grid, spread over a section of this shape; at most `most`."""
    grid = windows(shape, edge=edge)
    every = -(-len(grid) // most)
    # A stride that shares no factor with the rows of windows, so that all depths are met.
    rows = -(-shape[0] // edge)
    while every > 1 and np.gcd(every, rows) > 1:
        every += 1
    return grid[::every]


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
    scale = scale_of(coarse[recorded > 0], "mosaic", config.polarity)

    def count(window: Window) -> tuple[I64, I64, I64]:
        outer = window.padded(denoise_radius(config.denoise_px) + 1, section.mosaic.shape)
        grey, zone = section.read(outer, scale)
        core = window.inside(outer)
        # The halo is not counted: pixels there belong to other windows.
        inner = np.full(zone.shape, Phase.OUTSIDE, np.uint8)
        inner[core] = zone[core]
        coating = inner == UNDECIDED
        if not coating.any():
            return np.zeros((256, 1), np.int64), np.zeros(256, np.int64), np.zeros((2, 1), np.int64)
        recorded = np.bincount(grey[coating], minlength=256)
        smooth = histogram(denoise(grey, config.denoise_px), inner)
        return smooth, recorded, noises(grey, inner)

    grid = sampled(section.mosaic.shape, SAMPLE)
    joint, recorded = np.zeros((256, 1), np.int64), np.zeros(256, np.int64)
    noise = np.zeros((2, BINS), np.int64)
    for smooth, raw, squares in run(count, grid, threads, "histogram"):
        joint = joint + smooth
        recorded += raw
        noise += squares
    found = thresholds_from(joint, scale, "mosaic")
    return replace(found, normal=Normal.of(recorded), noise=Noise.of(noise))


def smoothed_normal(
    section: Section, scale: tuple[float, float], smoothing: Smoothing, threads: int
) -> Normal:
    """Tell how the coating's greys are spread once they are smoothed.

    Parameters
    ----------
    section
        Mosaic and layers.
    scale
        Grey values that become 0 and 255.
    smoothing
        How far.
    threads
        Threads to read and count with.
    """

    def count(window: Window) -> I64:
        outer = window.padded(smoothing.reach, section.mosaic.shape)
        core = window.inside(outer)
        grey, zone = section.read(outer, scale)
        greys = smoothing.greys(grey, zone)[core]
        return np.bincount(greys[zone[core] == UNDECIDED], minlength=256)

    total = np.zeros(256, np.int64)
    for found in run(count, sampled(section.mosaic.shape, SAMPLE), threads, "smoothed greys"):
        total += found
    return Normal.of(total)


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
