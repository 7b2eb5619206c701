"""Commands of the tiles stage: index, check, shading.

Each loads what it needs itself: tables cost half a second, and indexing needs none.
"""

from __future__ import annotations

from pathlib import Path

from transect.config import TilesConfig, parse_settings
from transect.log import logger, timed
from transect.recipes import RECIPES
from transect.tiles.index import TileIndex


def index(*, folder: Path, output: Path, settings: str = "{}", threads: int = 1) -> None:
    """List the raw tiles of a section, with places and digests.

    Parameters
    ----------
    folder
        Raw folder of the section.
    output
        File to write, `tiles.json`.
    settings
        The `tiles` part of the configuration, as JSON.
    threads
        Threads that read files.
    """
    from transect.tiles.build import build_index

    config = parse_settings(TilesConfig, settings)
    with timed(f"index of {folder} (recipe {RECIPES['index']})"):
        found = build_index(folder, config, threads)
        found.save(output)
    logger.info(
        "%d tiles of %d x %d px at %g nm, channels %s; %d quarantined, %d gaps",
        len(found.tiles), found.tile_shape[1], found.tile_shape[0], found.pixel_nm,
        ", ".join(found.channels), len(found.quarantined), len(found.gaps),
    )  # fmt: skip
    if fields := {detail.detail for detail in found.details}:
        logger.info("%d fields of detail, in %d images", len(fields), len(found.details))
    for left_out in found.quarantined:
        logger.warning("quarantined %s: %s", left_out.file, left_out.reason)
    if found.gaps:
        logger.warning("no tile at %s", ", ".join(gap.tile for gap in found.gaps[:20]))


def check(*, tiles: Path, folder: Path, output: Path, threads: int = 1) -> None:
    """Look at every tile: readable, focus, noise, saturation, charging, curtaining.

    Parameters
    ----------
    tiles
        Index, `tiles.json`.
    folder
        Raw folder of the section.
    output
        Table to write, `tiles.parquet`.
    threads
        Threads to work with.
    """
    from transect.storage.tables import write_table
    from transect.tiles.check import check_tiles
    from transect.tiles.tables import TILES

    found = TileIndex.load(tiles)
    with timed(f"checks of {len(found.tiles)} tiles (recipe {RECIPES['check']})"):
        frame = check_tiles(folder, found, threads)
        facts = {"px_um": repr(found.px_um), "recipe": str(RECIPES["check"])}
        write_table(output, frame, TILES, facts | {"tiles_digest": found.digest})


def shading(*, tiles: Path, checks: Path, folder: Path, output: Path, threads: int = 1) -> None:
    """Estimate how the detector's brightness varies over the field, per channel.

    Parameters
    ----------
    tiles
        Index, `tiles.json`.
    checks
        Table of tiles, `tiles.parquet`.
    folder
        Raw folder of the section.
    output
        Arrays to write, `shading.npz`.
    threads
        Threads to work with.
    """
    from transect.storage.tables import read_table
    from transect.tiles.fields import shading_arrays
    from transect.tiles.npz import write_npz
    from transect.tiles.shading import estimate_shading
    from transect.tiles.tables import TILES

    found = TileIndex.load(tiles)
    frame = read_table(checks, TILES)
    with timed(f"shading from {len(found.tiles)} tiles (recipe {RECIPES['shading']})"):
        estimates = [
            estimate_shading(folder, found, frame, channel, threads) for channel in found.channels
        ]
        write_npz(output, shading_arrays(estimates))
