"""Tiles of a made-up section, and how they were placed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from support.report_made import PX_UM, Made, fill
from transect.mosaic.tables import LEVELS, POSITIONS, SEAMS
from transect.storage.tables import write_table
from transect.tiles.tables import TILES


def made_tiles(made: Made, random: Any) -> pd.DataFrame:
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


def made_stitching(folder: Path, made: Made, tiles: pd.DataFrame, random: Any) -> None:
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
