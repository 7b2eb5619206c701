"""Every detector of a section: which of them register it, where they lie, how bright they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from transect.config import MosaicConfig
from transect.errors import ConfigError
from transect.log import logger, timed
from transect.mosaic.align.brightness import Brightness, correct_brightness
from transect.mosaic.align.looks import Looker, Seams, Texts, stage_from_pairs
from transect.mosaic.align.register import Registration, settle
from transect.mosaic.align.solve import Graph
from transect.mosaic.detectors.channels import Channel
from transect.mosaic.detectors.combine import Effort, best_channel, combine, provers, seen_by
from transect.mosaic.detectors.mutual import Mutual, mutual_shift, unmoved
from transect.mosaic.detectors.overlaps import overlap_greys
from transect.mosaic.faults.diagnose import Diagnosis, diagnose, until_it_fits
from transect.mosaic.layout import Bools, Floats, Layout, neighbours
from transect.tiles.index import TileIndex

BEST, ALL = "best", "all"

FAR_PX = 20.0
"""Detectors of one microscope that lie further apart than this call for a look."""

UNEVEN_PX = 2.0
"""The same for tiles of one detector that lie differently against the other."""


@dataclass(frozen=True)
class Recorded:
    """What registration learned of all detectors.

    Attributes
    ----------
    channels
        The detectors, in the order of the index.
    registered
        Names of those that the positions come from; the first is what the others are compared
        with.
    found
        Positions, and the seams that they come from.
    proved
        Detectors that prove each seam.
    mutual
        Shift of each detector against the first that registered.
    seen
        Seams of each detector that registered, by name.
    """

    channels: tuple[Channel, ...]
    registered: tuple[str, ...]
    found: Registration
    proved: Texts
    mutual: dict[str, Mutual]
    seen: dict[str, Seams]


def wanted_channels(config: MosaicConfig, index: TileIndex) -> tuple[str, ...]:
    """Detectors that may register: all of them for `best` and `all`.

    Raises
    ------
    ConfigError
        The detector that is asked for was not recorded.
    """
    if config.channel in (BEST, ALL):
        return index.channels
    channel = config.channel or index.channels[0]
    if channel not in index.channels:
        raise ConfigError(
            f"mosaic.channel: {channel} was not recorded; channels are"
            f" {', '.join(index.channels)}; or {BEST}, or {ALL}"
        )
    return (channel,)


def register_detectors(
    channels: Sequence[Channel], wanted: Sequence[str], best: bool, layout: Layout, effort: Effort
) -> Recorded:
    """Register a section by one of its detectors, by the best or by all.

    Parameters
    ----------
    channels
        All detectors.
    wanted
        Names of those that may register it.
    best
        Take the best of them alone.
    layout
        Fields of view by the stage.
    effort
        How far to search.
    """

    def once(laid: Layout) -> tuple[Recorded, Diagnosis]:
        return _register_once(channels, wanted, best, laid, effort)

    recorded, diagnosis = until_it_fits(once, layout)
    return replace(recorded, found=recorded.found.diagnosed(diagnosis))


def _register_once(
    channels: Sequence[Channel], wanted: Sequence[str], best: bool, layout: Layout, effort: Effort
) -> tuple[Recorded, Diagnosis]:
    pairs = neighbours(layout)
    able = [c for c in channels if c.name in wanted and c.present.any()]
    if best and len(able) > 1:
        able = [best_channel(able, layout, pairs, effort)]
        logger.info("%s registers the section", able[0].name)
    first = able[0]
    mutual = {c.name: _compared(first, c, layout, effort) for c in channels}
    seen = {c.name: seen_by(c, layout, pairs, effort) for c in able}
    looks, names = list(seen.values()), list(seen)
    merged, apart = combine(looks, [mutual[name] for name in names])
    if apart:
        logger.warning(
            "detectors disagree on %d of %d pairs; the surer one decides", apart, len(pairs)
        )
    model = stage_from_pairs(layout, merged)
    shown = replace(layout, usable=first.textured)
    looker = Looker(first.read, shown, pairs, first.shading, effort.threads, effort.draws)
    diagnosis = diagnose(looker, merged, model)
    found = settle(layout, merged, model)
    proved = np.where(found.seams.accepted, provers(looks, names), "")
    return Recorded(tuple(channels), tuple(names), found, proved, mutual, seen), diagnosis


def _compared(first: Channel, other: Channel, layout: Layout, effort: Effort) -> Mutual:
    if other.name == first.name:
        return unmoved(len(layout.names))
    both = first.textured & other.textured
    with timed(f"{other.name} against {first.name}"):
        found = mutual_shift(
            lambda n: (first.read(n), other.read(n)), both, effort.radius, effort.threads
        )
    _tell(found, first.name, other.name)
    return found


def _tell(found: Mutual, first: str, other: str) -> None:
    if not found.sure:
        logger.warning(
            "%s: in none of %d tiles are its edges surely those of %s; its images are taken to lie"
            " on them", other, found.measured, first,
        )  # fmt: skip
        return
    x, y = found.common
    logger.info(
        "%s lies %.2f, %.2f px off %s (se %.2f px, %d of %d tiles sure)",
        other, x, y, first, found.common_se.max(), found.sure, found.measured,
    )  # fmt: skip
    if np.hypot(x, y) > FAR_PX:
        logger.warning(
            "%s lies %.0f px off %s: were they recorded in two passes? Its images are moved",
            other, np.hypot(x, y), first,
        )  # fmt: skip
    if found.spread > UNEVEN_PX:
        logger.warning(
            "%s lies differently on %s from tile to tile (sd %.1f px): the %d tiles that are sure"
            " are moved each on its own", other, first, found.spread, found.sure,
        )  # fmt: skip


def levels_frame(recorded: Recorded, layout: Layout, level: bool, threads: int) -> pd.DataFrame:
    """Rows of `levels.parquet`: gain, offset and shift of every tile in every detector.

    Parameters
    ----------
    recorded
        The detectors and their registration.
    layout
        Fields of view.
    level
        Whether brightness steps between tiles are evened out.
    threads
        Threads to read with.
    """
    frames = []
    for channel in recorded.channels:
        gain, offset = np.ones(len(layout.names)), np.zeros(len(layout.names))
        if level:
            gain, offset = _levels(recorded, channel, layout, threads)
        mutual, there = recorded.mutual[channel.name], channel.present
        columns = {
            "gain": gain,
            "offset": offset,
            "shift_x_px": mutual.shift[:, 0],
            "shift_y_px": mutual.shift[:, 1],
            "shift_se_px": np.sqrt((mutual.se**2).mean(axis=1)),
        }
        frame = pd.DataFrame({name: np.where(there, v, np.nan) for name, v in columns.items()})
        names = {"tile": list(layout.names), "present": there, "reason": list(channel.reason)}
        frames.append(pd.concat([pd.DataFrame(names), frame], axis=1).assign(channel=channel.name))
    return pd.concat(frames, ignore_index=True)


def _levels(
    recorded: Recorded, channel: Channel, layout: Layout, threads: int
) -> tuple[Floats, Floats]:
    """Gain and offset of a detector, from what registration read or from the overlaps."""
    seams, place = recorded.found.seams, recorded.found.placement.positions
    pairs = seams.pairs
    greys: list[Brightness | None]
    same: Bools
    if channel.name in recorded.seen:
        own = recorded.seen[channel.name]
        greys = [own.results[n].greys if n in own.results else None for n in range(len(pairs))]
        same = seams.accepted & own.accepted
    else:
        at = place + recorded.mutual[channel.name].shift
        greys = overlap_greys(channel, layout, pairs, at, threads)
        tied, part = recorded.found.by_pairs, recorded.found.component
        same = tied[pairs.a] & tied[pairs.b] & (part[pairs.a] == part[pairs.b])
    left_out = np.isin(pairs.a, list(recorded.found.faults))
    left_out |= np.isin(pairs.b, list(recorded.found.faults))
    greys = [None if out else grey for out, grey in zip(left_out, greys, strict=True)]
    graph = Graph(len(layout.names), pairs.a, pairs.b)
    return correct_brightness(graph, pairs.axis, greys, same)
