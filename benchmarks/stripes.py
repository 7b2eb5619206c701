"""How truly curtains and charging are told and taken off, and how fast.

Tiles of phantoms are recorded with and without stripes, from the same noise: the difference is
the truth. Printed are the indices of the table of tiles against the true amplitude over the
tile's contrast, what the corrections leave, what they change in a tile without stripes, and
pixels a second on one core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from steps import figure

from transect.phantom.microscope import expose, plan
from transect.phantom.scene import Scene
from transect.phantom.spec import load_spec
from transect.tiles.charging import charging_index, flatten_charging
from transect.tiles.curtaining import curtaining_index, remove_curtaining
from transect.tiles.quality import judge_tile

Image = npt.NDArray[np.float32]
CURTAINS = (0.0, 0.035, 0.1, 0.3)
CHARGES = (0.0, 7.0, 18.0, 40.0)
TILES = (("good", 1, 0), ("good", 3, 1), ("poor", 1, 1), ("poor", 2, 0))
"""Appearance, seed, and row of the tile: the separator is in row 0, the collector in row 1."""
NOTHING = 0.02
CHANGED = 0.01
"""Largest index, and largest change over the contrast, where there are no stripes."""
SPEED = 15.0


def tile(appearance: str, seed: int, row: int, look: dict[str, float]) -> npt.NDArray[np.generic]:
    """Record one tile of a phantom without shading or steps of brightness."""
    flat = {
        "shading": 0.0,
        "gain_step": 0.0,
        "offset_step": 0.0,
        "curtaining": 0.0,
        "charging": 0.0,
    }
    changes: dict[str, object] = {f"appearance.{k}": v for k, v in (flat | look).items()}
    spec = load_spec(None, {"width_um": 70.0, "seed": seed, "labels": False} | changes, appearance)
    tiles = plan(spec)
    scene = Scene(spec, tiles.rows, tiles.columns)
    exposure = next(e for e in tiles.exposures if (e.row, e.column) == (row, 0))
    return expose(scene, exposure, np.ones(spec.microscope.tile_shape, dtype=np.float32))


def calm(image: npt.NDArray[np.generic]) -> Image:
    """Blur the noise away, which is the same but not alike where the grey differs."""
    return np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), 2.0))


def rms(image: npt.NDArray[np.floating]) -> float:
    """Root of the mean square."""
    return float(np.sqrt((image.astype(np.float64) ** 2).mean()))


def series(
    name: str,
    key: str,
    strengths: tuple[float, ...],
    index: Callable[[npt.NDArray[np.generic], float], float],
    remove: Callable[[npt.NDArray[np.generic]], npt.NDArray[np.generic]],
) -> bool:
    """Print index and removal for rising strength; whether all is as it should be."""
    fine = True
    for appearance, seed, row in TILES:
        if key == "charging" and row != 0:
            continue
        plain = tile(appearance, seed, row, {})
        contrast, last = float(plain.std()), -1.0
        for strength in strengths:
            seen = tile(appearance, seed, row, {key: strength}) if strength else plain
            title = f"{name} of {strength:g}, {appearance} tile, seed {seed}"
            found = index(seen, float(seen.std()))
            true = rms(calm(seen) - calm(plain)) / contrast
            left = rms(calm(remove(seen)) - calm(plain)) / contrast
            rising = found <= NOTHING if strength == 0 else found > last
            goal = f"<= {NOTHING}" if strength == 0 else f"> {last:.4f}; true {true:.4f}"
            fine &= figure(f"{title}: index", round(found, 4), "1", goal, rising)
            goal = f"<= {CHANGED}" if strength == 0 else f"< {true:.4f} before"
            better = left <= CHANGED if strength == 0 else left < true
            fine &= figure(f"{title}: left", round(left, 4), "1", goal, better)
            last = found
    return fine


def speed() -> bool:
    """Print pixels a second of one core."""
    cv2.setNumThreads(1)
    seen = tile("good", 1, 0, {"curtaining": 0.1, "charging": 18.0})
    work: dict[str, Callable[[], object]] = {
        "curtains taken off": lambda: remove_curtaining(seen),
        "charging flattened": lambda: flatten_charging(seen),
        "quality judged": lambda: judge_tile(seen, 0.05),
    }
    fine = True
    for name, one in work.items():
        one()
        start = time.process_time()
        for _ in range(10):
            one()
        rate = 10 * seen.size / 1e6 / (time.process_time() - start)
        fine &= figure(name, round(rate, 1), "Mpx/s a core", f">= {SPEED:g}", rate >= SPEED)
    return fine


def main() -> None:
    """Measure and print."""
    fine = series("curtains", "curtaining", CURTAINS, curtaining_index, remove_curtaining)
    fine &= series("charging", "charging", CHARGES, charging_index, flatten_charging)
    fine &= speed()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
