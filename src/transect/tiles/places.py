"""The place of every tile: its centre in um, its row and column, its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from transect.config import TilesConfig
from transect.errors import InputError
from transect.tiles.grid import gaps, rows_and_columns
from transect.tiles.index import Gap, Tile, tile_name
from transect.tiles.readers import Found, Scan

BACKSCATTERED = re.compile(r"bse|bsd|backscatter|compo|\b(asb|esb|cbs|dbs|abs)\b", re.IGNORECASE)
"""Names that vendors give to detectors of backscattered electrons."""

DUPLICATE_STEP = 0.25
"""Two tiles of one cell that are nearer than this share of a step show the same field."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def centred(found: Found, rows: int, config: TilesConfig) -> Found:
    """Give a tile its centre in um, whatever its place was given as.

    Parameters
    ----------
    found
        Tile as its reader found it.
    rows
        Rows of specimen.
    config
        Pixel size, where set, and the overlap of tiles whose row and column alone are known.
    """
    pixel_um = (config.pixel_nm or found.pixel_nm or 0.0) / 1000
    columns = found.header.shape[1]
    if found.corner_px is not None:
        x, y = found.corner_px
        centre = ((x + columns / 2) * pixel_um, (y + rows / 2) * pixel_um)
    elif found.cell is not None:
        step = 1.0 - config.overlap
        row, column = found.cell
        centre = ((column * step + 0.5) * columns * pixel_um, (row * step + 0.5) * rows * pixel_um)
    else:
        return found
    return replace(found, centre_um=centre)


def place_tiles(
    scan: Scan, shape: tuple[int, int], pixel_nm: float
) -> tuple[list[Tile], list[Gap]]:
    """Give every tile its row, column and name, in row-major order.

    A second tile of one field is left out, into the scan's quarantine.

    Parameters
    ----------
    scan
        Tiles with their centres.
    shape
        Rows and columns of a tile.
    pixel_nm
        Pixel size in nm.

    Returns
    -------
    tiles
        Without digests.
    gaps
        Places of the grid without a tile.
    """
    size_um = (shape[1] * pixel_nm / 1000, shape[0] * pixel_nm / 1000)
    centres = np.array([f.centre_um for f in scan.found], dtype=np.float64)
    cells, steps = _cells(scan.found, centres, size_um)
    order = sorted(range(len(cells)), key=lambda i: (*cells[i], scan.found[i].file))
    tiles: list[Tile] = []
    held: dict[tuple[int, int, str], list[int]] = {}
    for i in order:
        found, cell = scan.found[i], (int(cells[i, 0]), int(cells[i, 1]))
        channel = channel_name(found.channel)
        others = held.setdefault((*cell, channel), [])
        apart = (centres[others] - centres[i]) @ np.linalg.inv(steps)
        same = np.flatnonzero(np.abs(apart).max(axis=1, initial=0) < DUPLICATE_STEP)
        if len(same):
            first = others[int(same[0])]
            away = float(np.hypot(*(centres[first] - centres[i])))
            scan.reject(found.file, _duplicate(found, scan.found[first].file, away))
            continue
        others.append(i)
        tiles.append(_tile(found, channel, cell, len(others)))
    empty = gaps(np.array([(t.row, t.column) for t in tiles], dtype=np.int64))
    return tiles, [Gap(tile=tile_name(r, c), row=r, column=c) for r, c in empty]


def _cells(
    found: Sequence[Found], centres: Floats, size_um: tuple[float, float]
) -> tuple[Ints, Floats]:
    """Rows and columns, and the steps between them in um."""
    if any(f.cell is None for f in found):
        return rows_and_columns(centres, size_um)
    cells = np.array([f.cell for f in found], dtype=np.int64)
    return cells - cells.min(axis=0), np.diag(size_um)


def _tile(found: Found, channel: str, cell: tuple[int, int], number: int) -> Tile:
    x, y = found.centre_um or (0.0, 0.0)
    return Tile(
        # Off a regular grid two fields may share a cell; the second one gets a number.
        tile=tile_name(*cell) + ("" if number == 1 else f"-{number}"),
        file=found.file,
        channel=channel,
        row=cell[0],
        column=cell[1],
        stage_x_um=round(x, 6),
        stage_y_um=round(y, 6),
        digest="",
        page=found.page,
    )


def _duplicate(found: Found, first: str, away_um: float) -> str:
    if found.cell is not None:
        return f"same row and column as {first}"
    return f"same stage position as {first} ({away_um:.2f} um apart)"


def channel_name(recorded: str) -> str:
    """Name of a channel as it is used everywhere: letters, digits and a few marks."""
    name = re.sub(r"[^A-Za-z0-9 _.+-]+", " ", recorded)
    return " ".join(name.split())[:40] or "grey"


def ordered_channels(names: Collection[str], measured: str | None) -> tuple[str, ...]:
    """Detectors, the one that is measured first: it is what a mosaic shows before any other.

    Raises
    ------
    InputError
        The detector that is to be measured was not recorded.
    """
    first = None if measured is None else channel_name(measured)
    if first is not None and first not in names:
        raise InputError(
            f"tiles.detector: {measured} was not recorded; detectors are {', '.join(sorted(names))}"
        )

    def rank(name: str) -> tuple[bool, bool, str]:
        return name != first, BACKSCATTERED.search(name) is None, name

    return tuple(sorted(names, key=rank))
