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
from transect.tiles.index import Detail, Quarantined, StageAxes, Tile, TileIndex
from transect.tiles.magnifications import Finer, place_details, split_overview
from transect.tiles.pixels import Pixels, Unreadable, read_pixels
from transect.tiles.places import centred, ordered_channels, place_tiles
from transect.tiles.read import shape_words
from transect.tiles.readers import Folder, Found, Reader, Scan, choose

SHOWN = 5

K = TypeVar("K", bound=Hashable)
E = TypeVar("E", Tile, Detail)


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
    finer = keep_majority(scan, config)
    first = scan.found[0]
    specimen = _specimen_rows(folder, scan.found, reader, config)
    stage = _stage(scan.found, config)
    scan.found = [centred(f, specimen, config) for f in scan.found]
    pixel_nm = config.pixel_nm or first.pixel_nm
    if pixel_nm is None:
        raise InputError(f"{folder}: no pixel size recorded; set tiles.pixel_nm")
    shape = (specimen, first.header.shape[1])
    tiles, empty = place_tiles(scan, shape, pixel_nm)
    seen = _finer(folder, finer, first, specimen, reader, config)
    tile_um = (shape[1] * pixel_nm / 1000, shape[0] * pixel_nm / 1000)
    details = place_details(scan, seen, tiles, tile_um)
    names = [tile.file for tile in tiles] + [detail.file for detail in details]
    digests = _digests(folder, names, threads)
    index = TileIndex(
        schema=1,
        reader=reader.name,
        pixel_nm=pixel_nm,
        tile_shape=shape,
        recorded_shape=first.header.shape,
        dtype=first.header.dtype,
        channels=ordered_channels({tile.channel for tile in tiles}, config.detector),
        digest="",
        microscope=dict(sorted(scan.microscope.items())),
        tiles=_digested(tiles, digests),
        quarantined=tuple(sorted(scan.quarantined, key=lambda q: (q.file, q.reason))),
        gaps=tuple(empty),
        stage=stage,
        details=_digested(details, digests),
    )
    return index.model_copy(update={"digest": digest_json(index.model_dump())})


def _stage(found: Sequence[Found], config: TilesConfig) -> StageAxes | None:
    if any(f.centre_um is None for f in found):
        return None
    return StageAxes(axes=config.stage_axes, x_sign=config.stage_x_sign, y_sign=config.stage_y_sign)


def keep_majority(scan: Scan, config: TilesConfig) -> list[Found]:
    """Leave out tiles whose pixel size, size or type is not that of most.

    A tie goes to what the first tile has. Returns the images that show detail: those with finer
    pixels than the tiles'.
    """
    finer = split_overview(scan, config)
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
    return finer


def _split(scan: Scan, keeps: Callable[[Found], bool], reason: Callable[[Found], str]) -> None:
    kept = [f for f in scan.found if keeps(f)]
    for found in scan.found:
        if not keeps(found):
            scan.reject(found.file, reason(found))
    scan.found = kept


def _commonest(values: Sequence[K]) -> K:
    return Counter(values).most_common(1)[0][0]


def _specimen_rows(
    folder: Path, found: Sequence[Found], reader: Reader, config: TilesConfig
) -> int:
    """Rows above the data bar: as set, as the sidecars say, or as the images look."""
    rows = found[0].header.shape[0]
    if config.data_bar_px is not None:
        if config.data_bar_px >= rows:
            raise InputError(
                f"tiles.data_bar_px is {config.data_bar_px}, but a tile has {rows} rows"
            )
        return rows - config.data_bar_px
    if not reader.has_data_bar:
        return rows
    said = {f.specimen_rows for f in found}
    if len(said) == 1 and (only := said.pop()) is not None:
        return only
    images: list[Pixels] = []
    step = max(len(found) // SAMPLES, 1)
    for one in found[::step]:
        try:
            images.append(read_pixels(folder / one.file, one.page))
        except Unreadable:
            continue
        if len(images) == SAMPLES:
            break
    images = [i for i in images if i.shape == found[0].header.shape]
    specimen = specimen_rows(images, reader.name == "hitachi") if images else rows
    if specimen < rows:
        logger.info("data bar of %d rows cropped from %d", rows - specimen, rows)
    return specimen


def _finer(
    folder: Path,
    finer: Sequence[Found],
    tile: Found,
    specimen: int,
    reader: Reader,
    config: TilesConfig,
) -> list[Finer]:
    """Add to images of detail what the pixel size is that is set, and what the data bar leaves."""
    # A pixel size that is set corrects the microscope's scale, which all magnifications share.
    scale = config.pixel_nm / tile.pixel_nm if config.pixel_nm and tile.pixel_nm else 1.0
    by_shape: dict[tuple[int, int], list[Found]] = {}
    for found in finer:
        by_shape.setdefault(found.header.shape, []).append(found)
    seen = []
    for shape, alike in by_shape.items():
        own = alike[0].specimen_rows is not None or shape != tile.header.shape
        rows = _specimen_rows(folder, alike, reader, config) if own else specimen
        seen += [Finer(centred(f, rows, config), (f.pixel_nm or 0.0) * scale, rows) for f in alike]
    return seen


def _digests(folder: Path, names: Sequence[str], threads: int) -> dict[str, str]:
    """Digest of each file."""
    files = sorted(set(names))

    def one(name: str) -> str:
        try:
            return digest_file(folder / name)
        except OSError as error:
            raise InputError(f"{folder / name}: cannot be read: {error.strerror}") from None

    with timed(f"digest of {len(files)} files"):
        return dict(zip(files, run(one, files, threads, "digest"), strict=True))


def _digested(entries: Sequence[E], digests: dict[str, str]) -> tuple[E, ...]:
    return tuple(e.model_copy(update={"digest": digests[e.file]}) for e in entries)


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
