"""How the section was recorded and stitched: tile maps, seams, what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from transect.report.axes import axis
from transect.report.charts import Chart, frame
from transect.report.detectors import detector_facts, measured_tiles
from transect.report.digits import count, decimals_for, short, written
from transect.report.inputs import Section, numbers, texts
from transect.report.severity import severity_facts

STATUSES = ("ok", "blank", "quarantined", "missing")
STATUS_WORDS = {
    "ok": "used",
    "blank": "blank: nothing to see, placed by the stage",
    "quarantined": "quarantined: left out",
    "missing": "missing: no readable file",
}
INDICES = {
    "focus_um": ("Focus", "wavelength below which 10 % of the power lies", "µm"),
    "noise_sd": ("Noise", "standard deviation", "grey values"),
    "curtaining_index": ("Curtaining", "stripes of the ion beam, over the contrast", ""),
    "saturation_fraction": ("Saturation", "share of black or white pixels", ""),
    "charging_index": ("Charging", "streaks along the scan, over the contrast", ""),
}
CLASSES = 5
"""Shades of an index map."""


@dataclass(frozen=True)
class Cells:
    """Cells of the tile grid with one look, as one path."""

    css: str
    path: str
    words: str


@dataclass(frozen=True)
class TileMap:
    """The tile grid coloured by one thing."""

    title: str
    description: str
    width: float
    height: float
    cells: list[Cells]
    range: str = ""


def tile_maps(section: Section) -> list[TileMap]:
    """Draw the tile grid by status, then by each index that was computed."""
    tiles = measured_tiles(section)
    placed = tiles[np.isfinite(numbers(tiles["row"])) & np.isfinite(numbers(tiles["column"]))]
    placed = placed[(placed["row"] >= 0) & (placed["column"] >= 0)].drop_duplicates("tile")
    if placed.empty:
        return []
    rows, columns = (np.asarray(placed[k], dtype=int) for k in ("row", "column"))
    status = np.array(texts(placed["status"]), dtype=object)
    status[placed["tile"].isin(left_out(section)).to_numpy()] = "quarantined"
    grid = _Grid(int(rows.max()) + 1, int(columns.max()) + 1)
    gone = grid.without(rows, columns)
    maps = [_status_map(grid, rows, columns, status, gone)]
    seen = status == "ok"
    for name, (title, meaning, unit) in INDICES.items():
        values = numbers(placed[name])
        good = seen & np.isfinite(values)
        if good.any():
            maps.append(
                _index_map(grid, rows[good], columns[good], values[good], (title, meaning, unit))
            )
    return maps


def left_out(section: Section) -> list[str]:
    """Names of the tiles that registration found at fault."""
    positions = section.tables["positions"]
    rows = zip(texts(positions["tile"]), texts(positions["fault"]), strict=True)
    return [tile for tile, fault in rows if fault]


def seam_chart(section: Section) -> Chart | None:
    """Draw the histogram of what the seams that loops check leave over after the solve."""
    seams = section.tables["seams"]
    left_over = numbers(seams["residual_px"][seams["checked"].astype(bool)])
    left_over = np.abs(left_over[np.isfinite(left_over)])
    if not len(left_over):
        return None
    left, right, bottom, top = frame(344, 220)
    most = max(float(np.quantile(left_over, 0.995)), 0.01)
    edges = np.linspace(0, most, 21)
    heights = np.histogram(np.minimum(left_over, most), edges)[0].astype(float)
    across = axis(edges, left, right, "residual of a seam / px", zero=True)
    up = axis(heights, bottom, top, "seams", zero=True, least=1)
    middle = float(np.median(left_over))
    words = (
        f"Residuals of {count(len(left_over))} seams that lie in loops: median {short(middle)} px,"
        f" largest {short(float(left_over.max()))} px."
    )
    chart = Chart("Seams: what the solve leaves over", words, 344, 220, across, up)
    chart.bars("bar number", edges, heights)
    chart.rule("rule faint", middle, f"median {short(middle)} px")
    return chart


def stitching_facts(section: Section) -> list[tuple[str, str]]:
    """Count seams and tiles, in words."""
    seams, positions = section.tables["seams"], section.tables["positions"]
    tiles = measured_tiles(section)
    facts = []
    if len(tiles):
        states = pd.Series(texts(tiles["status"])).value_counts()
        facts += [(f"Tiles {s}", count(int(states[s]))) for s in STATUSES if s in states.index]
    if len(seams):
        good = int(seams["accepted"].astype(bool).sum())
        facts.append(("Seams accepted", f"{count(good)} of {count(len(seams))}"))
        if loose := good - int(seams["checked"].astype(bool).sum()):
            facts.append(("Accepted seams that no loop checks", count(loose)))
    if len(positions):
        bad = len(left_out(section))
        stage = int((positions["placed_by"] == "stage").sum()) - bad
        if bad:
            facts.append(("Tiles left out of the mosaic", count(bad)))
        parts = int(pd.Series(positions["component"]).nunique())
        facts.append(("Tiles placed by the stage only", count(stage)))
        facts.append(("Islands of connected tiles", count(parts)))
        shift = np.hypot(numbers(positions["dx_px"]), numbers(positions["dy_px"]))
        error = numbers(positions["se_px"])
        if np.isfinite(shift).any():
            facts.append(("Largest correction of the stage", f"{short(np.nanmax(shift))} px"))
        if np.isfinite(error).any():
            facts.append(
                ("Standard error of a position, median", f"{short(np.nanmedian(error))} px")
            )
    if angle := section.fact("positions", "rotation_deg"):
        facts.append(("Scan rotation against the stage", f"{short(float(angle))}°"))
    return facts + detector_facts(section) + severity_facts(section)


@dataclass(frozen=True)
class _Grid:
    """The tile grid and the size of a cell in the drawing."""

    rows: int
    columns: int

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell: never a hair, never a poster."""
        wide = min(max(1060 / self.columns, 0.6), 34.0)
        return wide, min(max(wide * 0.75, 7.0), 26.0)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing."""
        wide, high = self.cell
        return wide * self.columns, high * self.rows

    def without(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the cells that no tile fills."""
        empty = np.ones((self.rows, self.columns), bool)
        empty[rows, columns] = False
        found = np.argwhere(empty)
        return found[:, 0], found[:, 1]

    def path(self, rows: np.ndarray, columns: np.ndarray) -> str:
        """Path around some cells."""
        wide, high = self.cell
        gap = min(1.0, wide / 6)
        return "".join(
            f"M{c * wide:.1f} {r * high:.1f}h{wide - gap:.2f}v{high - 1:.1f}h-{wide - gap:.2f}z"
            for r, c in zip(rows.tolist(), columns.tolist(), strict=True)
        )


