"""The blocks of a section on disk: measuring one, and gathering the label images of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from transect.measure.agglomerates import LEVELS
from transect.measure.partials import Partials, merge
from transect.measure.reach import Reach
from transect.measure.source import Source
from transect.measure.window import Measured, measure_window
from transect.parallel import Window, run, windows
from transect.phases import COLORS
from transect.recipes import RECIPES
from transect.storage.images import Image
from transect.storage.stores import ImageWriter, StoreWriter, new_store, write_image
from transect.storage.strips import open_strip

_MERGE = 16
"""Windows whose sums are kept apart before they are merged."""


def measure_block(
    source: Source,
    span: tuple[int, int],
    reach: Reach,
    labels: Path,
    digests: dict[str, str],
    threads: int,
) -> Partials:
    """Measure the windows of a block and write its labels.

    Parameters
    ----------
    source
        Pixels and layers.
    span
        First column of the block and one past the last.
    reach
        Distances in pixels.
    labels
        Store to write; without images when the block owns no column.
    digests
        Digest of each input, by name.
    threads
        Threads to work with.
    """
    rows = source.shape[0]
    merged: list[Partials] = []
    with new_store(labels, recipe=RECIPES["measure"], inputs=digests) as store:
        if span[0] == span[1]:
            return merge([])
        shape, origin = (rows, span[1] - span[0]), (0, span[0])
        phases, particles = _images(store, shape, source.mosaic.px_um, LEVELS, origin)

        def work(window: Window) -> Measured:
            found = measure_window(source, window, reach)
            at = (window.row0, window.col0 - span[0])
            phases.write(*at, found.phases)
            particles.write(*at, found.particles)
            empty = np.empty((0, 0))
            return Measured(found.window, found.partials, empty, empty)

        for found in run(work, windows(source.shape, *span), threads, "measure"):
            merged.append(found.partials)
            if len(merged) == _MERGE:
                merged = [merge(merged)]
    return merge(merged)


def _images(
    store: StoreWriter,
    shape: tuple[int, int],
    px_um: float,
    levels: int | None,
    origin: tuple[int, int],
) -> tuple[ImageWriter, ImageWriter]:
    colors = {int(phase): rgb for phase, rgb in COLORS.items()}
    kinds: list[tuple[str, npt.DTypeLike, dict[int, tuple[int, int, int]]]] = [
        ("phases", np.uint8, colors),
        ("particles", np.uint64, {}),
    ]
    first, second = (
        store.image(
            name, shape, dtype, px_um, kind="labels", levels=levels, colors=tints, origin_px=origin
        )
        for name, dtype, tints in kinds
    )
    return first, second


def gather(folder: Path, blocks: int, mosaic: Image, output: Path, threads: int) -> None:
    """Write the label images of all blocks as one store with its pyramid.

    Parameters
    ----------
    folder
        Folder with one sub-folder per block.
    blocks
        How many blocks there are.
    mosaic
        For the section's size.
    output
        Store to write.
    threads
        Threads to work with.
    """
    strips = [
        open_strip(folder, "labels.zarr", name, mosaic.shape[1], blocks)
        for name in ("phases", "particles")
    ]
    # Digests of the blocks' stores would make the bytes depend on how many there are.
    inputs = {"mosaic": mosaic.digest}
    with new_store(output, recipe=RECIPES["labels"], inputs=inputs) as store:
        for strip, writer in zip(
            strips, _images(store, mosaic.shape, mosaic.px_um, None, (0, 0)), strict=True
        ):
            write_image(writer, strip.dask(), threads, "labels")
