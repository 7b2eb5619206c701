"""Stores of pixels: sharded Zarr with OME-NGFF metadata, written one whole shard at a time.

A store appears under its name only when it is complete. Its root attributes carry the digest of
its pixels, so a file of a few kilobytes tells whether gigabytes changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import zarr

from transect import __version__
from transect.errors import StorageError
from transect.parallel import WINDOW, run
from transect.storage import ngff
from transect.storage.digests import digest_json
from transect.storage.files import writing
from transect.storage.journal import Journal
from transect.storage.pyramid import levels_for
from transect.storage.shards import codec_of as codec_of
from transect.storage.writer import ImageWriter as ImageWriter

if TYPE_CHECKING:
    # Loading it takes a second, and every step starts by loading this module.
    import dask.array as da

CHUNK = 512
"""Edge of a chunk inside a shard, in pixels: what a viewer reads at once."""


@dataclass
class StoreWriter:
    """A store under construction: a Zarr group that images are added to."""

    root: zarr.Group
    folder: Path
    journal: Journal | None = None
    images: dict[str, ImageWriter] = field(default_factory=dict)

    def image(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        px_um: float,
        *,
        kind: Literal["image", "labels"] = "image",
        shard: int = WINDOW,
        levels: int | None = None,
        channels: Sequence[str] = (),
        colors: Mapping[int, tuple[int, int, int]] | None = None,
        origin_px: tuple[float, float] = (0, 0),
    ) -> ImageWriter:
        """Add a multiscale image.

        Parameters
        ----------
        name
            Path of its group in the store, "" for the root; labels of a root image go under
            "labels/".
        shape
            (row, column), or (channel, row, column) with `channels` named.
        dtype
            Type of a pixel.
        px_um
            Pixel size of level 0 in micrometres.
        kind
            Images are averaged in the pyramid, labels are not.
        shard
            Edge of a shard in pixels.
        levels
            Levels of the pyramid; as many as the size asks for when absent.
        channels
            Names of the channels.
        colors
            RGB of label values.
        origin_px
            Row and column of the first pixel in the mosaic, in pixels of this image: whole ones
            for stores of a block.
        """
        count = levels or levels_for((shape[-2], shape[-1]), shard)
        group = self.root.require_group(name) if name else self.root
        scales = ngff.multiscales(name or "image", count, px_um, origin_px, len(shape) == 3)
        if kind == "labels":
            source = "../.." if name.startswith("labels/") else None
            group.attrs.update(ngff.label_attributes(scales, colors or {}, source))
        else:
            group.attrs.update(ngff.image_attributes(scales, channels))
        arrays = [_create(group, level, shape, dtype, shard) for level in range(count)]
        self.images[name] = ImageWriter(
            arrays, shard, kind == "labels", name, self.folder, self.journal
        )
        return self.images[name]

    def digest(self) -> str:
        """Digest of the pixels of all images at level 0."""
        return digest_json(
            {n: sorted((list(k), v) for k, v in i.digests.items()) for n, i in self.images.items()}
        )


def _create(
    group: zarr.Group, level: int, shape: tuple[int, ...], dtype: npt.DTypeLike, shard: int
) -> zarr.Array[Any]:
    edge = shard >> level
    lead = shape[:-2]
    size = tuple(-(-n >> level) for n in shape[-2:])
    chunk = min(CHUNK, edge)
    return group.create_array(
        str(level),
        shape=(*lead, *size),
        dtype=dtype,
        chunks=(*(1 for _ in lead), chunk, chunk),
        shards=(*lead, edge, edge),
        compressors=[codec_of(dtype)],
        fill_value=0,
        dimension_names=["c", "y", "x"][-len(shape) :],
    )


@contextmanager
def new_store(
    path: Path, *, recipe: int, inputs: Mapping[str, str], resume: bool = False
) -> Iterator[StoreWriter]:
    """Make a store aside and swap it in when the body ends well.

    Parameters
    ----------
    path
        Folder of the store, ending in ".zarr".
    recipe
        Number of the recipe that makes it.
    inputs
        Digest of each input, by name; of everything that decides its pixels where it resumes.
    resume
        Whether what an interrupted run has made of the same inputs is kept: `ImageWriter.kept`.

    Raises
    ------
    StorageError
        The disk is full or the folder cannot be written.
    """
    facts: dict[str, Any] = {
        "inputs": dict(sorted(inputs.items())),
        "recipe": recipe,
        "version": __version__,
    }
    with writing(path, keep=resume) as partial:
        journal = Journal.open(partial, facts) if resume else None
        store = StoreWriter(zarr.open_group(partial, mode="a", zarr_format=3), partial, journal)
        yield store
        labels = [n.removeprefix("labels/") for n in store.images if n.startswith("labels/")]
        if labels:
            listing = {"version": ngff.VERSION, "labels": labels}
            store.root["labels"].attrs.update({"ome": listing})
        store.root.attrs.update({"transect": {"digest": store.digest(), **facts}})
        if journal:
            journal.close()


def write_image(writer: ImageWriter, image: da.Array, threads: int, what: str) -> None:
    """Compute a Dask array and write it, one whole shard per task.

    Parameters
    ----------
    writer
        Where to write.
    image
        Array of the writer's shape, chunked by whole shards.
    threads
        Threads to compute with.
    what
        Words for the progress bar.

    Raises
    ------
    StorageError
        The chunks are not whole shards.
    """
    edge = writer.shard
    for axis, sizes in enumerate(image.chunks[-2:]):
        if any(size != edge for size in sizes[:-1]) or sizes[-1] > edge:
            raise StorageError(
                f"Dask chunks {sizes} on axis {axis} are not whole shards of {edge} px;"
                f" rechunk the array to {edge}"
            )
    if image.shape != writer.shape:
        raise StorageError(f"array of shape {image.shape} for a store of shape {writer.shape}")
    if image.ndim == 3:
        image = image.rechunk({0: -1})
    blocks = np.atleast_2d(image.to_delayed().reshape(image.numblocks[-2:]))
    spots = [(r, c) for r in range(blocks.shape[0]) for c in range(blocks.shape[1])]

    def one(spot: tuple[int, int]) -> None:
        block = blocks[spot].compute(scheduler="synchronous")
        writer.write(spot[0] * edge, spot[1] * edge, block)

    for _ in run(one, spots, threads, what):
        pass
