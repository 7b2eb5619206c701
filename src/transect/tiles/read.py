"""The pixels of one tile."""

from __future__ import annotations

from pathlib import Path

from transect.errors import InputError
from transect.tiles.index import Detail, Tile, TileIndex
from transect.tiles.pixels import Pixels, Unreadable, read_pixels


def read_tile(folder: Path, index: TileIndex, tile: Tile) -> Pixels:
    """Read one tile as grey, without its data bar.

    Parameters
    ----------
    folder
        Raw folder.
    index
        Index that the tile is from.
    tile
        Which one.

    Returns
    -------
    (row, column) array of the index's `tile_shape` and `dtype`.

    Raises
    ------
    InputError
        The file cannot be read, or is no longer of the size and type that were indexed.
    """
    path = folder / tile.file
    try:
        pixels = load(folder, index, tile)
    except Unreadable as reason:
        raise InputError(
            f"{path}: {reason}; run `transect index` and `transect check` again"
        ) from None
    return pixels


def load(folder: Path, index: TileIndex, tile: Tile) -> Pixels:
    """Read one tile as `read_tile` does, with `Unreadable` for whatever is wrong with it."""
    pixels = _load(folder / tile.file, tile.page, index.recorded_shape, index.dtype)
    rows, columns = index.tile_shape
    return pixels[:rows, :columns]


def load_detail(folder: Path, detail: Detail) -> Pixels:
    """Read one image of a field of detail, without its data bar.

    Raises
    ------
    Unreadable
        It cannot be read, or is no longer of the size and type that were indexed.
    """
    pixels = _load(folder / detail.file, detail.page, detail.recorded_shape, detail.dtype)
    return pixels[: detail.shape[0]]


def _load(path: Path, page: int, shape: tuple[int, int], dtype: str) -> Pixels:
    pixels = read_pixels(path, page)
    if pixels.shape != shape:
        raise Unreadable(f"{shape_words(pixels.shape)}, expected {shape_words(shape)}")
    if str(pixels.dtype) != dtype:
        raise Unreadable(f"pixels are {pixels.dtype}, expected {dtype}")
    return pixels


def shape_words(shape: tuple[int, ...]) -> str:
    """Size of an image as people write it: width x height."""
    return f"{shape[1]} x {shape[0]} px"
