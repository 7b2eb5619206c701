"""Fields of higher magnification: each as recorded, and where it lies in the overview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.parallel import Window
from transect.report.details import round_length
from transect.report.digits import length, short, written
from transect.report.images import grey_uri, stretch
from transect.report.inputs import Section, texts
from transect.report.viewer import limits_of
from transect.storage.images import Image

SHOWN = 24
"""Fields with pictures; the rest is in the table."""

PICTURE_PX, PLACE_PX = 720, 360
"""Longest side of the picture of a field, and of the overview around it."""

AROUND = 3.0
"""Width of what is shown of the overview, over that of the field."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """The overview around a field.

    `window` is what it shows and `outline` the field in it, in pixels of the mosaic.
    """

    picture: str
    window: Window
    outline: str


@dataclass(frozen=True)
class Magnified:
    """A field of detail; pictures that are not there are None or empty."""

    name: str
    facts: list[str]
    picture: str
    width_um: float
    height_um: float
    bar_um: float
    outline: str
    corner: tuple[float, float]
    place: Place | None


HEAD = ["Field", "Detector", "File", "Pixel", "Scale", "Rotation", "x", "y", "Error", "Placed by"]


def magnified(section: Section) -> list[Magnified]:
    """Fields of detail with a picture."""
    rows = section.tables["details"]
    fields = [(str(name), alike) for name, alike in rows.groupby("detail", sort=True)]
    return [_field(section, name, alike) for name, alike in fields[:SHOWN]]


def magnified_rows(section: Section) -> list[list[str]]:
    """Cells of the table of all fields, under `HEAD`."""
    return [_cells(row) for row in section.tables["details"].to_dict("records")]


def _cells(row: Mapping[Any, Any]) -> list[str]:
    value = {k: float(v) for k, v in row.items() if isinstance(v, (int, float))}
    by_image = row["located_by"] == "image"
    share = 100 * (value["pixel_nm_refined"] / value["pixel_nm"] - 1)
    measures = [
        f"{short(value['pixel_nm_refined'])} nm",
        f"{'+' if share > 0 else ''}{written(share, 2)} %" if by_image else "as recorded",
        f"{written(value['rotation_deg'], 2)}°" if by_image else "",
        f"{written(value['x_um'], 2)} µm",
        f"{written(value['y_um'], 2)} µm",
        length(value["se_um"]),
    ]
    return [
        *texts([row["detail"], row["channel"], row["file"]]),
        *(text.replace(" ", "\N{NO-BREAK SPACE}") for text in measures),
        "image" if by_image else f"stage: {row['reason']}",
    ]


def _field(section: Section, name: str, rows: pd.DataFrame) -> Magnified:
    first = rows.iloc[0]
    image = section.fields.get(name)
    width, height = float(first["width_um"]), float(first["height_um"])
    corners = _corners(first)
    px_um = 1.0 if section.mosaic is None else section.mosaic.px_um
    return Magnified(
        name,
        _facts(rows),
        "" if image is None else _picture(image),
        width,
        height,
        round_length(width / 4),
        _path(corners / px_um),
        (float(corners[:, 0].min() / px_um), float(corners[:, 1].min() / px_um)),
        _place(section.mosaic, corners, limits_of(section)) if section.mosaic else None,
    )


def _facts(rows: pd.DataFrame) -> list[str]:
    first = rows.iloc[0]
    facts = [f"{length(first['width_um'])} wide, {short(first['pixel_nm_refined'])} nm a pixel"]
    if first["located_by"] == "image":
        facts.append(f"found in the mosaic to {length(first['se_um'])}")
    else:
        reasons = [text for text in dict.fromkeys(texts(rows["reason"])) if text]
        facts.append(f"placed by the stage: {'; '.join(reasons)}")
    names = ", ".join(texts(rows["channel"]))
    return [*facts, names] if names else facts


def _corners(row: pd.Series) -> Floats:
    """Corners of a field in the mosaic, turned about its middle, shape (4, 2), in um."""
    half = np.array([row["width_um"], row["height_um"]], dtype=np.float64) / 2
    middle = np.array([row["x_um"], row["y_um"]], dtype=np.float64) + half
    turn = np.radians(float(row["rotation_deg"]))
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return np.asarray(middle + (signs * half) @ axes)


def _path(corners: Floats) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"


def _picture(image: Image) -> str:
    pixels = image.whole(image.level_near(PICTURE_PX))
    stride = -(-max(pixels.shape) // PICTURE_PX)
    pixels = pixels[::stride, ::stride]
    return grey_uri(pixels, stretch(pixels), 82)


def _place(mosaic: Image, corners: Floats, limits: tuple[float, float]) -> Place | None:
    """Show the overview around a field, from the level that has about the pixels to show."""
    spots = corners / mosaic.px_um
    middle, span = spots.mean(axis=0), np.ptp(spots, axis=0).max() * AROUND
    level = int(np.clip(np.floor(np.log2(max(span / PLACE_PX, 1.0))), 0, len(mosaic.arrays) - 1))
    step = 2**level
    most = np.array(mosaic.arrays[level].shape[:-3:-1])
    low = np.clip(np.floor((middle - span / 2) / step), 0, most).astype(np.int64)
    high = np.clip(np.ceil((middle + span / 2) / step), 0, most).astype(np.int64)
    if (high <= low).any():
        return None
    seen = Window(int(low[1]), int(high[1]), int(low[0]), int(high[0]))
    whole = Window(seen.row0 * step, seen.row1 * step, seen.col0 * step, seen.col1 * step)
    picture = grey_uri(mosaic.read(seen, level), limits, 82)
    return Place(picture, whole, _path(spots - low * step))
