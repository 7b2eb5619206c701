"""How fast a window is, from greys to particles, and how much memory its worker takes.

A worker is a process of its own that labels one window of 2048 x 2048 px of coating with its full
halo, as most windows of a large section have it: phases, cracks, basins and contacts. Processor
time of the fastest of three, one thread; peak memory of the whole process.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from segmentation_bench import Bench, engine_config, least, most
from segmentation_made import one_of
from segmentation_peers import chain
from steps import spawn

from transect.config import SegmentConfig
from transect.parallel import WINDOW, Window
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import UNDECIDED, Engine
from transect.segment.gaps import Gaps
from transect.segment.greys import Normal
from transect.segment.image import segment_image
from transect.segment.learned import NetworkEngine
from transect.segment.maps import HALO, coating
from transect.segment.network import Network
from transect.segment.smoothing import MOST, Smoothing
from transect.segment.solid import Solid
from transect.segment.windows import segment_window

U8 = npt.NDArray[np.uint8]
GOALS = {"network": 4.0, "classical": 8.0}
MOST_MB = 2000.0
RUNS, ROOM = 3, 600
"""Times that a window is labelled, and pixels around it that there are."""


def speed(bench: Bench) -> bool:
    """Speed and memory of every method, each in a process of its own."""
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.npy"
        np.save(path, one_of("nmc", seed=1).image)
        for name in bench.methods:
            model = str(bench.model or "")
            cost, text = spawn([sys.executable, __file__, name, str(path), model])
            pace = WINDOW**2 / json.loads(text.splitlines()[-1]) / 1e6
            fine &= least(f"speed, {name}: with instances", pace, GOALS.get(name), "Mpx/s a core")
            limit = MOST_MB if name in GOALS else None
            fine &= most(f"speed, {name}: peak memory of a worker", cost.peak_mb, limit, "MB")
    return fine


def _work(name: str, image: U8, model: Path | None) -> Callable[[], object]:
    """Give what is timed: one inner window by a method."""
    config = engine_config("classical" if name == "scikit-image" else name, model)
    # Mirrored, so that there is coating on all sides.
    near = image[:WINDOW, :WINDOW]
    rest = [(0, WINDOW - n) for n in near.shape]
    around = np.pad(np.pad(near, rest, mode="symmetric"), ROOM, mode="symmetric")
    if name == "scikit-image":
        inner = around[ROOM:-ROOM, ROOM:-ROOM]
        return lambda: chain(inner, None)
    if name == "network":
        return _by_network(config, around)
    greys = segment_image(image).thresholds
    engine = ClassicalEngine(greys, config.denoise_px, config.crack_width_px)
    return lambda: _labelled(engine, around)


def _by_network(config: SegmentConfig, around: U8) -> Callable[[], object]:
    network, engine = Network.load(config.model_folder), NetworkEngine(config.crack_width_px)
    normal = Normal.of(np.bincount(around.ravel(), minlength=256))
    window = Window(ROOM, ROOM + WINDOW, ROOM, ROOM + WINDOW)
    shape = (around.shape[0], around.shape[1])
    # As far as outlines are ever smoothed.
    smoothing = Smoothing(outlines_px=MOST)
    outer, part = window.padded(HALO, shape), window.padded(smoothing.outline_reach, shape)
    gaps, core = Gaps(16, 40, 62), window.inside(part)
    solid = Solid(tuple(np.linspace(-1.2, 1.2, 256)))

    def once() -> object:
        maps, _ = network.look(
            normal.apply(around[outer.slices]), window, outer, part, coating(), normal.shares
        )
        grey = around[part.slices]
        zone = np.full(grey.shape, UNDECIDED, np.uint8)
        maps = solid.weigh(smoothing.outlines(maps), grey, zone)
        maps = gaps.weigh(maps, grey, zone)[(..., *core)]
        # Neighbours' maps are read, not made again.
        return _labelled(engine, np.pad(maps, [(0, 0), (ROOM, ROOM), (ROOM, ROOM)], "symmetric"))

    return once


def _labelled(engine: Engine, pixels: U8) -> object:
    shape = (pixels.shape[-2], pixels.shape[-1])
    zone = np.full(shape, UNDECIDED, np.uint8)
    window = Window(ROOM, ROOM + WINDOW, ROOM, ROOM + WINDOW)
    return segment_window(
        lambda w: (pixels[(..., *w.slices)], zone[w.slices]), shape, window, engine
    )


def main(name: str, path: str, model: str) -> None:
    """Time a method in this process, and write its seconds."""
    cv2.setNumThreads(1)
    once = _work(name, np.load(path), Path(model) if model else None)
    once()
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        once()
        seconds.append(time.process_time() - start)
    sys.stdout.write(json.dumps(min(seconds)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
