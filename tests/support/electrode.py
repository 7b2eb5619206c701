"""A small electrode whose layers are known, as an image and as a mosaic's store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from transect.parallel import MOSAIC_SHARD
from transect.phases import Phase
from transect.storage.stores import new_store

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
PX_UM = 0.05
GREY = {
    Phase.OUTSIDE: 9, Phase.COLLECTOR: 122, Phase.ACTIVE_MATERIAL: 205, Phase.BINDER: 62,
    Phase.PORE: 14, Phase.SEPARATOR: 84, Phase.GAP: 10,
}  # fmt: skip


@dataclass(frozen=True)
class Electrode:
    """Image, phases, instances and the lines of the layers by their column in the table."""

    image: U8
    phases: U8
    particles: npt.NDArray[np.int32]
    lines: dict[str, F64]


def make_electrode(
    *,
    rows: int = 900,
    columns: int = 1500,
    seed: int = 1,
    tilt_deg: float = 1.0,
    noise: float = 0.0,
    foil_grey: int = 122,
    separator: bool = True,
    sides: str = "ab",
) -> Electrode:
    """Draw a foil with particles and binder on its sides, gaps, and a separator on side a."""
    rng = np.random.default_rng(seed)
    x, y = np.arange(columns), np.arange(rows)[:, None] + 0.5
    middle = rows / 2 + np.tan(np.radians(tilt_deg)) * (x - columns / 2) + 3 * np.sin(x / 200)
    top, bottom = middle - 40, middle + 40
    gap_a = np.where((x > 300) & (x < 600), 20.0, 0.0)
    gap_b = np.where((x > 900) & (x < 1000), 14.0, 0.0)
    lines = {"foil_top_px": top, "foil_bottom_px": bottom}
    if "a" in sides:
        lines |= {"a_base_px": top - gap_a, "a_surface_px": top - 250 - 4 * np.sin(x / 150)}
    if "b" in sides:
        lines |= {"b_base_px": bottom + gap_b, "b_surface_px": bottom + 240 + 4 * np.cos(x / 90)}
    if separator:
        lines |= {"a_separator_near_px": lines["a_surface_px"]}
        lines |= {"a_separator_far_px": lines["a_surface_px"] - 100}
    phases = np.zeros((rows, columns), np.uint8)
    particles = np.zeros((rows, columns), np.int32)
    texture = cv2.GaussianBlur(rng.normal(size=(rows, columns)), (0, 0), 8)
    for side in sides:
        near, far = lines[f"{side}_base_px"], lines[f"{side}_surface_px"]
        low, high = np.minimum(near, far), np.maximum(near, far)
        inside = (y >= low) & (y < high)
        skin = inside & ((y - low < 8) | (high - y < 8))
        phases[inside] = Phase.PORE
        phases[(inside & (texture > np.quantile(texture, 0.4))) | skin] = Phase.BINDER
        _fill(phases, particles, low + 8, high - 8, rng)
        phases[((y >= near) & (y < top)) | ((y >= bottom) & (y < near))] = Phase.GAP
    if separator:
        far = lines["a_separator_far_px"]
        phases[(y >= far) & (y < lines["a_surface_px"])] = Phase.SEPARATOR
    phases[(y >= top) & (y < bottom)] = Phase.COLLECTOR
    grey = np.zeros(256)
    for phase, value in GREY.items():
        grey[phase] = value
    grey[Phase.COLLECTOR] = foil_grey
    image = cv2.GaussianBlur(grey[phases], (0, 0), 0.7) + noise * rng.normal(size=phases.shape)
    return Electrode(np.clip(np.rint(image), 0, 255).astype(np.uint8), phases, particles, lines)


def _fill(
    phases: U8,
    particles: npt.NDArray[np.int32],
    low: F64,
    high: F64,
    rng: np.random.Generator,
) -> None:
    """Place discs without overlap, the largest first."""
    placed: list[tuple[float, float, float]] = []
    radii = np.sort(np.clip(rng.lognormal(np.log(22), 0.5, 1500), 7, 80))[::-1]
    for radius in radii:
        cx = rng.uniform(0, low.size)
        k = int(cx)
        if high[k] - low[k] < 2 * radius + 12:
            continue
        cy = rng.uniform(low[k] + radius + 6, high[k] - radius - 6)
        if any((cx - a) ** 2 + (cy - b) ** 2 < (radius + r) ** 2 for a, b, r in placed):
            continue
        placed.append((cx, cy, radius))
        r0, c0 = max(int(cy - radius), 0), max(int(cx - radius), 0)
        spot = np.s_[r0 : int(cy + radius) + 2, c0 : int(cx + radius) + 2]
        y, x = np.indices(phases[spot].shape)
        disc = (y + r0 + 0.5 - cy) ** 2 + (x + c0 + 0.5 - cx) ** 2 < radius**2
        phases[spot][disc] = Phase.ACTIVE_MATERIAL
        particles[spot][disc] = particles.max() + 1


def write_mosaic(path: Path, image: npt.NDArray[np.generic], valid: U8 | None = None) -> Path:
    """Write an image as the fuse step would."""
    valid = np.ones(image.shape, np.uint8) if valid is None else valid
    shape = (image.shape[0], image.shape[1])
    with new_store(path, recipe=1, inputs={}) as store:
        pixels = store.image(
            "", (1, *shape), image.dtype, PX_UM, shard=MOSAIC_SHARD, channels=["BSE"]
        )
        recorded = store.image(
            "labels/valid", shape, np.uint8, PX_UM, kind="labels", shard=MOSAIC_SHARD
        )
        for r in range(0, shape[0], MOSAIC_SHARD):
            for c in range(0, shape[1], MOSAIC_SHARD):
                spot = np.s_[r : r + MOSAIC_SHARD, c : c + MOSAIC_SHARD]
                pixels.write(r, c, image[spot][None])
                recorded.write(r, c, valid[spot])
    return path
