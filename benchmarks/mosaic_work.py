"""Take raw tiles to a mosaic, by transect's commands or by a peer, and note the cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from steps import Cost, Failed, call, spawn

from transect.mosaic.tables import POSITIONS
from transect.storage.tables import read_table
from transect.tiles.index import Tile, TileIndex

Floats = npt.NDArray[np.float64]
Settings = Mapping[str, Mapping[str, object]]

PEERS: dict[str, dict[str, object]] = {
    "ashlar": {"filter_sigma": 1.0, "alpha": 0.01},
    "m2stitch": {"ncc_threshold": 0.1, "pou": 3},
    "multiview-stitcher": {"bins": 1, "tolerance_px": 40},
}
"""Peers with the best of the settings that were tried on 3 x 20 tiles of 1024 px: filter_sigma 0,
1, 2, 4; ncc_threshold 0.5 (fails), 0.3, 0.1; bins 1, 2 with tolerance_px 0, 40."""

REACH_PX = 80
"""How far from the stage a peer may look: transect's own default."""

# The step's module is loaded first: what a program loads is not what is timed, in peers neither.
_INSIDE = """
import importlib, sys, time
from transect.cli import COMMANDS, app
importlib.import_module(COMMANDS[sys.argv[1]].split(":")[0])
start = time.perf_counter()
app(sys.argv[1:])
sys.stdout.write(f"seconds {time.perf_counter() - start}")
"""


@dataclass(frozen=True)
class Place:
    """A raw folder, the folder of its results, and the settings of the stages."""

    raw: Path
    out: Path
    settings: Settings = field(default_factory=dict)
    threads: int = 2

    @property
    def source(self) -> tuple[object, ...]:
        """Options that name the tiles."""
        return "--tiles", self.out / "tiles.json", "--folder", self.raw

    @property
    def common(self) -> tuple[object, ...]:
        """Options of every step that works on pixels."""
        return *self.source, "--threads", self.threads

    def of(self, stage: str) -> tuple[str, str]:
        """Option with the settings of a stage."""
        return "--settings", json.dumps(dict(self.settings.get(stage, {})))

    def index(self) -> TileIndex:
        """Index of the tiles."""
        return TileIndex.load(self.out / "tiles.json")


@dataclass(frozen=True)
class Timed:
    """Cost of a process, and the seconds it worked after everything was loaded."""

    cost: Cost
    inside_s: float


def prepare(place: Place) -> dict[str, Cost]:
    """Run index, check and shading; the cost of each."""
    out, checks = place.out, ("--checks", place.out / "tiles.parquet")
    index = call(
        "index", "--folder", place.raw, "--output", out / "tiles.json", *place.of("tiles"),
        "--threads", place.threads,
    )  # fmt: skip
    check = call("check", *place.common, "--output", checks[1])
    shading = call("shading", *place.common, *checks, "--output", out / "shading.npz")
    return {"index": index, "check": check, "shading": shading}


def register(place: Place, draws: int | None = None) -> Timed:
    """Run the step `register`."""
    settings = dict(place.settings.get("mosaic", {}))
    if draws is not None:
        settings["null_draws"] = draws
    return _timed(
        "register", *place.common, "--checks", place.out / "tiles.parquet",
        "--shading", place.out / "shading.npz", "--positions", place.out / "positions.parquet",
        "--seams", place.out / "seams.parquet", "--levels", place.out / "levels.parquet",
        "--settings", json.dumps(settings),
    )  # fmt: skip


def fuse(place: Place, store: str = "mosaic.zarr") -> Timed:
    """Run the step `fuse`."""
    return _timed(
        "fuse", *place.common, "--positions", place.out / "positions.parquet",
        "--levels", place.out / "levels.parquet", "--shading", place.out / "shading.npz",
        "--output", place.out / store,
        *place.of("fusion"),
    )  # fmt: skip


def _timed(*options: object) -> Timed:
    try:
        cost, text = spawn([sys.executable, "-c", _INSIDE, *map(str, options)])
    except Failed as error:
        sys.exit(f"transect {' '.join(map(str, options))}\n{error}")
    return Timed(cost, float(text.rpartition("seconds ")[2]))


def positions(place: Place) -> dict[str, Floats]:
    """Where the last registration placed each tile."""
    frame = read_table(place.out / "positions.parquet", POSITIONS)
    return {row.tile: np.array([row.x_px, row.y_px]) for row in frame.itertuples()}


@dataclass(frozen=True)
class Peer:
    """What a peer did: its cost, its result, or why it has none."""

    name: str
    cost: Cost
    result: dict[str, Any]
    failed: str = ""

    def positions(self, tiles: list[Tile]) -> dict[str, Floats]:
        """Where it placed each tile."""
        found = self.result["positions"]
        return {t.tile: np.array(xy) for t, xy in zip(tiles, found, strict=True)}


def run_peer(
    place: Place, name: str, python: Path, fuse: bool = False, again: bool = False
) -> Peer:
    """Run a peer on the same files and the same stage; what it did before is kept.

    Parameters
    ----------
    place
        Indexed tiles.
    name
        One of `PEERS`.
    python
        Python of the peers' environment.
    fuse
        Also write its mosaic.
    again
        Run even when the result of the same job is there.
    """
    folder = place.out / "peers"
    folder.mkdir(exist_ok=True)
    job = _job(place, name) | {"fuse": str(folder / f"{name}.ome.tif") if fuse else None}
    kept, asked, told = (folder / f"{name}.{kind}.json" for kind in ("kept", "job", "result"))
    if kept.is_file() and not again:
        before = json.loads(kept.read_text())
        if {**before["job"], "fuse": None} == {**job, "fuse": None}:
            return Peer(name, Cost(**before["cost"]), before["result"], before["failed"])
    asked.write_text(json.dumps(job))
    script = Path(__file__).with_name("mosaic_peers.py")
    try:
        cost, _ = spawn([str(python), str(script), name, str(asked), str(told)])
        peer = Peer(name, cost, json.loads(told.read_text()))
    except Failed as error:
        peer = Peer(name, Cost(), {}, str(error).strip().splitlines()[-1][:200])
    if fuse:
        Path(job["fuse"]).unlink(missing_ok=True)
    facts = {"job": job, "cost": asdict(peer.cost), "result": peer.result, "failed": peer.failed}
    kept.write_text(json.dumps(facts))
    return peer


def _job(place: Place, name: str) -> dict[str, Any]:
    """Say what a peer is asked: files, grid and stage as transect's own index has them."""
    index = place.index()
    tiles = index.of_channel(index.channels[0])
    stage = np.array([(t.stage_x_um, t.stage_y_um) for t in tiles]) / index.px_um
    return {
        "files": [str((place.raw / t.file).resolve()) for t in tiles],
        "rows": [t.row for t in tiles],
        "columns": [t.column for t in tiles],
        "stage_px": (stage - stage.min(axis=0)).tolist(),
        "pixel_um": index.px_um,
        "tile_shape": list(index.tile_shape),
        "threads": place.threads,
        "max_shift_px": REACH_PX,
        "settings": PEERS[name],
    }
