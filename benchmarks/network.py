"""How fast a section is segmented from a network's maps, and how fast the network makes them.

`python benchmarks/network.py [MODEL]` draws a section of 100 megapixels whose maps are its truth,
blurred and with noise, and segments it; with the folder of a model, two windows of it are asked.
Figures are of one core's processor time. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from steps import figure

from transect.geometry import LAYERS, LINES
from transect.parallel import MOSAIC_SHARD, WINDOW
from transect.segment.learned import PREDICTIONS
from transect.segment.maps import CAP_PX, MAPS
from transect.segment.steps import predict, segment
from transect.segment.thresholds import Thresholds
from transect.storage.stores import new_store
from transect.storage.tables import write_table

U8 = npt.NDArray[np.uint8]
PX_UM, COLUMNS = 0.05, 6 * MOSAIC_SHARD
GOAL = 15.0
"""Megapixels a second and core that everything after the network must reach."""


def drawn(seed: int = 1) -> tuple[U8, U8]:
    """Greys of a shard of touching particles with cracks in binder and pores, and its maps."""
    rng, edge = np.random.default_rng(seed), MOSAIC_SHARD
    owner = np.zeros((edge, edge), np.int32)
    for k in range(1, 2600):
        centre = tuple(int(v) for v in rng.integers(0, edge, 2))
        radius = int(np.clip(rng.lognormal(np.log(45), 0.5), 10, 200))
        cv2.circle(owner, centre, radius, k, -1)
    crack = np.zeros(owner.shape, np.uint8)
    for _ in range(900):
        (x, y), angle = rng.integers(0, edge, 2), rng.uniform(0, np.pi)
        end = (int(x + 60 * np.cos(angle)), int(y + 60 * np.sin(angle)))
        cv2.line(crack, (int(x), int(y)), end, 1, 3)
    crack &= (owner > 0).view(np.uint8)
    line = np.zeros(owner.shape, bool)
    line[:, 1:] |= owner[:, 1:] != owner[:, :-1]
    line[1:] |= owner[1:] != owner[:-1]
    far = cv2.distanceTransform((~line).view(np.uint8), cv2.DIST_L2, 5)
    far = np.minimum(far, CAP_PX) * (owner > 0)
    deepest = np.ones(owner.max() + 1, np.float32)
    np.maximum.at(deepest, owner.ravel(), far.ravel().astype(np.float32))
    binder = cv2.GaussianBlur(rng.normal(size=owner.shape).astype(np.float32), (0, 0), 9) > 0
    solid = (owner > 0) & (crack == 0)
    truth = {
        "active_material": solid,
        "binder": binder & (owner == 0),
        "pore": ~binder & (owner == 0) | (crack > 0),
        "boundary": line & (owner > 0),
        "distance": far / deepest[owner],
        "crack": crack,
    }
    maps = np.zeros((len(MAPS), edge, edge), np.uint8)
    for name, values in truth.items():
        soft = cv2.GaussianBlur(values.astype(np.float32), (0, 0), 1.2)
        noise = cv2.GaussianBlur(rng.normal(0, 0.05, soft.shape).astype(np.float32), (0, 0), 1.5)
        sure = np.clip(soft + noise * (soft > 0.02), 0, 1)
        maps[MAPS.index(name)] = np.rint(255 * sure)
    grey = np.where(solid, 200, np.where(binder & (owner == 0), 70, 20)).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.0) + rng.normal(0, 8, grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8), maps


def write(folder: Path, grey: U8, maps: U8) -> None:
    """Write the section: the shard again and again, all of it coating."""
    shape = (MOSAIC_SHARD, COLUMNS)
    with new_store(folder / "mosaic.zarr", recipe=1, inputs={}) as store:
        pixels = store.image(
            "", (1, *shape), np.uint8, PX_UM, shard=MOSAIC_SHARD, levels=1, channels=["BSE"]
        )
        valid = store.image(
            "labels/valid", shape, np.uint8, PX_UM, kind="labels", shard=MOSAIC_SHARD, levels=1
        )
        for c in range(0, COLUMNS, MOSAIC_SHARD):
            pixels.write(0, c, grey[None])
            valid.write(0, c, np.ones_like(grey))
    with new_store(folder / "blocks" / "0" / PREDICTIONS, recipe=1, inputs={}) as store:
        image = store.image("maps", (len(MAPS), *shape), np.uint8, PX_UM, levels=1, channels=MAPS)
        for c in range(0, COLUMNS, WINDOW):
            for r in range(0, MOSAIC_SHARD, WINDOW):
                start = c % MOSAIC_SHARD
                image.write(r, c, maps[:, r : r + WINDOW, start : start + WINDOW])
    layers = LAYERS.empty().reindex(range(COLUMNS))
    layers = layers.assign(column_px=range(COLUMNS), a_measured=True, b_measured=False)
    layers = layers.assign(**dict.fromkeys(LINES, np.nan))
    layers = layers.assign(a_surface_px=0.0, a_base_px=float(MOSAIC_SHARD))
    write_table(folder / "layers.parquet", layers, LAYERS, {"facts": "{}"})
    limits = Thresholds((0.0, 255.0), 20.0, 70.0, 200.0, 8.0, 5.0, grey.size)
    limits.save(folder / "thresholds.json")


def main() -> None:
    """Segment, ask, print."""
    fine = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder, *drawn())
        shared = {n: folder / n for n in ("mosaic.zarr", "layers.parquet", "thresholds.json")}
        inputs = {path.stem: path for path in shared.values()} | {"block": 0, "blocks": 1}
        for name in ("first", "second"):
            # The first one compiles.
            start = time.process_time()
            segment(
                **inputs,
                output=folder / name / "segments.zarr",
                contacts=folder / name / "contacts.parquet",
                faces=folder / name / "faces.parquet",
                predictions=folder / "blocks",
                settings='{"engine": "network", "model": "none"}',
            )
            spent = time.process_time() - start
        speed = MOSAIC_SHARD * COLUMNS / spent / 1e6
        what = "from a network's maps to phases and basins, files included"
        fine &= figure(what, round(speed, 1), "Mpx/s a core", f">= {GOAL:g}", speed >= GOAL)
        if len(sys.argv) > 1:
            settings = json.dumps({"engine": "network", "model": sys.argv[1]})
            start = time.process_time()
            # Of as many blocks as shards, the first is four windows.
            inputs |= {"blocks": COLUMNS // MOSAIC_SHARD}
            output, table = folder / "asked" / PREDICTIONS, folder / "asked" / "windows.parquet"
            predict(**inputs, output=output, windows=table, settings=settings)
            speed = MOSAIC_SHARD**2 / (time.process_time() - start) / 1e6
            figure("asking the network", round(speed, 2), "Mpx/s a core", "", None)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
