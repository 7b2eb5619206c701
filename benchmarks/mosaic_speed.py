"""Time and memory of registration and fusion, in turns with ASHLAR and with a plain copy."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from statistics import median

import numpy as np
from mosaic_bench import Bench, below, least, most, tell
from mosaic_work import Peer, Place, Timed, fuse, register, run_peer
from steps import spawn

from transect.storage.images import open_image

MEGA = 1e6
STORE = "timed-{}.zarr"


def speed(bench: Bench) -> bool:
    """Registration and fusion against ASHLAR, in turns, and against a plain copy."""
    place = bench.textured()
    # Compiled kernels and the disk's cache are warm for all.
    register(place)
    ours: list[Timed] = []
    slow: list[Timed] = []
    fused: list[Timed] = []
    peers: list[Peer] = []
    copies: dict[str, list[float]] = {"": [], "zarrs": []}
    for run in range(bench.runs):
        slow.append(register(place, draws=500))
        ours.append(register(place))
        # Nothing that ran before writes on, and what it wrote stays: a file system may be slow to
        # give away anew what was deleted a moment ago.
        os.sync()
        fused.append(fuse(place, STORE.format(run)))
        for codec, seconds in copies.items():
            os.sync()
            seconds.append(_copy(place, run, codec))
        os.sync()
        if bench.python is not None:
            peers.append(run_peer(place, "ashlar", bench.python, fuse=True, again=True))
    fine = _registering(ours, slow, peers)
    fine &= _fusing(place, fused, copies, peers)
    for store in place.out.glob(STORE.format("*")):
        shutil.rmtree(store)
    return fine


def _registering(ours: list[Timed], slow: list[Timed], peers: list[Peer]) -> bool:
    seconds, equal = median(t.inside_s for t in ours), median(t.inside_s for t in slow)
    tell("registration: wall", seconds, "s")
    tell("registration: wall of the command", median(t.cost.wall_s for t in ours), "s")
    tell("registration: processor time", median(t.cost.cpu_s for t in ours), "s")
    tell("registration, 1000 null draws: wall", equal, "s")
    fine = below("registration: peak memory", max(t.cost.peak_mb for t in ours), 1000, "MB")
    if not peers:
        return fine
    theirs = median(p.result["register_s"] for p in peers)
    tell("registration: ashlar, wall", theirs, "s")
    tell("registration: ashlar, wall of the process", median(p.cost.wall_s for p in peers), "s")
    tell("registration: ashlar, of that its null", median(p.result["null_s"] for p in peers), "s")
    tell("registration: ashlar, null draws", peers[0].result["null_draws"], "draws")
    fine &= least("registration: times faster than ashlar", theirs / seconds, 25)
    return fine & least(
        "registration: times faster than ashlar at equal null draws", theirs / equal, 8
    )


def _fusing(
    place: Place, fused: list[Timed], copies: dict[str, list[float]], peers: list[Peer]
) -> bool:
    seconds = median(t.inside_s for t in fused)
    size = float(np.prod(open_image(place.out / STORE.format(0)).shape)) / MEGA
    tell("fusion: wall", seconds, "s")
    tell("fusion: wall of the command", median(t.cost.wall_s for t in fused), "s")
    tell("fusion: speed", size / seconds, "Mpx/s")
    fine = below("fusion: peak memory", max(t.cost.peak_mb for t in fused), 2000, "MB")
    plain, rust = median(copies[""]), median(copies["zarrs"])
    tell("fusion: plain zarr copy, wall", plain, "s")
    tell("fusion: zarr copy by the Rust codecs, wall", rust, "s")
    fine &= most("fusion: wall over a plain zarr copy", seconds / plain, 2, "1")
    tell("fusion: wall over a zarr copy by the Rust codecs", seconds / rust, "1")
    if not peers:
        return fine
    theirs = median(p.result["fuse_s"] for p in peers)
    tell("fusion: ashlar, wall", theirs, "s")
    tell("fusion: ashlar, peak memory of both", max(p.cost.peak_mb for p in peers), "MB")
    return fine & least("fusion: times faster than ashlar", theirs / seconds, 30)


def _copy(place: Place, run: int, codec: str) -> float:
    store = place.out / STORE.format(run)
    level = store / open_image(store).arrays[0].path
    script = Path(__file__).with_name("mosaic_copy.py")
    target = place.out / STORE.format(f"{run}-copy{codec}")
    command = [sys.executable, str(script), str(level), str(target)]
    _, text = spawn([*command, codec] if codec else command)
    return float(text.rpartition("seconds ")[2])