def _status_map(
    grid: _Grid,
    rows: np.ndarray,
    columns: np.ndarray,
    status: np.ndarray,
    gone: tuple[np.ndarray, np.ndarray],
) -> TileMap:
    cells, said = [], []
    for name in STATUSES:
        mask = status == name
        r, c = rows[mask], columns[mask]
        if name == "missing":
            r, c = np.concatenate([r, gone[0]]), np.concatenate([c, gone[1]])
        if len(r):
            cells.append(Cells(f"tile-{name}", grid.path(r, c), STATUS_WORDS[name]))
            said.append(f"{count(len(r))} {name}")
    words = f"Grid of {grid.rows} rows and {grid.columns} columns of tiles: {', '.join(said)}."
    return TileMap("Status", words, *grid.size, cells)


def _index_map(
    grid: _Grid,
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    about: tuple[str, str, str],
) -> TileMap:
    title, meaning, unit = about
    low, high = float(values.min()), float(values.max())
    shade = np.zeros(len(values), int)
    if high > low:
        shade = np.minimum(((values - low) / (high - low) * CLASSES).astype(int), CLASSES - 1)
    cells = [
        Cells(f"shade-{k}", grid.path(rows[shade == k], columns[shade == k]), "")
        for k in range(CLASSES)
        if (shade == k).any()
    ]
    decimals = decimals_for(high, low, high)
    span = f"{written(low, decimals)} to {written(high, decimals)} {unit}".strip()
    words = f"{title} ({meaning}) of each tile, from {span}; darker is more."
    return TileMap(title, words, *grid.size, cells, span)
