"""Made grids of tiles whose true places are known, in the microscope's own folder format.

`python benchmarks/mosaic_grid.py OUT` writes tiles to OUT/tiles and the truth to OUT/truth.csv:
3 x 60 tiles of 2048 x 2048 px at 10 % overlap, the electrode as high as three tiles. `--look hard
--overlap 0.05 --blank 0.2` is the difficult one. `--repeat 5` makes a section five times as long
of the same images: its specimen is periodic, so that every pair still shows its true shift.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import tifffile

from transect.parallel import run
from transect.phantom.appearance import APPEARANCES
from transect.phantom.microscope import Exposure, expose, name_of, shading_field
from transect.phantom.scene import Scene
from transect.phantom.sidecar import write_tile
from transect.phantom.spec import PhantomSpec

Floats = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

HEIGHT_UM = 143.0
"""Height of the electrode, and so of the grid."""

LOOKS: dict[str, dict[str, float]] = {
    "moderate": {"curtaining": 0.05, "gain_step": 0.04, "offset_step": 3.0},
    "hard": APPEARANCES["poor"],
}
GREY_RESIN, GREY_FOIL = 40.0, 122.0
"""What a blank tile shows: nothing but noise on one of these."""


@dataclass(frozen=True)
class Grid:
    """What to make: sizes in px, errors in px per axis, shares of 1."""

    rows: int = 3
    columns: int = 60
    size: int = 2048
    overlap: float = 0.1
    blank: float = 0.0
    look: str = "moderate"
    rotation_deg: float = 0.3
    stage_sd_px: float = 15.0
    seed: int = 1
    repeat: int = 1

    @property
    def step_px(self) -> float:
        """Distance of two neighbours by the stage."""
        return self.size * (1 - self.overlap)

    @property
    def pixel_nm(self) -> float:
        """Pixel size at which the electrode fills the grid's height."""
        height = self.step_px * (self.rows - 1) + self.size
        return round(HEIGHT_UM * 1000 / height, 1)

    @property
    def turn(self) -> Floats:
        """Rotation that takes the stage's axes to those of the image."""
        a = np.radians(self.rotation_deg)
        return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])

    @property
    def period(self) -> Floats:
        """Way (x, y) in the image after which the specimen and the stage's errors repeat."""
        return self.turn @ np.array([self.columns * self.step_px, 0.0])


class Periodic(Scene):
    """A section that begins again after one period."""

    def __init__(self, spec: PhantomSpec, rows: int, columns: int, period: Floats) -> None:
        super().__init__(spec, rows, columns)
        self.period = period

    def grey(self, x0: float, y0: float, rows: int, columns: int, streaks: F32) -> F32:
        """Grey levels of a window; what lies beyond the period is that of the beginning."""
        image = super().grey(x0, y0, rows, columns, streaks)
        cut = int(np.ceil(self.period[0] - x0 - 0.5))
        if cut < columns:
            x, y = x0 - self.period[0], y0 - self.period[1]
            image[:, cut:] = super().grey(x, y, rows, columns, streaks)[:, cut:]
        return image


def specification(grid: Grid) -> PhantomSpec:
    """Electrode of the grid's height, and the microscope that records it."""
    # Foil, separator, waviness and gaps take 28 um; the coatings, with their variation, the rest.
    coating = (HEIGHT_UM - 28.0) / (1.94 * 1.05)
    return PhantomSpec.model_validate(
        {
            "width_um": 10 * grid.size * grid.pixel_nm / 1000,
            "seed": grid.seed,
            "geometry": {"thickness_um": coating},
            "appearance": LOOKS[grid.look],
            "microscope": {
                "pixel_nm": grid.pixel_nm,
                "tile_shape": (grid.size, grid.size),
                "overlap": grid.overlap,
                "rotation_deg": grid.rotation_deg,
            },
        }
    )


