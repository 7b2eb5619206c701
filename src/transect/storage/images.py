"""Stores of pixels that are read: window by window, or as a named, lazy array."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import zarr

from transect.errors import StorageError
from transect.parallel import Window

if TYPE_CHECKING:
    # Loading them takes a second, and every step starts by loading this module.
    import dask.array as da
    import xarray as xr

# The Rust codecs read sharded arrays twice as fast as zarr-python's own. One thread each: steps
# have threads of their own.
zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "threading.max_workers": 1})

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Image:
    """A multiscale image that is read."""

    arrays: tuple[zarr.Array[Any], ...]
    px_um: float
    origin_px: tuple[int, int]
    channels: tuple[str, ...]
    digest: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of level 0."""
        rows, columns = self.arrays[0].shape[-2:]
        return int(rows), int(columns)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""
        return np.dtype(self.arrays[0].dtype)

    def read(self, window: Window, level: int = 0, channel: int = 0) -> Pixels:
        """Pixels of a window, given in pixels of that level and of the whole mosaic.

        Returns an array of shape (row, column).
        """
        array, spot = self.arrays[level], self._spot(window, level)
        found = array[(channel, *spot)] if array.ndim == 3 else array[spot]
        return np.asarray(found)

    def read_channels(self, window: Window) -> Pixels:
        """All channels of a window, (channel, row, column); see `read`."""
        return np.asarray(self.arrays[0][(slice(None), *self._spot(window, 0))])

    def _spot(self, window: Window, level: int) -> tuple[slice, slice]:
        """Place of a window in the array of a level."""
        if level and self.origin_px != (0, 0):
            raise StorageError("a block's store is read at level 0 only")
        rows, columns = window.slices
        r0, c0 = self.origin_px
        return (
            slice(rows.start - r0, rows.stop - r0),
            slice(columns.start - c0, columns.stop - c0),
        )

    def dask(self, level: int = 0) -> da.Array:
        """Lazy array of a level, ([channel,] row, column), chunked by whole shards."""
        import dask.array as da

        array = self.arrays[level]
        lazy: da.Array = da.from_zarr(array, chunks=array.shards or array.chunks)
        return lazy

    def xarray(self, level: int = 0) -> xr.DataArray:
        """Lazy array of a level with the centres of its pixels in um as coordinates x and y."""
        import xarray as xr

        array = self.dask(level)
        step = 2**level
        # As OME-NGFF counts: the centre of the first pixel of level 0 is at its origin.
        places = {
            axis: (first + np.arange(length) * step + (step - 1) / 2) * self.px_um
            for axis, first, length in zip("yx", self.origin_px, array.shape[-2:], strict=True)
        }
        names = {"c": list(self.channels)} if array.ndim == 3 and self.channels else {}
        return xr.DataArray(
            array,
            dims=("c", "y", "x")[-array.ndim :],
            coords={**names, **places},
            attrs={"units": "grey", "px_um": self.px_um * step},
        )

    def level_near(self, pixels: int) -> int:
        """Finest level whose longer side is at most this many pixels, else the coarsest."""
        for level, array in enumerate(self.arrays):
            if max(array.shape[-2:]) <= pixels:
                return level
        return len(self.arrays) - 1

    def whole(self, level: int, channel: int = 0) -> Pixels:
        """All pixels of a coarse level, shape (row, column)."""
        array = self.arrays[level]
        return np.asarray(array[channel] if array.ndim == 3 else array[:])


def open_image(path: Path, name: str = "") -> Image:
    """Open an image of a store.

    Parameters
    ----------
    path
        Folder of the store.
    name
        Path of the image's group in the store, "" for the root.

    Raises
    ------
    StorageError
        There is no such store or image, or it was left half written.
    """
    try:
        root = zarr.open_group(path, mode="r", zarr_format=3)
        group: Any = root[name] if name else root
        scales: Any = group.attrs["ome"]
        facts: Any = root.attrs["transect"]
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise StorageError(
            f"{path}: no image {name or 'at the root'} of a finished store; run the step again"
        ) from error
    entry = scales["multiscales"][0]
    datasets = entry["datasets"]
    scale, shift = (t for t in datasets[0]["coordinateTransformations"])
    px_um = float(scale["scale"][-1])
    origin = [round(value / px_um) for value in shift["translation"][-2:]]
    names = tuple(c["label"] for c in scales.get("omero", {}).get("channels", ()))
    arrays = tuple(group[d["path"]] for d in datasets)
    return Image(arrays, px_um, (origin[0], origin[1]), names, str(facts["digest"]))
