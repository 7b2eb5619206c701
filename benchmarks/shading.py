"""How well the flat field of a detector is found from tiles of a specimen, and by which method.

Phantoms recorded with known flat fields: the shape that detectors have, a quadrant out of balance,
a vignette with an edge, a spot of dirt, and none. Compared are the project's estimate, low rank
plus sparse (BaSiC) and the median over tiles with their texture suppressed.
`--basicpy PYTHON` adds the package BaSiCPy, in an interpreter of its own that has it installed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from flatfields import basic, basicpy, cells, median
from steps import figure

from transect.config import TilesConfig
from transect.parallel import run
from transect.phantom.microscope import Exposure, expose, plan
from transect.phantom.scene import Scene
from transect.phantom.sidecar import write_tile
from transect.phantom.spec import PhantomSpec, load_spec
from transect.tiles.build import build_index
from transect.tiles.check import check_tiles
from transect.tiles.shading import estimate_shading

Field = npt.NDArray[np.float32]
ROWS, SHAPE = 3, (480, 640)
COLUMNS = (5, 20, 67)
SECTIONS = (("good", "al", 1), ("poor", "al", 2), ("poor", "cu", 3))
RMS_GOAL, FLAT_GOAL = 1.2, 0.5
"""Largest error allowed, in percent: of a field, and where there is none."""
BLACK = 10.0
"""Black level in grey that nobody told."""
GREYS = {"active material": 205.0, "binder": 64.0, "pore": 14.0}


class Kept(Scene):
    """A scene that remembers what it showed: painting it again for every field takes long."""

    def __init__(self, spec: PhantomSpec, rows: int, columns: int) -> None:
        super().__init__(spec, rows, columns)
        self._seen: dict[tuple[float, float], Field] = {}

    def grey(self, x0: float, y0: float, rows: int, columns: int, streaks: Field) -> Field:
        """Grey levels of a window, as `Scene.grey`."""
        if (x0, y0) not in self._seen:
            self._seen[x0, y0] = super().grey(x0, y0, rows, columns, streaks)
        return self._seen[x0, y0].copy()


def fields() -> dict[str, Field]:
    """Flat fields of mean 1, by name."""
    y = np.linspace(-1, 1, SHAPE[0])[:, None]
    x = np.linspace(-1, 1, SHAPE[1])[None, :]
    radius = np.hypot(x, y)
    made = {
        "none": 1 + 0 * radius,
        "centre to corner": 1 - 0.18 * ((x - 0.15) ** 2 + (y + 0.1) ** 2) / 2,
        "quadrant out of balance": 1 + 0.06 * x - 0.05 * y + 0.03 * x * y - 0.04 * radius**2,
        "vignette with an edge": 1 - 0.12 / (1 + np.exp(-(radius - 1.0) / 0.07)),
        "spot of dirt": 1 - 0.08 * np.exp(-((x - 0.3) ** 2 + (y + 0.2) ** 2) / 0.03),
    }
    return {name: (f / f.mean()).astype(np.float32) for name, f in made.items()}


def section(appearance: str, foil: str, columns: int, seed: int) -> tuple[Kept, list[Exposure]]:
    """Make a section and its tiles, row by row of the grid."""
    px_um = 0.1
    width = (SHAPE[1] + (columns - 1) * SHAPE[1] * 0.88 - 1) * px_um
    spec = load_spec(
        None,
        {
            "width_um": width, "seed": seed, "labels": False, "geometry.foil": foil,
            "microscope.pixel_nm": 1000 * px_um, "microscope.tile_shape": SHAPE,
            "microscope.rows": ROWS,
        },
        appearance,
    )  # fmt: skip
    # What is compared is the field alone: `expose` multiplies by the one that it is given.
    tiles = plan(spec)
    return Kept(spec, tiles.rows, tiles.columns), list(tiles.exposures)


def record(scene: Kept, exposures: list[Exposure], field: Field, folder: Path) -> list[Field]:
    """Record tiles with a field, and write them."""

    def one(exposure: Exposure) -> Field:
        image = expose(scene, exposure, field)
        write_tile(folder, scene.spec, exposure, image)
        return image

    return list(run(one, exposures, 2, "tiles"))


def own(folder: Path) -> Field:
    """Field that the project finds."""
    index = build_index(folder, TilesConfig())
    checks = check_tiles(folder, index, 2)
    return estimate_shading(folder, index, checks, index.channels[0], 2).gain


def error(found: npt.NDArray[np.floating], field: Field) -> tuple[float, float]:
    """RMS and largest relative error over the field, in percent."""
    grown = cv2.resize(found.astype(np.float32), field.shape[::-1], interpolation=cv2.INTER_CUBIC)
    ratio = grown / field
    off = 100 * (ratio / ratio.mean() - 1)
    return float(np.sqrt((off**2).mean())), float(np.abs(off).max())


def compare(
    name: str, images: list[Field], field: Field, folder: Path, python: Path | None
) -> bool:
    """Print the errors of every method for one set of tiles."""
    stack = np.array([cells(image) for image in images])
    found = {"own": own(folder), "low rank plus sparse": basic(stack), "median": median(stack)}
    if python is not None:
        found["BaSiCPy"] = basicpy(stack, python)
    before, _ = error(np.ones_like(field), field)
    errors = {method: error(f, field) for method, f in found.items()}
    limit = RMS_GOAL if before > 0 else FLAT_GOAL
    best = min(rms for method, (rms, _) in errors.items() if method != "own")
    fine = True
    for method, (rms, largest) in errors.items():
        met = rms <= limit and rms <= best if method == "own" else None
        goal = f"<= {limit} and least; {before:.2f} uncorrected" if met is not None else ""
        fine &= figure(f"{name}, {method}: RMS error", round(rms, 3), "%", goal, met)
        figure(f"{name}, {method}: largest error", round(largest, 2), "%", "", None)
    return fine


def black_level(scene: Kept, exposures: list[Exposure]) -> bool:
    """Print what an unknown black level does to the greys of the phases, in grey levels."""
    field = fields()["centre to corner"]
    raised = [replace(e, offset=e.offset + BLACK) for e in exposures]
    with tempfile.TemporaryDirectory() as scratch:
        record(scene, raised, field, Path(scratch))
        gain = own(Path(scratch))
    fine = True
    for name, grey in GREYS.items():
        seen = (grey * field + BLACK) / gain
        off = float(np.sqrt(((seen - seen.mean()) ** 2).mean()))
        title = f"black level of {BLACK:g} grey unknown: unevenness of {name}"
        fine &= figure(title, round(off, 2), "grey, RMS", "<= 2", off <= 2)
    return fine


def main() -> None:
    """Make the sections, find their fields and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--basicpy", type=Path, help="interpreter that has BaSiCPy")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    fine = True
    for appearance, foil, seed in SECTIONS:
        scene, exposures = section(appearance, foil, max(COLUMNS), seed)
        for columns in COLUMNS:
            some = [e for e in exposures if e.column < columns]
            for name, field in fields().items():
                with tempfile.TemporaryDirectory() as scratch:
                    images = record(scene, some, field, Path(scratch))
                    title = f"{appearance}, {foil} foil, {len(some)} tiles, {name}"
                    fine &= compare(title, images, field, Path(scratch), options.basicpy)
    scene, exposures = section("good", "al", 20, 1)
    fine &= black_level(scene, exposures)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
