"""Fuse a section: the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from transect.config import FusionConfig, parse_settings
from transect.log import logger, timed
from transect.mosaic.bending.straight import bending_of, straight_scene
from transect.mosaic.fusion.fuse import Fusion, write_mosaic
from transect.mosaic.fusion.load import scene_of
from transect.mosaic.tables import POSITIONS
from transect.parallel import MOSAIC_SHARD
from transect.recipes import RECIPES
from transect.storage.digests import digest_file, digest_json
from transect.storage.stores import new_store
from transect.storage.tables import read_metadata, read_table
from transect.tiles.clean import Wanted, cleaned, wanted
from transect.tiles.index import TileIndex
from transect.tiles.read import read_tile
from transect.tiles.tables import TILES


def fuse(
    *,
    tiles: Path,
    positions: Path,
    levels: Path,
    shading: Path,
    folder: Path,
    output: Path,
    checks: Path | None = None,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Blend the placed tiles into one sharded pyramid, with a mask of what was recorded.

    Parameters
    ----------
    tiles
        Index, `tiles.json`.
    positions
        Where every tile lies.
    levels
        Brightness and place of every tile in each detector.
    shading
        Flat fields, `shading.npz`.
    folder
        Raw folder of the section.
    output
        Store to write, `mosaic.zarr`.
    checks
        Table of tiles, `tiles.parquet`: which have curtains or charging to take off; none where it
        is not given.
    settings
        The `fusion` part of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(FusionConfig, settings)
    index = TileIndex.load(tiles)
    scene, names = scene_of(index, positions, levels, shading, config)
    facts = read_metadata(positions)
    entries = {(index.channels.index(t.channel), t.tile): t for t in index.tiles}
    what = wanted(read_table(checks, TILES), config) if checks is not None else {}

    def read(key: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        place = index.channels[key[0]], names[key[1]]
        tile = read_tile(folder, index, entries[key[0], place[1]])
        return cleaned(tile, scene.detectors[key[0]].shading, what.get(place, Wanted()))

    shape = int(facts["mosaic_rows"]), int(facts["mosaic_cols"])
    inputs = {path.name: digest_file(path) for path in (tiles, positions, levels, shading)}
    if checks is not None:
        inputs[checks.name] = digest_file(checks)
    inputs["settings"] = digest_json(config.model_dump(mode="json"))
    bending = bending_of(read_table(positions, POSITIONS), facts["distortion"], index.tile_shape)
    fusion = Fusion(*straight_scene(scene, read, bending), cuts=config.blend == "seam")
    with (
        timed(f"fuse {len(names)} tiles to {shape[1]} x {shape[0]} px (recipe {RECIPES['fuse']})"),
        new_store(output, recipe=RECIPES["fuse"], inputs=inputs, resume=True) as store,
    ):
        image = store.image(
            "",
            (len(index.channels), *shape),
            index.dtype,
            index.px_um,
            shard=MOSAIC_SHARD,
            channels=index.channels,
        )
        mask = store.image(
            "labels/valid",
            (len(index.channels), *shape),
            "uint8",
            index.px_um,
            kind="labels",
            shard=MOSAIC_SHARD,
        )
        seen = write_mosaic(fusion, image, mask, threads)
    logger.info(
        "%.1f %% of the mosaic was recorded; %d tiles decoded %d times",
        100 * seen / (shape[0] * shape[1]), len(names), fusion.cache.decoded,
    )  # fmt: skip
