"""What a network says of a block: its maps, and a row for each window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from transect.parallel import Window, block_columns, run, windows
from transect.recipes import RECIPES
from transect.segment.maps import MAPS
from transect.segment.predictor import Predictor, Row
from transect.segment.tables import WINDOWS
from transect.storage.digests import digest_file
from transect.storage.stores import ImageWriter, new_store

TABLE = "windows.parquet"
"""Table of a block: a row for each window."""


def predict_block(
    predictor: Predictor,
    block: tuple[int, int],
    output: Path,
    inputs: dict[str, Path],
    threads: int,
) -> pd.DataFrame:
    """Write the maps of one block; return its rows of the table `windows`.

    A block that owns no column gets a store without images and an empty table.

    Parameters
    ----------
    predictor
        Pixels and model.
    block
        Number of the block, and how many there are.
    output
        Store to write.
    inputs
        Files that it is made from, by name.
    threads
        Windows to work on at the same time, each with one thread.
    """
    mosaic, network = predictor.section.mosaic, predictor.network
    columns = block_columns(mosaic.shape[1], *block)
    digests = {name: digest_file(path) for name, path in inputs.items()}
    digests["model"] = network.card.digest
    rows: list[Row] = []
    with new_store(output, recipe=RECIPES["predict"], inputs=digests) as store:
        store.root.attrs.update(
            {"network": {"runtime": network.runtime, "pixels": predictor.zoom.factor}}
        )
        if columns[0] < columns[1]:
            shape = (len(MAPS), mosaic.shape[0], columns[1] - columns[0])
            writer = store.image(
                "maps", shape, np.uint8, mosaic.px_um, levels=1, channels=MAPS,
                origin_px=(0, columns[0]),
            )  # fmt: skip
            rows.extend(_predict(predictor, columns, writer, threads))
    if not rows:
        return WINDOWS.empty()
    return pd.DataFrame(rows)[WINDOWS.names]


def _predict(
    predictor: Predictor, columns: tuple[int, int], writer: ImageWriter, threads: int
) -> Iterator[Row]:
    def work(window: Window) -> Row | None:
        found = predictor.look(window)
        if found is None:
            return None
        writer.write(window.row0, window.col0 - columns[0], found[0])
        return found[1]

    grid = windows(predictor.section.mosaic.shape, *columns)
    yield from (row for row in run(work, grid, threads, "predict") if row is not None)
