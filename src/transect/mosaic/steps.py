"""Commands of the mosaic stage: register, fuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from transect.config import FusionConfig, MosaicConfig, parse_settings
from transect.errors import ConfigError, StorageError
from transect.log import logger, timed
from transect.mosaic.frames import positions_facts, positions_frame, seams_frame, section_of
from transect.mosaic.fuse import Detector, Fusion, Scene, write_mosaic
from transect.mosaic.register import Registration, register_tiles
from transect.mosaic.strips import Image
from transect.mosaic.tables import POSITIONS, SEAMS
from transect.mosaic.waves import Shading
from transect.parallel import MOSAIC_SHARD
from transect.recipes import RECIPES
from transect.storage.digests import digest_file
from transect.storage.stores import new_store
from transect.storage.tables import read_metadata, read_table, write_table
from transect.tiles.index import TileIndex
from transect.tiles.read import read_tile
from transect.tiles.shading import read_shading
from transect.tiles.tables import TILES


def register(
    *,
    tiles: Path,
    checks: Path,
    shading: Path,
    folder: Path,
    positions: Path,
    seams: Path,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Measure the shift of every pair of neighbours and solve for all positions at once.

    Parameters
    ----------
    tiles
        Index, `tiles.json`.
    checks
        Table of tiles, `tiles.parquet`.
    shading
        Flat fields, `shading.npz`.
    folder
        Raw folder of the section.
    positions
        Table to write: where every tile lies.
    seams
        Table to write: what every pair showed.
    settings
        The `mosaic` part of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(MosaicConfig, settings)
    index = TileIndex.load(tiles)
    channel = _channel(config, index)
    section = section_of(index, read_table(checks, TILES), channel)
    number = index.channels.index(channel)
    field = read_shading(shading)[number]
    with timed(f"register {len(section.tiles)} tiles (recipe {RECIPES['register']})"):
        found = register_tiles(
            lambda tile: read_tile(folder, index, section.tiles[tile]),
            section.layout,
            config.max_shift_px,
            Shading(_uneven(field.gain), field.offset),
            threads,
            config.null_draws,
        )
    _tell(found)
    frame = positions_frame(section, found)
    if not config.level_brightness:
        frame = frame.assign(gain=1.0, offset=0.0)
    facts = positions_facts(index, section, found) | {
        "channel": channel,
        "recipe": str(RECIPES["register"]),
    }
    write_table(positions, frame, POSITIONS, facts)
    write_table(seams, seams_frame(section.layout, found), SEAMS, {"px_um": repr(index.px_um)})


def fuse(
    *,
    tiles: Path,
    positions: Path,
    shading: Path,
    folder: Path,
    output: Path,
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
    shading
        Flat fields, `shading.npz`.
    folder
        Raw folder of the section.
    output
        Store to write, `mosaic.zarr`.
    settings
        The `fusion` part of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(FusionConfig, settings)
    index = TileIndex.load(tiles)
    scene, facts = _scene(index, positions, shading, config)
    names = list(read_table(positions, POSITIONS)["tile"])
    entries = {(index.channels.index(t.channel), t.tile): t for t in index.tiles}

    def read(key: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        return read_tile(folder, index, entries[key[0], names[key[1]]])

    shape = int(facts["mosaic_rows"]), int(facts["mosaic_cols"])
    inputs = {path.name: digest_file(path) for path in (tiles, positions, shading)}
    fusion = Fusion(scene, read)
    with (
        timed(f"fuse {len(names)} tiles to {shape[1]} x {shape[0]} px (recipe {RECIPES['fuse']})"),
        new_store(output, recipe=RECIPES["fuse"], inputs=inputs) as store,
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
            "labels/valid", shape, "uint8", index.px_um, kind="labels", shard=MOSAIC_SHARD
        )
        seen = write_mosaic(fusion, image, mask, threads)
    logger.info(
        "%.1f %% of the mosaic was recorded; %d tiles decoded %d times",
        100 * seen / (shape[0] * shape[1]), len(names), fusion.cache.decoded,
    )  # fmt: skip


def _channel(config: MosaicConfig, index: TileIndex) -> str:
    channel = config.channel or index.channels[0]
    if channel not in index.channels:
        raise ConfigError(
            f"mosaic.channel: {channel} was not recorded; channels are {', '.join(index.channels)}"
        )
    return channel


def _uneven(gain: Image) -> Image | None:
    """Flat field, or none where it is 1 everywhere: then pixels stay exactly as they are."""
    return None if (gain == 1).all() else gain


def _scene(
    index: TileIndex, positions: Path, shading: Path, config: FusionConfig
) -> tuple[Scene, dict[str, str]]:
    frame, facts = read_table(positions, POSITIONS), read_metadata(positions)
    names = frame["tile"].tolist()
    there = {(t.channel, t.tile) for t in index.tiles}
    missing = [name for name in names if (facts.get("channel", ""), name) not in there]
    if missing:
        raise StorageError(
            f"{positions}: tile {missing[0]} is not in the index of tiles;"
            " run `transect register` again"
        )
    detectors = []
    for channel, field in zip(index.channels, read_shading(shading), strict=True):
        own = channel == facts["channel"]
        ones, zeros = np.ones(len(frame)), np.zeros(len(frame))
        detectors.append(
            Detector(
                _uneven(field.gain),
                field.offset,
                frame["gain"].to_numpy() if own else ones,
                frame["offset"].to_numpy() if own else zeros,
                np.array([(channel, name) in there for name in names]),
                np.zeros((len(frame), 2)),
            )
        )
    scene = Scene(
        frame[["x_px", "y_px"]].to_numpy(),
        index.tile_shape,
        float(config.feather_px),
        tuple(detectors),
        np.dtype(index.dtype),
    )
    return scene, facts


def _tell(found: Registration) -> None:
    seams = found.seams
    logger.info(
        "%d of %d pairs accepted, rotation %.3f degrees, stage error %.1f px",
        seams.accepted.sum(), len(seams.pairs), found.placement.model.rotation_deg,
        found.placement.model.error_px,
    )  # fmt: skip
    by_stage = int((~found.by_pairs).sum())
    if by_stage:
        logger.warning(
            "%d of %d tiles are placed by the stage alone: no pair of theirs is certain",
            by_stage, len(found.by_pairs),
        )  # fmt: skip
    parts = int(found.component[found.by_pairs].max(initial=0)) + 1
    if parts > 1:
        logger.warning("the mosaic has %d parts that only the stage ties together", parts)
