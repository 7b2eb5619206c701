"""Fields of detail: where each lies in the mosaic, how good it is, and its pixels in a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transect.config import MosaicConfig
from transect.mosaic.align.unrelated import threshold
from transect.mosaic.details.locate import Sight, look, verdict, window_px
from transect.mosaic.details.overview import Overview
from transect.mosaic.details.warp import Similarity
from transect.mosaic.tables import DETAILS
from transect.parallel import run
from transect.tiles.index import Detail, TileIndex
from transect.tiles.pixels import Pixels, Unreadable
from transect.tiles.quality import Quality, judge_tile
from transect.tiles.read import load_detail

BLANK = "no contrast beyond the noise"
LEAST_DRAWS = 20

Picture = tuple[Detail, Quality | None, str]
"""One image of a field, its quality, and why it cannot be read."""


@dataclass(frozen=True)
class Seen:
    """A field that was looked at: its pictures, where the stage says it is, what the image says."""

    pictures: tuple[Picture, ...]
    start: Similarity
    error_px: float
    sight: Sight | None
    reason: str


def fields_of(index: TileIndex) -> list[list[Detail]]:
    """Give the images of each field, fields by name."""
    fields: dict[str, list[Detail]] = {}
    for detail in sorted(index.details, key=lambda d: (d.detail, d.channel)):
        fields.setdefault(detail.detail, []).append(detail)
    return list(fields.values())


def locate_details(
    folder: Path, index: TileIndex, overview: Overview, config: MosaicConfig, threads: int
) -> pd.DataFrame:
    """Find every field of detail in the mosaic.

    Parameters
    ----------
    folder
        Raw folder.
    index
        Index with fields of detail.
    overview
        The mosaic that they lie in.
    config
        How far and against how many unrelated pictures is searched.
    threads
        Threads to work with; the result is the same for any number.

    Returns
    -------
    One row per image, as `DETAILS` says.
    """
    fields = fields_of(index)
    draws = max(LEAST_DRAWS, -(-config.null_draws // len(fields)))

    def one(number: int) -> Seen:
        return _look(folder, index.px_um, fields[number], overview, config, draws, number)

    seen = list(run(one, range(len(fields)), threads, "details"))
    limit = threshold([score for s in seen if s.sight for score in s.sight.null])
    rows = [row for s in seen for row in _rows(s, limit, index.px_um)]
    return pd.DataFrame(rows, columns=DETAILS.names)


def _look(
    folder: Path,
    px_um: float,
    field: Sequence[Detail],
    overview: Overview,
    config: MosaicConfig,
    draws: int,
    seed: int,
) -> Seen:
    pictures, pixels = _read(folder, field)
    first = field[0]
    stage = np.array([first.stage_x_um, first.stage_y_um]) / px_um
    centre, error = overview.expected(stage)
    start = Similarity(centre, first.pixel_nm / 1000 / px_um)
    usable = [d.channel for d, quality, _ in pictures if quality and not quality.blank]
    if not usable:
        blank = any(quality for _, quality, _ in pictures)
        return Seen(pictures, start, error, None, BLANK if blank else "cannot be read")
    channel = overview.channel if overview.channel in usable else usable[0]
    radius = int(np.ceil(max(5 * error, config.max_shift_px, config.detail_shift_um / px_um)))
    shape = pixels[channel].shape
    window = overview.window(centre, window_px(shape, start.scale, radius), channel)
    sight = look(pixels[channel].astype(np.float32), window, start, radius, draws, seed)
    return Seen(pictures, start, error, sight, "")


def _read(folder: Path, field: Sequence[Detail]) -> tuple[tuple[Picture, ...], dict[str, Pixels]]:
    pictures: list[Picture] = []
    pixels: dict[str, Pixels] = {}
    for detail in field:
        try:
            pixels[detail.channel] = load_detail(folder, detail)
        except Unreadable as reason:
            pictures.append((detail, None, str(reason)))
            continue
        quality = judge_tile(pixels[detail.channel], detail.pixel_nm / 1000)
        pictures.append((detail, quality, ""))
    return tuple(pictures), pixels


def _rows(seen: Seen, limit: float, px_um: float) -> list[dict[str, Any]]:
    """Rows of a field: what all its images share, and the quality of each."""
    reason = seen.reason if seen.sight is None else verdict(seen.sight, limit)
    place = _by_stage(seen, px_um) if reason or not seen.sight else _by_image(seen.sight, px_um)
    rows = []
    for detail, quality, fault in seen.pictures:
        height, width = (n * place["pixel_nm_refined"] / 1000 for n in detail.shape)
        corner = place["centre_um"] - np.array([width, height]) / 2
        rows.append(
            {
                **{k: v for k, v in place.items() if k != "centre_um"},
                **_match(seen.sight, limit),
                "detail": detail.detail,
                "channel": detail.channel,
                "file": detail.file,
                "status": "quarantined" if not quality else "blank" if quality.blank else "ok",
                "pixel_nm": detail.pixel_nm,
                "x_um": corner[0],
                "y_um": corner[1],
                "width_um": width,
                "height_um": height,
                "reason": fault or reason,
                "focus_um": quality.focus_um if quality else np.nan,
                "noise_sd": quality.noise_sd if quality else np.nan,
            }
        )
    return rows


def _by_stage(seen: Seen, px_um: float) -> dict[str, Any]:
    return {
        "located_by": "stage",
        "centre_um": seen.start.centre * px_um,
        "pixel_nm_refined": seen.start.scale * px_um * 1000,
        "pixel_nm_se": np.nan,
        "rotation_deg": 0.0,
        "rotation_se_deg": np.nan,
        "se_um": seen.error_px * px_um,
        "dx_um": 0.0,
        "dy_um": 0.0,
    }


def _by_image(sight: Sight, px_um: float) -> dict[str, Any]:
    found, start = sight.aligned.place, sight.start
    pixel_nm = found.scale * px_um * 1000
    away = (found.centre - start.centre) * px_um
    return {
        "located_by": "image",
        "centre_um": found.centre * px_um,
        "pixel_nm_refined": pixel_nm,
        "pixel_nm_se": sight.aligned.se_scale * pixel_nm,
        "rotation_deg": float(np.degrees(found.turn)),
        "rotation_se_deg": float(np.degrees(sight.aligned.se_turn)),
        "se_um": sight.aligned.se_px * px_um,
        "dx_um": away[0],
        "dy_um": away[1],
    }


def _match(sight: Sight | None, limit: float) -> dict[str, float]:
    if sight is None or sight.best is None:
        return {"confidence": np.nan, "null_threshold": np.nan}
    samples = max(sight.best.samples - 3.0, 1e-6)
    return {"confidence": sight.best.ncc, "null_threshold": float(np.tanh(limit / samples**0.5))}
