"""Commands of the mosaic stage: register, fuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from transect.config import FusionConfig, MosaicConfig, parse_settings
from transect.log import logger, timed
from transect.mosaic.channels import channels_of
from transect.mosaic.combine import Effort
from transect.mosaic.detectors import BEST, levels_frame, register_detectors, wanted_channels
from transect.mosaic.distort import as_fact
from transect.mosaic.findings import Apart
from transect.mosaic.frames import positions_facts, positions_frame, seams_frame, section_of
from transect.mosaic.fuse import Fusion, write_mosaic
from transect.mosaic.register import Registration
from transect.mosaic.scene import scene_of
from transect.mosaic.straight import bending_of, bent_columns, register_straight, straight_scene
from transect.mosaic.tables import LEVELS, POSITIONS, SEAMS
from transect.mosaic.verdict import refuse_turned, warn, words
from transect.parallel import MOSAIC_SHARD
from transect.recipes import RECIPES
from transect.storage.digests import digest_file, digest_json
from transect.storage.stores import new_store
from transect.storage.tables import read_metadata, read_table, write_table
from transect.tiles.clean import Wanted, cleaned, wanted
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
    levels: Path,
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
    levels
        Table to write: brightness and place of every tile in each detector.
    settings
        The `mosaic` part of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(MosaicConfig, settings)
    index = TileIndex.load(tiles)
    wanted, fields = wanted_channels(config, index), read_shading(shading)
    section = section_of(index, read_table(checks, TILES), wanted)
    channels = channels_of(folder, index, read_table(checks, TILES), section, fields)
    effort = Effort(config.max_shift_px, config.null_draws, threads)
    with timed(f"register {len(section.tiles)} tiles (recipe {RECIPES['register']})"):
        recorded, layout, bending = register_straight(
            lambda some, laid: register_detectors(
                some, wanted, config.channel == BEST, laid, effort
            ),
            channels,
            section.layout,
        )
        refuse_turned(recorded.found.findings, folder, index.stage)
        bright = levels_frame(recorded, layout, config.level_brightness, threads)
    found = recorded.found
    _tell(found)
    warn(words(found.findings, section.tiles, section.layout.shape))
    facts = positions_facts(index, section, found) | {
        "channel": ", ".join(recorded.registered),
        "distortion": as_fact(None if bending is None else bending.shared),
        "recipe": str(RECIPES["register"]),
    }
    places = positions_frame(section, found)
    places = places.assign(**bent_columns(bending, len(places)))
    write_table(positions, places, POSITIONS, facts)
    rows = seams_frame(section.layout, found, recorded.proved.tolist())
    write_table(seams, rows, SEAMS, {"px_um": repr(index.px_um)})
    write_table(levels, bright, LEVELS, {"reference": recorded.registered[0]})


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
    fusion = Fusion(*straight_scene(scene, read, bending))
    if config.blend == "seam":
        fusion.cut(threads)
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


def _tell(found: Registration) -> None:
    seams = found.seams
    logger.info(
        "%d of %d pairs accepted, rotation %.3f degrees, stage error %.1f px",
        seams.accepted.sum(), len(seams.pairs), found.placement.model.rotation_deg,
        found.placement.model.error_px,
    )  # fmt: skip
    left_out = len(found.faults)
    by_stage = int((~found.by_pairs).sum()) - left_out
    # Where nothing overlaps, that says it all.
    if by_stage > 0 and not any(isinstance(f, Apart) for f in found.findings):
        logger.warning(
            "%d of %d tiles are placed by the stage alone: no pair of theirs is certain",
            by_stage, len(found.by_pairs),
        )  # fmt: skip
    if left_out:
        logger.warning("%d tiles are left out of the mosaic", left_out)
    parts = int(found.component[found.by_pairs].max(initial=0)) + 1
    if parts > 1:
        logger.warning("the mosaic has %d parts that only the stage ties together", parts)
