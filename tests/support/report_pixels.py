"""Pixels of a made-up section: its layers, particles and cracks, and their stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from support.report_made import PX_UM, Made, fill
from transect.parallel import WINDOW
from transect.phases import COLORS, Phase
from transect.storage.stores import new_store
from transect.storage.tables import Column, Schema

_LINES = [
    f"{side}_{name}_px"
    for side in "ab"
    for name in ("base", "surface", "mean_surface", "separator_near", "separator_far")
]
LAYERS = Schema(
    "layers",
    1,
    "",
    (
        Column("column_px", "int64", "px", ""),
        *(Column(n, "float64", "px", "") for n in ("foil_top_px", "foil_bottom_px", *_LINES)),
    ),
)


def made_layers(made: Made) -> pd.DataFrame:
    x = np.arange(made.columns)
    middle, unit = made.rows / 2 + 6 * np.sin(x / 900), made.rows / 900
    gap = np.where((x % 2300 > 1500) & (x % 2300 < 1500 + made.columns / 14), 14.0 * unit, 0.0)
    if not made.foil:
        whole = np.full(made.columns, np.nan)
        return fill(
            LAYERS, made.columns, column_px=x, foil_top_px=whole,
            a_base_px=np.full(made.columns, float(made.rows)), a_surface_px=np.zeros(made.columns),
        )  # fmt: skip
    waves = 12 * np.sin(x / 310) + 7 * np.sin(x / 97)
    return fill(
        LAYERS, made.columns, column_px=x,
        foil_top_px=middle - 50 * unit, foil_bottom_px=middle + 50 * unit,
        a_base_px=middle - 50 * unit - gap, b_base_px=middle + 50 * unit,
        a_surface_px=middle - (370 + waves) * unit, b_surface_px=middle + (360 - waves) * unit,
    )  # fmt: skip


def made_pixels(made: Made, layers: pd.DataFrame, random: np.random.Generator) -> tuple[Any, ...]:
    shape = (made.rows, made.columns)
    rows = np.arange(made.rows)[:, None]
    phases = np.zeros(shape, np.uint8)
    for side, sign in (("a", 1), ("b", -1)):
        base, surface = (np.array(layers[f"{side}_{k}_px"]) for k in ("base", "surface"))
        phases[(sign * rows < sign * base) & (sign * rows >= sign * surface)] = Phase.BINDER
    foil = (rows >= np.array(layers["foil_top_px"])) & (rows < np.array(layers["foil_bottom_px"]))
    gap = (rows >= np.array(layers["a_base_px"])) & (rows < np.array(layers["foil_top_px"]))
    phases[gap], phases[foil] = Phase.GAP, Phase.COLLECTOR
    coating = phases == Phase.BINDER
    phases[coating & (cv2.GaussianBlur(random.random(shape), (0, 0), 4) > 0.515)] = Phase.PORE
    labels = np.zeros(shape, np.int32)
    spots = []
    for number in range(1, (shape[0] * shape[1]) // 4200 * made.particles + 1):
        spot = (int(random.integers(0, made.columns)), int(random.integers(0, made.rows)))
        radius = int(np.clip(random.lognormal(3.2, 0.45), 8, 80))
        if coating[spot[1], spot[0]] and not labels[spot[1], spot[0]]:
            cv2.circle(labels, spot, radius, number, -1)
            spots.append((number, *spot, radius))
    labels[~coating] = 0
    phases[labels > 0] = Phase.ACTIVE_MATERIAL
    for number, x, y, radius in spots:
        if number % 4 == 0:
            line = np.zeros(shape[:2], np.uint8)[: 2 * radius, : 2 * radius]
            cv2.line(line, (radius, radius), (2 * radius - 2, radius // 2), 1, 2)
            part = phases[y - radius : y + radius, x - radius : x + radius]
            if part.shape == line.shape:
                part[(line > 0) & (part == Phase.ACTIVE_MATERIAL)] = Phase.CRACK
    level = np.array([12, 150, 190, 70, 28, 60, 30, 30, 8], np.float32)[phases]
    if made.blank:
        level[:] = 12
    grain = cv2.GaussianBlur(random.normal(0, 40, shape).astype(np.float32), (0, 0), 3)
    level += np.where(labels > 0, grain * 2, 0) + random.normal(0, 9, shape)
    grey = np.clip(cv2.GaussianBlur(level, (0, 0), 0.8), 1, 255).astype(np.uint8)
    return grey, phases, labels.astype(np.uint64), spots


def made_stores(folder: Path, grey: Any, phases: Any, labels: Any) -> None:
    with new_store(folder / "mosaic.zarr", recipe=1, inputs={}) as store:
        shape = (1, *grey.shape)
        _write(store.image("", shape, np.uint8, PX_UM, channels=["BSE"]), grey[None])
    colors = {int(p): c for p, c in COLORS.items()}
    with new_store(folder / "labels.zarr", recipe=1, inputs={}) as store:
        for name, pixels in (("phases", phases), ("particles", labels)):
            image = store.image(
                name, pixels.shape, pixels.dtype, PX_UM, kind="labels", colors=colors
            )
            _write(image, pixels)


def _write(image: Any, pixels: Any) -> None:
    for r in range(0, pixels.shape[-2], WINDOW):
        for c in range(0, pixels.shape[-1], WINDOW):
            image.write(r, c, pixels[..., r : r + WINDOW, c : c + WINDOW])
