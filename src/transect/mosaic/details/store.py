"""The store of the fields of detail: pixels as they were recorded, in the section's coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transect.parallel import WINDOW, run
from transect.storage import ngff
from transect.storage.stores import ImageWriter, new_store
from transect.tiles.index import Detail, TileIndex
from transect.tiles.read import load_detail


def write_details(
    path: Path,
    folder: Path,
    index: TileIndex,
    frame: pd.DataFrame,
    *,
    recipe: int,
    inputs: Mapping[str, str],
    threads: int,
) -> None:
    """Write every field that can be read as an image of its own, with all its channels.

    An image is placed by a scale and a translation, as OME-NGFF has them; its rotation, below a
    degree, is in the attributes of its group and in the table.

    Parameters
    ----------
    path
        Store to write.
    folder
        Raw folder.
    index
        Index with the fields of detail.
    frame
        Where they lie, as `DETAILS` says.
    recipe, inputs
        As `new_store` takes them.
    threads
        Threads to work with.
    """
    entries = {(d.detail, d.channel): d for d in index.details}
    sound = frame[frame["status"] != "quarantined"]
    with new_store(path, recipe=recipe, inputs=inputs) as store:
        work = []
        for name, rows in sound.groupby("detail", sort=True):
            images = [entries[str(name), channel] for channel in rows["channel"]]
            first = rows.iloc[0]
            px_um = float(first["pixel_nm_refined"]) / 1000
            # NGFF counts from the middle of a pixel: the mosaic's first, and the field's first.
            shift = (px_um - index.px_um) / 2
            writer = store.image(
                str(name),
                (len(images), *images[0].shape),
                images[0].dtype,
                px_um,
                shard=WINDOW,
                channels=[image.channel for image in images],
                origin_px=((first["y_um"] + shift) / px_um, (first["x_um"] + shift) / px_um),
            )
            facts = {key: first[key] for key in ("located_by", "rotation_deg", "se_um")}
            store.root[str(name)].attrs.update({"transect": facts})
            work.append((writer, images))
        # Readers of collections find the images by this list.
        layout: dict[str, Any] = {"version": ngff.VERSION, "bioformats2raw.layout": 3}
        store.root.attrs.update({"ome": layout})
        listing: dict[str, Any] = {"version": ngff.VERSION, "series": list(store.images)}
        store.root.require_group("OME").attrs.update({"ome": listing})

        def write(one: tuple[ImageWriter, list[Detail]]) -> None:
            _write(folder, *one)

        for _ in run(write, work, threads, "details"):
            pass


def _write(folder: Path, writer: ImageWriter, images: list[Detail]) -> None:
    pixels = np.stack([load_detail(folder, image) for image in images])
    for row in range(0, pixels.shape[1], writer.shard):
        for column in range(0, pixels.shape[2], writer.shard):
            block = pixels[:, row : row + writer.shard, column : column + writer.shard]
            writer.write(row, column, block)
