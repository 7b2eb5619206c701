"""Images of several pixel sizes in one folder: which make the mosaic, and which show detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.config import TilesConfig
from transect.errors import InputError
from transect.near import pairs_within
from transect.tiles.index import Detail, Tile
from transect.tiles.places import centred, channel_name
from transect.tiles.readers import Found, Scan

ALIKE = 2e-3
"""Pixel sizes that differ by less than this share are the same, written with other digits."""

FINER = 0.7
"""Images whose pixels are at most this share of the overview's are fields of detail; sizes between
are a wrong magnification, of which neither mosaic nor detail can be made."""

SAME_FIELD = 0.05
"""Images whose centres are nearer than this share of their size show the same field."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Finer:
    """An image with finer pixels than the tiles', its true pixel size and its rows of specimen."""

    found: Found
    pixel_nm: float
    rows: int

    @property
    def size_um(self) -> Floats:
        """Width and height."""
        columns = self.found.header.shape[1]
        return np.array([columns, self.rows]) * self.pixel_nm / 1000

    @property
    def centre_um(self) -> Floats:
        """Centre by the stage, x and y."""
        return np.array(self.found.centre_um, dtype=np.float64)


def split_overview(scan: Scan, config: TilesConfig) -> list[Found]:
    """Keep the images that make the mosaic in the scan, and give those that are finer.

    The mosaic's pixel size is the one whose images cover the largest area, where images that touch
    another of their pixel size count first: a survey picture of the whole section covers more than
    all its tiles, but stands alone. All other images that are not finer are quarantined.

    Raises
    ------
    InputError
        No image has the pixel size that `tiles.overview_nm` asks for.
    """
    sizes = _sizes(scan.found)
    if config.overview_nm is None and len(sizes) < 2:
        return []
    overview = _overview(scan.found, sizes, config)
    kept, finer = [], []
    for found in scan.found:
        if not found.pixel_nm or abs(found.pixel_nm / overview - 1) < ALIKE:
            kept.append(found)
        elif found.pixel_nm <= FINER * overview:
            finer.append(found)
        else:
            reason = f"pixel size {found.pixel_nm:g} nm, the other tiles have {overview:g} nm"
            scan.reject(found.file, reason)
    scan.found = kept
    return finer


def _sizes(found: Sequence[Found]) -> list[float]:
    """List the recorded pixel sizes, each once, in the order of the images."""
    sizes: list[float] = []
    for size in (f.pixel_nm for f in found if f.pixel_nm):
        if all(abs(size / known - 1) >= ALIKE for known in sizes):
            sizes.append(size)
    return sizes


def _overview(found: Sequence[Found], sizes: Sequence[float], config: TilesConfig) -> float:
    if config.overview_nm is not None:
        chosen = [s for s in sizes if abs(s / config.overview_nm - 1) < ALIKE]
        if not chosen:
            there = ", ".join(f"{s:g}" for s in sorted(sizes)) or "none recorded"
            raise InputError(
                f"tiles.overview_nm is {config.overview_nm:g}, but no image has this pixel size;"
                f" there are {there} nm"
            )
        return chosen[0]

    def area(size: float) -> tuple[float, float]:
        mine = [f for f in found if f.pixel_nm and abs(f.pixel_nm / size - 1) < ALIKE]
        areas = np.array([np.prod(f.header.shape, dtype=np.float64) for f in mine]) * size**2
        return float(areas[_touches(mine, config)].sum()), float(areas.sum())

    return max(sizes, key=area)


def _touches(found: Sequence[Found], config: TilesConfig) -> npt.NDArray[np.bool_]:
    """Images that overlap or border on another one of another field."""
    centres = np.array([centred(f, f.header.shape[0], config).centre_um for f in found])
    size = np.array([f.header.shape[::-1] for f in found], dtype=np.float64).max(axis=0)
    scaled = centres / (size * (found[0].pixel_nm or 1.0) / 1000)
    pairs = pairs_within(scaled, float(np.sqrt(2)))
    apart = np.abs(scaled[pairs[:, 1]] - scaled[pairs[:, 0]]).max(axis=1)
    touches = np.zeros(len(found), dtype=np.bool_)
    touches[pairs[(apart > SAME_FIELD) & (apart <= 1.0)]] = True
    return touches


def place_details(
    scan: Scan, finer: Sequence[Finer], tiles: Sequence[Tile], tile_um: tuple[float, float]
) -> list[Detail]:
    """Name the fields of detail; what has no place in the section goes into the quarantine.

    Images that a field is recorded in, one for each detector, share its name. A detail that was
    itself recorded as a grid of images is as many fields.

    Parameters
    ----------
    scan
        Whose quarantine it is.
    finer
        Images with finer pixels than the tiles'.
    tiles
        Tiles of the overview.
    tile_um
        Width and height of a tile.

    Returns
    -------
    Without digests, in the order of their places along the section.
    """
    centres = np.array([(tile.stage_x_um, tile.stage_y_um) for tile in tiles])
    inside = [one for one in finer if _inside(scan, one, centres, tile_um)]
    inside.sort(key=lambda one: (*one.centre_um, one.pixel_nm, one.found.file))
    fields: list[list[Finer]] = []
    for one in inside:
        mine = next((field for field in fields if _same_field(field[0], one)), None)
        if mine is None:
            fields.append([one])
            continue
        channel = channel_name(one.found.channel)
        first = next((o for o in mine if channel_name(o.found.channel) == channel), None)
        if first is None:
            mine.append(one)
        else:
            scan.reject(one.found.file, f"same field of detail as {first.found.file}")
    return [
        _entry(f"d{number:02d}", one)
        for number, field in enumerate(fields)
        for one in sorted(field, key=lambda one: channel_name(one.found.channel))
    ]


def _inside(scan: Scan, one: Finer, centres: Floats, tile_um: tuple[float, float]) -> bool:
    """Whether a field touches a tile; where not, it is quarantined."""
    pixels = f"pixels of {one.pixel_nm:g} nm are a field of detail"
    if one.found.cell is not None or one.found.centre_um is None:
        scan.reject(one.found.file, f"{pixels}, but it has no stage position to place it by")
        return False
    apart = np.abs(centres - one.centre_um) - (one.size_um + np.array(tile_um)) / 2
    away = float(np.hypot(*np.maximum(apart, 0.0).T).min())
    if away > 0:
        scan.reject(
            one.found.file,
            f"{pixels}, but it lies outside the section: {away:.3g} um from the nearest tile",
        )
    return away == 0


def _same_field(a: Finer, b: Finer) -> bool:
    """Whether two images can be channels of one field: alike in all but the detector."""
    like = (
        a.rows == b.rows
        and a.found.header.shape == b.found.header.shape
        and a.found.header.dtype == b.found.header.dtype
        and abs(a.pixel_nm / b.pixel_nm - 1) < ALIKE
    )
    apart = np.abs(a.centre_um - b.centre_um) / a.size_um
    return bool(like and apart.max() < SAME_FIELD)


def _entry(name: str, one: Finer) -> Detail:
    found = one.found
    x, y = (float(n) for n in one.centre_um)
    return Detail(
        detail=name,
        file=found.file,
        channel=channel_name(found.channel),
        pixel_nm=one.pixel_nm,
        shape=(one.rows, found.header.shape[1]),
        recorded_shape=found.header.shape,
        dtype=found.header.dtype,
        stage_x_um=round(x, 6),
        stage_y_um=round(y, 6),
        digest="",
        page=found.page,
    )
