"""Detectors of a section: what each recorded of the fields of view, and how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from transect.mosaic.align.waves import Reader, Shading
from transect.mosaic.frames import SEEN, Section
from transect.mosaic.layout import Bools
from transect.tiles.fields import Shading as Field
from transect.tiles.fields import uneven
from transect.tiles.index import TileIndex
from transect.tiles.read import read_tile

NO_IMAGE = "no readable image"


@dataclass(frozen=True)
class Channel:
    """One detector: its tiles by their number in the layout.

    Attributes
    ----------
    name
        As in the index.
    read
        Gives the raw pixels of a tile.
    shading
        Flat field.
    present, textured
        Tiles that can be read, and those of them that show something.
    reason
        Why a tile is not present; "" where it is.
    """

    name: str
    read: Reader
    shading: Shading
    present: Bools
    textured: Bools
    reason: tuple[str, ...]


def channels_of(
    folder: Path,
    index: TileIndex,
    checks: pd.DataFrame,
    section: Section,
    fields: Sequence[Field],
) -> list[Channel]:
    """All detectors, in the order of the index.

    Parameters
    ----------
    folder
        Raw folder.
    index
        Index of the tiles.
    checks
        Table of the checks.
    section
        The fields of view.
    fields
        Flat field of every channel.
    """
    rows = checks[checks["tile"] != ""]
    keys = zip(rows["channel"], rows["tile"], strict=True)
    said = dict(zip(keys, zip(rows["status"], rows["reason"], strict=True), strict=True))
    entries = {(t.channel, t.tile): t for t in index.tiles}

    def one(name: str, field: Field) -> Channel:
        keys = [(name, tile) for tile in section.layout.names]
        states = [said.get(key, ("", NO_IMAGE)) for key in keys]
        there = {n: entries[key] for n, key in enumerate(keys) if states[n][0] in SEEN}
        return Channel(
            name,
            lambda number: read_tile(folder, index, there[number]),
            Shading(uneven(field.gain), field.offset),
            np.array([n in there for n in range(len(keys))], dtype=np.bool_),
            np.array([status == "ok" for status, _ in states], dtype=np.bool_),
            tuple("" if n in there else str(why) for n, (_, why) in enumerate(states)),
        )

    return [one(name, field) for name, field in zip(index.channels, fields, strict=True)]
