"""Register a section: the command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transect.config import MosaicConfig, parse_settings
from transect.log import logger, timed
from transect.mosaic.align.register import Registration
from transect.mosaic.bending.distort import as_fact
from transect.mosaic.bending.register import register_straight
from transect.mosaic.bending.straight import bent_columns
from transect.mosaic.detectors.channels import channels_of
from transect.mosaic.detectors.combine import Effort
from transect.mosaic.detectors.register import (
    BEST,
    levels_frame,
    register_detectors,
    wanted_channels,
)
from transect.mosaic.faults.findings import SHOWN, Apart
from transect.mosaic.faults.verdict import refuse_turned, warn, words
from transect.mosaic.frames import positions_facts, positions_frame, seams_frame, section_of
from transect.mosaic.tables import LEVELS, POSITIONS, SEAMS
from transect.recipes import RECIPES
from transect.storage.tables import read_table, write_table
from transect.tiles.fields import read_shading
from transect.tiles.index import TileIndex
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
    _tell(found, section.layout.names)
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


def _tell(found: Registration, names: Sequence[str]) -> None:
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
    _tell_unchecked(found, names)
    parts = int(found.component[found.by_pairs].max(initial=0)) + 1
    if parts > 1:
        logger.warning("the mosaic has %d parts that only the stage ties together", parts)


def _tell_unchecked(found: Registration, names: Sequence[str]) -> None:
    loose = found.unchecked_tiles
    if not len(loose):
        return
    shown = ", ".join(names[n] for n in loose[:SHOWN])
    more = f" and {len(loose) - SHOWN} more" if len(loose) > SHOWN else ""
    logger.warning(
        "%d of %d tiles hang on seams that no loop of seams checks, a wrong one would not show:"
        " %s%s",
        len(loose), len(names), shown, more,
    )  # fmt: skip
