"""A made-up section folder, written through the real schemas: what the reports are tested on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from transect.measure.tables import (
    BLOCKS,
    COLUMNS,
    CRACKS,
    METRICS,
    PARTICLES,
    PORES,
    PROFILE,
)
from transect.mosaic.tables import DETAILS, LEVELS, POSITIONS, SEAMS
from transect.parallel import WINDOW
from transect.phases import COLORS, Phase
from transect.statistics.registry import REGISTRY
from transect.statistics.tables import AGGREGATES, VERDICTS
from transect.storage.stores import new_store
from transect.storage.tables import Column, Schema, write_table
from transect.tiles.tables import TILES

PX_UM = 0.05
ZERO = {"string": "", "bool": False, "float64": np.nan}


@dataclass(frozen=True)
class Made:
    """What a section is like."""

    batch: str = "B07"
    cell: str = "C1"
    section: str = "s01"
    rows: int = 900
    columns: int = 5200
    grid: tuple[int, int] = (3, 14)
    particles: bool = True
    foil: bool = True
    blank: bool = False
    seed: int = 7
    shift: float = 0.0

    @property
    def keys(self) -> dict[str, str]:
        return {"batch": self.batch, "cell": self.cell, "section": self.section}


def fake_section(folder: Path, made: Made | None = None) -> Path:
    """Write every file that a report reads; returns the folder."""
    made = made or Made()
    random = np.random.default_rng(made.seed)
    layers = _layers(made)
    grey, phases, labels, spots = _pixels(made, layers, random)
    _stores(folder, grey, phases, labels)
    write_table(folder / "layers.parquet", layers, LAYERS, {"foil": str(made.foil).lower()})
    tables = folder / "tables"
    particles, cracks = _particles(made, layers, spots, random)
    write_table(tables / "particles.parquet", particles, PARTICLES)
    write_table(tables / "cracks.parquet", cracks, CRACKS)
    write_table(tables / "pores.parquet", _pores(made, random), PORES)
    write_table(tables / "blocks.parquet", _blocks(made, random), BLOCKS)
    write_table(tables / "profile.parquet", _profile(made), PROFILE)
    write_table(tables / "columns.parquet", _columns(made, layers), COLUMNS)
    metrics = _metrics(made, random)
    write_table(tables / "metrics.parquet", metrics, METRICS)
    write_table(folder / "verdicts.parquet", _verdicts(made, metrics), VERDICTS)
    tiles = _tiles(made, random)
    write_table(folder / "tiles.parquet", tiles, TILES)
    _stitching(folder, made, tiles, random)
    write_table(folder / "details.parquet", DETAILS.empty(), DETAILS)
    return folder


def fake_batch(folder: Path, cells: int = 3, sections: int = 2) -> Path:
    """Write a batch with its aggregates; returns the folder."""
    for c in range(cells):
        for s in range(sections):
            made = Made(
                batch=folder.name, cell=f"C{c + 1}", section=f"s{s + 1:02d}",
                rows=300, columns=900, grid=(1, 2), seed=10 * c + s, shift=0.02 * c,
            )  # fmt: skip
            fake_section(folder / made.cell / made.section, made)
        _aggregate(folder / f"C{c + 1}" / "metrics.parquet", folder.name, f"C{c + 1}", 0.02 * c)
    _aggregate(folder / "metrics.parquet", folder.name, "", 0.02)
    return folder


def fill(schema: Schema, rows: int, **columns: Any) -> pd.DataFrame:
    """Table of a schema: the columns given, and nothing in the others."""
    return pd.DataFrame(
        {c.name: columns.get(c.name, np.full(rows, ZERO.get(c.dtype, 0))) for c in schema.columns}
    )


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


def _layers(made: Made) -> pd.DataFrame:
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


def _pixels(made: Made, layers: pd.DataFrame, random: np.random.Generator) -> tuple[Any, ...]:
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


def _stores(folder: Path, grey: Any, phases: Any, labels: Any) -> None:
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


def _particles(made: Made, layers: pd.DataFrame, spots: Any, random: Any) -> tuple[Any, Any]:
    n = len(spots)
    number, x, y, radius = np.array(spots).reshape(-1, 4).T
    ecd = 2 * radius * PX_UM * random.uniform(0.95, 1.05, n)
    cracked = number % 4 == 0
    particles = fill(
        PARTICLES, n, **made.keys, particle=number.astype(np.uint64),
        side=np.where(y < made.rows / 2, "a", "b"), x_um=x * PX_UM, mosaic_x_um=x * PX_UM,
        mosaic_y_um=y * PX_UM, ecd_um=ecd, area_um2=np.pi / 4 * ecd**2,
        aspect_ratio=random.uniform(0.7, 1, n), crack_area_um2=np.where(cracked, 0.3, 0.0),
        crack_area_fraction=np.where(cracked, 0.04, 0), void_area_um2=random.random(n) * (n > 0),
        ml_weight=1 + ecd / 300, cracked=cracked,
    )  # fmt: skip
    k = int(cracked.sum())
    length = ecd[cracked] * random.uniform(0.3, 1, k)
    cracks = fill(
        CRACKS, k, **made.keys, crack=number[cracked].astype(np.uint64),
        mosaic_x_um=x[cracked] * PX_UM, mosaic_y_um=y[cracked] * PX_UM, length_um=length,
        width_mean_um=random.lognormal(-2, 0.3, k), area_um2=length * 0.1,
    )  # fmt: skip
    return particles, cracks


def _pores(made: Made, random: Any) -> pd.DataFrame:
    kinds = np.repeat(["inter", "intra", "gap"], (700, 260, 3))
    ecd = random.lognormal(-0.6, 0.6, len(kinds))
    return fill(PORES, len(kinds), **made.keys, kind=kinds, ecd_um=ecd, area_um2=ecd**2)


def _blocks(made: Made, random: Any) -> pd.DataFrame:
    edges = np.arange(0, made.columns * PX_UM + 1e-6, 5.0)
    n = len(edges) - 1
    share = random.dirichlet([60, 12, 25, 1], n) * 80
    parts = ("active_material", "binder", "pore", "crack")
    areas = {f"area_{p}_um2": share[:, i] for i, p in enumerate(parts)}
    return fill(
        BLOCKS, n, **made.keys, block=np.arange(n), side="a", x0_um=edges[:-1], x1_um=edges[1:],
        area_valid_um2=np.full(n, 80.0), **areas,
    )  # fmt: skip


def _profile(made: Made) -> pd.DataFrame:
    rows = []
    for side in "ab" if made.foil else "a":
        for b in range(20):
            zeta = (b + 0.5) / 20
            binder = 0.10 + 0.05 * zeta**2 + (0.01 if side == "b" else 0)
            pore = 0.27 - 0.05 * zeta
            shares = {"binder": binder, "pore": pore, "crack": 0.008, "void": 0.004}
            shares["active_material"] = 1 - sum(shares.values())
            for phase, value in shares.items():
                half = 0.1 * value**0.7 * (1 + 0.3 * np.sin(9 * zeta))
                rows.append(
                    (side, b, b / 20, (b + 1) / 20, phase, value, value - half, value + half)
                )
    names = ["side", "depth_bin", "zeta0", "zeta1", "phase", "fraction", "ci_low", "ci_high"]
    columns = pd.DataFrame(rows, columns=names).to_dict("series")
    return fill(PROFILE, len(rows), **made.keys, **columns)


def _columns(made: Made, layers: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for side in "ab" if made.foil else "a":
        n = len(layers)
        thick = np.abs(layers[f"{side}_base_px"] - layers[f"{side}_surface_px"]) * PX_UM
        gap = (layers["foil_top_px"] - layers["a_base_px"]) * PX_UM if side == "a" else np.zeros(n)
        parts.append(
            fill(
                COLUMNS,
                n,
                **made.keys,
                side=side,
                x_um=layers["column_px"] * PX_UM,
                thickness_um=thick if made.foil else np.full(n, np.nan),
                gap_um=gap,
                delaminated=np.asarray(gap) > 0.3,
            )  # fmt: skip
        )
    return pd.concat(parts, ignore_index=True)


_VALUES = {
    "um": (8.2, 0.21), "1/um": (0.41, 0.012), "um2/mm": (210.0, 30.0), "1/mm2": (12040.0, 260.0),
}  # fmt: skip
_SIDED = ("t_", "delam", "gap", "longest")
_OF_PARTICLES = ("d1", "d5", "d9", "span", "ecd", "aspect", "circ", "solid", "crack", "n_")


def _metrics(made: Made, random: Any) -> pd.DataFrame:
    rows = []
    for name, metric in REGISTRY.items():
        value, half = _VALUES.get(metric.unit, (0.234, 0.006))
        value = (value + made.shift) * random.uniform(0.9, 1.1)
        if name.startswith("t_m"):
            value, half = value + 8, 0.4
        for side in "ab" if name.startswith(_SIDED) else ("",):
            note, count = "", 64
            if name == "n_particles":
                value, half, count = 1204.0, np.nan, 1204
            if not made.particles and name.startswith(_OF_PARTICLES):
                value, half, note, count = np.nan, np.nan, "no particles were found", 0
            if not made.foil and name.startswith(_SIDED):
                value, half, note, count = np.nan, np.nan, "no foil was found", 0
            rows.append((name, side, value, metric.unit, value - half, value + half, count, note))
    names = ["metric", "side", "value", "unit", "ci_low", "ci_high", "n", "note"]
    columns = pd.DataFrame(rows, columns=names).to_dict("series")
    method = "moving-block bootstrap over 5 um blocks, 400 replicates"
    return fill(METRICS, len(rows), **made.keys, method=method, **columns)


_LIMITS = {
    "porosity_total": (0.20, 0.30, "pass"),
    "t_cv": (np.nan, 0.24, "not decidable"),
    "delam_fraction": (np.nan, 0.05, "fail"),
    "cracked_fraction": (np.nan, 0.35, "pass"),
    "d50_area_um": (6.0, 11.0, "pass"),
}


def _verdicts(made: Made, metrics: pd.DataFrame) -> pd.DataFrame:
    found = [_LIMITS.get(m, (np.nan, np.nan, "no limit")) for m in metrics["metric"]]
    columns = {c: metrics[c] for c in ("metric", "side", "value", "ci_low", "ci_high", "unit")}
    low, high, verdict = zip(*found, strict=True)
    return fill(
        VERDICTS, len(metrics), **made.keys, **columns, limit_low=low, limit_high=high,
        verdict=verdict,
    )  # fmt: skip


def _tiles(made: Made, random: Any) -> pd.DataFrame:
    rows, columns = np.indices(made.grid).reshape(2, -1)
    n = len(rows)
    status = np.full(n, "ok", dtype=object)
    reason = np.full(n, "", dtype=object)
    if made.blank:
        status[:] = "blank"
    elif n > 20:
        status[[0, 3]] = "blank"
        status[17], reason[17] = "quarantined", "truncated: 12 of 960 rows can be read"
    names = [f"r{r:02d}_c{c:02d}" for r, c in zip(rows, columns, strict=True)]
    table = fill(
        TILES, n, tile=names, channel="BSE", file=[f"{t}.tif" for t in names], row=rows,
        column=columns, status=status, reason=reason, focus_um=random.uniform(0.2, 0.4, n),
        noise_sd=random.uniform(5, 7, n), saturation_fraction=random.uniform(0, 0.01, n),
        curtaining_index=random.uniform(0, 0.2, n),
    )  # fmt: skip
    return table.drop(index=[20]) if n > 20 else table


def _stitching(folder: Path, made: Made, tiles: pd.DataFrame, random: Any) -> None:
    used = tiles[tiles["status"] != "quarantined"].reset_index(drop=True)
    high, wide = made.rows / made.grid[0], made.columns / made.grid[1]
    blank = np.array(used["status"] == "blank")
    positions = fill(
        POSITIONS, len(used), tile=used["tile"], row=used["row"], column=used["column"],
        x_px=used["column"] * wide, y_px=used["row"] * high, dx_px=random.normal(0, 9, len(used)),
        dy_px=random.normal(0, 9, len(used)), se_px=random.uniform(0.02, 0.2, len(used)),
        n_pairs=np.where(blank, 0, 3), component=np.where(blank, 1, 0),
        placed_by=np.where(blank, "stage", "pairs"),
    )  # fmt: skip
    facts = {"px_um": str(PX_UM), "rotation_deg": "0.132"}
    write_table(folder / "positions.parquet", positions, POSITIONS, facts)
    levels = fill(
        LEVELS, len(used), tile=used["tile"], channel="BSE", present=True, shift_x_px=0.0,
        shift_y_px=0.0, gain=random.uniform(0.97, 1.03, len(used)),
    )  # fmt: skip
    write_table(folder / "levels.parquet", levels, LEVELS, {"reference": "BSE"})
    one, two = used["tile"].iloc[:-1], used["tile"].iloc[1:]
    n = len(one)
    good = np.arange(n) % 9 != 4
    seams = fill(
        SEAMS, n, tile_a=np.array(one), tile_b=np.array(two), direction="x",
        confidence=random.uniform(0.3, 0.95, n), null_threshold=np.full(n, 0.21),
        residual_px=np.where(good, random.normal(0, 0.12, n), np.nan),
        accepted=good, checked=good, reason=np.where(good, "", "not better than unrelated tiles"),
    )  # fmt: skip
    write_table(folder / "seams.parquet", seams, SEAMS)
    index = {
        "schema": 1, "reader": "hitachi", "pixel_nm": 1000 * PX_UM, "channels": ["BSE"],
        "tile_shape": [int(high), int(wide)], "tiles": [],
        "microscope": {"InstructName": "SU8230", "AcceleratingVoltage": "5000 Volt"},
        "quarantined": [{"file": "IMG_0404.tif", "reason": "not an image: 0 bytes"}],
    }  # fmt: skip
    (folder / "tiles.json").write_text(json.dumps(index), encoding="utf-8")


def _aggregate(path: Path, batch: str, cell: str, shift: float) -> None:
    n = len(REGISTRY)
    units = [m.unit for m in REGISTRY.values()]
    value = np.array([_VALUES.get(u, (0.234, 0))[0] for u in units]) + shift
    table = fill(
        AGGREGATES, n, batch=batch, cell=cell, metric=list(REGISTRY), side="", value=value,
        sd_between=value * 0.05, ci_low=value * 0.9, ci_high=value * 1.1, unit=units,
        n_sections=6, n_cells=3, method="t interval over cells",
    )  # fmt: skip
    write_table(path, table, AGGREGATES)
