"""The mosaic stage at size: many pair shifts, many gigapixels, many files."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from mosaic_bench import Bench, below, most, tell
from mosaic_grid import Grid, make_grid
from mosaic_score import accepted_by_transect, read_truth, tied_errors
from mosaic_work import Place, fuse, prepare, register
from steps import Cost

from transect.mosaic.align.solve import Graph, solve

Floats = npt.NDArray[np.float64]

STEP_PX, STAGE_SD_PX, NOISE_PX, FALSE_PX = 1843.0, 15.0, 0.05, 60.0
OUTLIERS = 0.03

SMALL_SETTINGS = {"mosaic": {"max_shift_px": 20}}
"""For tiles of 128 px: the stage misses by 2 px, so there is no need to look 80 px around."""


@dataclass(frozen=True)
class Solved:
    """What the solve of simulated pairs gave: largest error of a pair, median of a tile, time."""

    pair_px: float
    tile_px: float
    seconds: float


def solve_grid(rows: int, columns: int, seed: int = 1) -> Solved:
    """Simulate the pairs of a grid, 3 % of them false, and solve for its positions.

    The stage has 15 px of error per axis and is turned by 0.3 degrees; a pair is right to 0.05 px,
    or off by up to 60 px per axis. False pairs have votes of 0.05 to 0.4, true ones of 0.3 to 1.
    """
    random = np.random.default_rng(seed)
    at = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    true = at * STEP_PX + random.normal(0, STAGE_SD_PX, at.shape)
    turn = np.radians(0.3)
    stage = at * STEP_PX @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    number = np.arange(rows * columns).reshape(rows, columns)
    a = np.r_[number[:, :-1].ravel(), number[:-1].ravel()]
    b = np.r_[number[:, 1:].ravel(), number[1:].ravel()]
    graph = Graph(rows * columns, a, b)
    shift = graph.difference(true) + random.normal(0, NOISE_PX, (len(a), 2))
    false = random.random(len(a)) < OUTLIERS
    shift[false] += random.uniform(-FALSE_PX, FALSE_PX, (int(false.sum()), 2))
    vote = np.where(false, random.uniform(0.05, 0.4, len(a)), random.uniform(0.3, 1.0, len(a)))
    se = np.full((len(a), 2), NOISE_PX)
    start = time.perf_counter()
    found = solve(graph, shift, se, vote, stage)
    seconds = time.perf_counter() - start
    away = found.positions - true
    away -= np.median(away, axis=0)
    missed = graph.difference(away)
    return Solved(float(np.hypot(*missed.T).max()), float(np.median(np.hypot(*away.T))), seconds)


@dataclass(frozen=True)
class Long:
    """A long section: its tiles' pixels, the cost of each step, errors of the pairs that are tied.

    `false_share` is that of accepted pairs whose shift is wrong by more than a pixel. Other tiles
    are placed by the stage, and say so.
    """

    gigapixels: float
    costs: dict[str, Cost]
    pair_median_px: float
    pair_max_px: float
    false_share: float

    @property
    def total(self) -> Cost:
        """Cost of all steps."""
        whole = Cost()
        for cost in self.costs.values():
            whole.add(cost)
        return whole


def run_long(folder: Path, grid: Grid, settings: dict[str, dict[str, object]]) -> Long:
    """Make a grid, take it through every step of the mosaic stage, and remove it again."""
    name = f"long-{grid.rows}x{grid.columns * grid.repeat}"
    raw, out = folder / name, folder / f"{name}-out"
    try:
        make_grid(raw, grid)
        place = Place(raw / "tiles", out, settings)
        costs = prepare(place)
        costs["register"] = register(place).cost
        costs["fuse"] = fuse(place).cost
        truth = read_truth(raw / "truth.csv")
        missed = tied_errors(out / "positions.parquet", truth)
        judged = accepted_by_transect(out / "seams.parquet", truth)
        false = judged.false / max(judged.true + judged.false, 1)
        tiles = grid.rows * grid.columns * grid.repeat
        size = tiles * grid.size**2 / 1e9
        return Long(size, costs, float(np.median(missed)), float(missed.max()), false)
    finally:
        shutil.rmtree(raw, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)


def wide(columns: int, repeat: int, size: int) -> Grid:
    """Give a grid of 3 rows that shows the same specimen `repeat` times."""
    return Grid(columns=columns, repeat=repeat, size=size, seed=3)


def tiny(repeat: int) -> Grid:
    """Give 40 rows of tiles of 128 px: 1,000 times `repeat`."""
    return Grid(rows=40, columns=25, size=128, overlap=0.25, stage_sd_px=2.0, seed=4, repeat=repeat)


def memory(bench: Bench) -> bool:
    """Peak memory of every step at 0.1, 1 and 5 gigapixels of tiles."""
    fine = True
    columns, size = (4, 512) if bench.quick else (8, 2048)
    for repeat in (1, 10, 50):
        long = run_long(bench.work, wide(columns, repeat, size), {})
        title = f"{long.gigapixels:.2g} Gpx"
        for name, cost in long.costs.items():
            fine &= below(f"{title}: {name}, peak memory", cost.peak_mb, 2000, "MB")
        _told_of(long, title)
    return fine


def tiles(bench: Bench) -> bool:
    """Time per tile at 5,000, 10,000 and 20,000 tiles; of the processor, as that is steadier."""
    each: list[float] = []
    for repeat in (1, 2, 4) if bench.quick else (5, 10, 20):
        grid = tiny(repeat)
        count = grid.rows * grid.columns * grid.repeat
        long = run_long(bench.work, grid, SMALL_SETTINGS)
        each.append(1000 * long.total.cpu_s / count)
        _told_of(long, f"{count} tiles")
        tell(f"{count} tiles: peak memory", long.total.peak_mb, "MB")
        tell(f"{count} tiles: processor time per tile", each[-1], "ms")
    growth = each[-1] / each[0]
    return below("four times the tiles: processor time per tile, growth", growth, 1.3, "1")


def _told_of(long: Long, title: str) -> None:
    for name, cost in long.costs.items():
        tell(f"{title}: {name}, wall", cost.wall_s, "s")
        tell(f"{title}: {name}, processor time", cost.cpu_s, "s")
    tell(f"{title}: pairs, median", long.pair_median_px, "px")
    tell(f"{title}: pairs, largest", long.pair_max_px, "px")
    tell(f"{title}: false pairs among the accepted", long.false_share, "1")


def simulated(bench: Bench) -> bool:
    """Solve simulated pairs with 3 % outliers."""
    fine = True
    for rows, columns in ((3, 800), (40, 400)):
        found = solve_grid(rows, columns)
        title = f"solve {rows} x {columns}"
        fine &= most(f"{title}: pairs, largest", found.pair_px, 0.3)
        if rows == 3:
            fine &= most(f"{title}: position error, median", found.tile_px, 1.0)
        fine &= below(f"{title}: wall", found.seconds, 5, "s")
    return fine