def exposures(grid: Grid) -> list[Exposure]:
    """Every tile of one period: true place, place by the stage, brightness, blur."""
    look = specification(grid).appearance
    random = np.random.default_rng(grid.seed)
    places = [(r, c) for c in range(grid.columns) for r in range(grid.rows)]
    wanted = np.array([(c, r) for r, c in places]) * grid.step_px
    true = wanted @ grid.turn.T + random.normal(0.0, grid.stage_sd_px, wanted.shape)
    true -= true.min(axis=0)
    # The stage reports centres, from an origin somewhere on the holder.
    stage = np.rint((wanted + grid.size / 2) * grid.pixel_nm + (3.2e6, -1.7e6)).astype(int)
    blank = np.zeros(len(places), dtype=bool)
    blank[random.choice(len(places), round(grid.blank * len(places)), replace=False)] = True
    gain = 1 + look.gain_step * random.uniform(-1, 1, len(places))
    offset = look.offset_step * random.uniform(-1, 1, len(places))
    blur = np.maximum(random.normal(look.defocus_px, look.defocus_spread_px, len(places)), 0.0)
    return [
        Exposure(
            name_of(r, c), r, c, float(true[n, 0]), float(true[n, 1]),
            int(stage[n, 0]), int(stage[n, 1]), float(gain[n]), float(offset[n]), float(blur[n]),
            "blank" if blank[n] else "",
        )
        for n, (r, c) in enumerate(places)
    ]  # fmt: skip


def repeated(grid: Grid, one: Exposure, times: int) -> Exposure:
    """Give the tile that shows the same, some periods further."""
    column = one.column + times * grid.columns
    way = times * grid.period
    ahead = round(times * grid.columns * grid.step_px * grid.pixel_nm)
    return replace(
        one, tile=name_of(one.row, column), column=column,
        x_px=one.x_px + way[0], y_px=one.y_px + way[1], stage_x_nm=one.stage_x_nm + ahead,
    )  # fmt: skip


def make_grid(out: Path, grid: Grid, threads: int = 2) -> None:
    """Write tiles, sidecars and truth; nothing when the folder holds this very grid."""
    marker = out / "grid.json"
    wanted = json.dumps(asdict(grid), indent=1) + "\n"
    if marker.is_file() and marker.read_text() == wanted:
        return
    tiles = out / "tiles"
    tiles.mkdir(parents=True, exist_ok=True)
    spec, made = specification(grid), exposures(grid)
    shading = shading_field(spec)
    rows = int(max(e.y_px for e in made)) + grid.size
    scene = Periodic(spec, rows, int(grid.period[0]), grid.period)
    blanks = [_blank(scene, grey) for grey in (GREY_RESIN, GREY_FOIL)]

    def one(exposure: Exposure) -> None:
        which = blanks[(exposure.row + exposure.column) % 2] if exposure.fault else scene
        write_tile(tiles, spec, exposure, expose(which, exposure, shading))

    for _ in run(one, made, threads, "tiles"):
        pass
    copies = [(e.tile, repeated(grid, e, t)) for t in range(1, grid.repeat) for e in made]
    for _ in run(lambda copy: _again(tiles, spec, *copy), copies, threads, "repeated tiles"):
        pass
    _truth(made + [copy for _, copy in copies]).to_csv(out / "truth.csv", index=False)
    marker.write_text(wanted)


def _blank(scene: Scene, grey: float) -> Scene:
    look = scene.spec.appearance.model_copy(update={"grey_outside": grey})
    return Scene(scene.spec.model_copy(update={"appearance": look}), scene.rows, scene.columns)


def _again(tiles: Path, spec: PhantomSpec, source: str, copy: Exposure) -> None:
    """Record a tile once more: the same but for a grey of noise, as no two images are the same."""
    image = tifffile.imread(tiles / f"{source}.tif")
    random = np.random.default_rng([spec.seed, copy.row, copy.column])
    noise = random.integers(0, 3, image.shape, dtype=np.uint8)
    write_tile(tiles, spec, copy, np.clip(image, 1, 254) + noise - np.uint8(1))


def _truth(made: list[Exposure]) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(e) for e in made])
    frame["blank"] = frame.pop("fault") == "blank"
    return frame.sort_values(["row", "column"])


def options() -> argparse.ArgumentParser:
    """Give the command line: one option for each field of a grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder to make")
    for name, default in asdict(Grid()).items():
        flag = "--" + name.replace("_", "-")
        choices = sorted(LOOKS) if name == "look" else None
        parser.add_argument(flag, type=type(default), default=default, choices=choices)
    parser.add_argument("--threads", type=int, default=2)
    return parser


if __name__ == "__main__":
    chosen = vars(options().parse_args())
    make_grid(chosen.pop("out"), threads=chosen.pop("threads"), grid=Grid(**chosen))
