"""From a raw folder to its index: one reader, one size and type, one place for each tile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TypeVar

from transect.config import TilesConfig
from transect.errors import InputError
from transect.log import logger, timed
from transect.parallel import run
from transect.storage.digests import digest_file, digest_json
from transect.tiles.databar import SAMPLES, specimen_rows
from transect.tiles.index import Quarantined, Tile, TileIndex
from transect.tiles.pixels import Pixels, Unreadable, read_pixels
from transect.tiles.places import centred, place_tiles
from transect.tiles.read import shape_words
from transect.tiles.readers import Folder, Found, Reader, Scan, choose

SHOWN = 5

K = TypeVar("K", bound=Hashable)


def scan_folder(folder: Path, config: TilesConfig) -> tuple[Reader, Scan]:
    """Read what the files of a raw folder say, without their pixels.

    Raises
    ------
    InputError
        The folder is absent, holds no image, or none that can be used.
    """
    listing = Folder.of(folder)
    if not listing.images:
        inside = sorted(p.name for p in folder.iterdir() if p.is_dir())
        hint = f"; it has the folders {', '.join(inside[:SHOWN])}" if inside else ""
        raise InputError(f"{folder}: no image (tif, bmp, jpg, png) in this folder{hint}")
    reader = choose(config.reader, listing)
    scan = reader.scan(listing, config)
    for name in listing.unnameable:
        scan.reject(ascii(name)[1:-1], "the file's name is not text of one line; rename it")
    if not scan.found:
        raise InputError(f"{folder}: no usable tile; {_reasons(scan.quarantined)}")
    if config.expected_tiles is not None and config.expected_tiles != len(listing.images):
        raise InputError(
            f"{folder}: {len(listing.images)} images found, {config.expected_tiles} expected;"
            " copy the missing ones, or correct `tiles` in the sheet"
        )
    return reader, scan


def build_index(folder: Path, config: TilesConfig, threads: int = 1) -> TileIndex:
    """Index the raw tiles of a section.

    Parameters
    ----------
    folder
        Raw folder.
    config
        How tiles are read.
    threads
        Threads that digest files.

    Raises
    ------
    InputError
        The folder is absent or empty, or no tile of it can be used.
    """
    reader, scan = scan_folder(folder, config)
    keep_majority(scan)
    first = scan.found[0]
    specimen = _specimen_rows(folder, scan, reader, config)
    scan.found = [centred(f, specimen, config) for f in scan.found]
    pixel_nm = config.pixel_nm or first.pixel_nm
    if pixel_nm is None:
        raise InputError(f"{folder}: no pixel size recorded; set tiles.pixel_nm")
    shape = (specimen, first.header.shape[1])
    tiles, empty = place_tiles(scan, shape, pixel_nm)
    tiles = _digested(folder, tiles, threads)
    index = TileIndex(
        schema=1,
        reader=reader.name,
        pixel_nm=pixel_nm,
        tile_shape=shape,
        recorded_shape=first.header.shape,
        dtype=first.header.dtype,
        channels=tuple(sorted({tile.channel for tile in tiles})),
        digest="",
        microscope=dict(sorted(scan.microscope.items())),
        tiles=tuple(tiles),
        quarantined=tuple(sorted(scan.quarantined, key=lambda q: (q.file, q.reason))),
        gaps=tuple(empty),
    )
    return index.model_copy(update={"digest": digest_json(index.model_dump())})


def keep_majority(scan: Scan) -> None:
    """Leave out tiles whose size, type or pixel size is not that of most.

    A tie goes to what the first tile has.
    """
    shape = _commonest([f.header.shape for f in scan.found])
    _split(
        scan,
        lambda f: f.header.shape == shape,
        lambda f: f"size {shape_words(f.header.shape)}, the other tiles have {shape_words(shape)}",
    )
    dtype = _commonest([f.header.dtype for f in scan.found])
    _split(
        scan,
        lambda f: f.header.dtype == dtype,
        lambda f: f"pixels are {f.header.dtype}, those of the other tiles are {dtype}",
    )
    recorded = [f.pixel_nm for f in scan.found if f.pixel_nm]
    if recorded:
        pixel_nm = _commonest([float(f"{p:.4g}") for p in recorded])
        _split(
            scan,
            lambda f: not f.pixel_nm or abs(f.pixel_nm / pixel_nm - 1) < 2e-3,
            lambda f: f"pixel size {f.pixel_nm:g} nm, the other tiles have {pixel_nm:g} nm",
        )


def _split(scan: Scan, keeps: Callable[[Found], bool], reason: Callable[[Found], str]) -> None:
    kept = [f for f in scan.found if keeps(f)]
    for found in scan.found:
        if not keeps(found):
            scan.reject(found.file, reason(found))
    scan.found = kept


def _commonest(values: Sequence[K]) -> K:
    return Counter(values).most_common(1)[0][0]


def _specimen_rows(folder: Path, scan: Scan, reader: Reader, config: TilesConfig) -> int:
    """Rows above the data bar: as set, as the sidecars say, or as the images look."""
    rows = scan.found[0].header.shape[0]
    if config.data_bar_px is not None:
        if config.data_bar_px >= rows:
            raise InputError(
                f"tiles.data_bar_px is {config.data_bar_px}, but a tile has {rows} rows"
            )
        return rows - config.data_bar_px
    if not reader.has_data_bar:
        return rows
    said = {f.specimen_rows for f in scan.found}
    if len(said) == 1 and (only := said.pop()) is not None:
        return only
    images: list[Pixels] = []
    step = max(len(scan.found) // SAMPLES, 1)
    for found in scan.found[::step]:
        try:
            images.append(read_pixels(folder / found.file, found.page))
        except Unreadable:
            continue
        if len(images) == SAMPLES:
            break
    images = [i for i in images if i.shape == scan.found[0].header.shape]
    specimen = specimen_rows(images, reader.name == "hitachi") if images else rows
    if specimen < rows:
        logger.info("data bar of %d rows cropped from %d", rows - specimen, rows)
    return specimen


def _digested(folder: Path, tiles: Sequence[Tile], threads: int) -> list[Tile]:
    """Tiles with the digests of their files."""
    files = sorted({tile.file for tile in tiles})

    def one(name: str) -> str:
        try:
            return digest_file(folder / name)
        except OSError as error:
            raise InputError(f"{folder / name}: cannot be read: {error.strerror}") from None

    with timed(f"digest of {len(files)} files"):
        digests = dict(zip(files, run(one, files, threads, "digest"), strict=True))
    return [tile.model_copy(update={"digest": digests[tile.file]}) for tile in tiles]


def _reasons(quarantined: Sequence[Quarantined]) -> str:
    """Each reason once, with the first file that it is true of."""
    files: dict[str, list[str]] = {}
    for left_out in quarantined:
        files.setdefault(left_out.reason, []).append(left_out.file)
    shown = [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}"
        for reason, names in list(files.items())[:SHOWN]
    ]
    more = len(files) - SHOWN
    return "; ".join(shown) + (f"; and {more} more reasons" if more > 0 else "")
