"""A million particles: how long joining and aggregating takes, and how much memory.

`python benchmarks/million.py` measures one packing of discs window by window along a long mosaic,
as the step does, keeps the sums of each block on the disk, and joins them in a process of its own,
whose memory is that of joining alone. `--windows 20` is a quick look. Exits 1 when a goal is
missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from steps import figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from measurement import REACH, packing  # noqa: E402

from support.sections import NO_GROUPS, NO_LUMPS, SETTINGS, bare_lines  # noqa: E402
from transect.config import StatisticsConfig  # noqa: E402
from transect.measure.joined import Joined, Settings  # noqa: E402
from transect.measure.partials import merge, merge_files, write_partials  # noqa: E402
from transect.measure.radial.layers import LAYERS, SUMS  # noqa: E402
from transect.measure.radial.section import frame_of  # noqa: E402
from transect.measure.radial.tables import RADIAL_SUMS  # noqa: E402
from transect.measure.section import section_tables  # noqa: E402
from transect.measure.window import measure_arrays  # noqa: E402
from transect.parallel import WINDOW, Window  # noqa: E402
from transect.storage.tables import table_parts, write_table  # noqa: E402

PITCH = 32
PX_UM = 0.025
PARTICLES = 1_000_000
BLOCK = 16
"""Windows of a block."""
RADIAL = "radial_sums.parquet"


def particles_of(windows: int) -> int:
    """Particles of a mosaic of so many windows."""
    return windows * (WINDOW // PITCH) ** 2


def windows_for(particles: int) -> int:
    """Windows that hold at least so many particles."""
    return -(-particles // particles_of(1))


def write_blocks(folder: Path, windows: int) -> None:
    """Measure every window of a mosaic of one row of windows; keep the sums of each block.

    All layers of particles are alike: joining takes as long whatever they hold.
    """
    labels, shape = packing((WINDOW, WINDOW), PITCH, seed=1), (WINDOW, WINDOW * windows)
    lines = bare_lines(shape, PX_UM)
    peaks = labels.basins.astype(np.int64) - 1
    row, column = np.divmod(peaks, WINDOW)
    columns = np.arange(shape[1])
    names = []
    for block in range(-(-windows // BLOCK)):
        parts = []
        for number in range(block * BLOCK, min((block + 1) * BLOCK, windows)):
            window = Window(0, WINDOW, number * WINDOW, (number + 1) * WINDOW)
            seen = columns[window.padded(REACH.halo, shape).slices[1]]
            tile, inside = np.divmod(seen, WINDOW)
            ids = row[:, inside] * shape[1] + column[:, inside] + tile * WINDOW + 1
            basins = np.where(peaks[:, inside] >= 0, ids, 0).astype(np.uint64)
            pixels = labels.phases[:, inside], basins, labels.grey[:, inside]
            found = measure_arrays(*pixels, NO_GROUPS, lines, window, shape, REACH)
            parts.append(found.partials)
            names.append(np.unique(basins[:, tile == number])[1:])
        write_partials(folder / str(block), merge(parts), {})
    ids = np.concatenate(names)
    rings = np.ones((len(ids), LAYERS, len(SUMS)), np.int64)
    write_table(folder / RADIAL, frame_of(ids, [0] * len(ids), rings), RADIAL_SUMS)


def join(folder: Path, windows: int) -> None:
    """Join the blocks into the tables of a section; print seconds, peak memory and particles."""
    start, shape = time.perf_counter(), (WINDOW, WINDOW * windows)
    blocks = sorted(folder.glob("[0-9]*"), key=lambda path: int(path.name))
    settings = Settings(SETTINGS.measure, StatisticsConfig(), SETTINGS.segment, SETTINGS.layers)
    # As the step does: the sums have no name, so that they go when they are used.
    tables = section_tables(
        Joined(
            {"batch": "b", "cell": "c", "section": "s"},
            merge_files(blocks),
            bare_lines(shape, PX_UM),
            shape,
            settings,
            1.0,
            np.empty((0, 4)),
        ),
        NO_LUMPS,
        radial=table_parts(folder / RADIAL, RADIAL_SUMS),
    )
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    facts = {"seconds": spent, "gigabytes": peak, "particles": len(tables["particles"])}
    sys.stdout.write(json.dumps(facts) + "\n")


def million(windows: int) -> bool:
    """Figures of joining: time and memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "blocks"
        folder.mkdir()
        write_blocks(folder, windows)
        command = [sys.executable, __file__, "--windows", str(windows), "--join", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout.splitlines()[-1])
    what, whole = f"{facts['particles']} particles", facts["particles"] >= PARTICLES
    time_goal, memory_goal = ("< 60", "< 2") if whole else (None, None)
    seconds, peak = facts["seconds"], facts["gigabytes"]
    fine = figure(f"{what}: joined and aggregated", seconds, "s", time_goal,
                  seconds < 60 if whole else None)  # fmt: skip
    return fine & figure(f"{what}: peak memory", peak, "GB", memory_goal,
                         peak < 2 if whole else None)  # fmt: skip


def main() -> None:
    """Print every figure, or join what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    whole = windows_for(PARTICLES)
    parser.add_argument("--windows", type=int, default=whole, help="windows along the mosaic")
    parser.add_argument("--join", type=Path, help="folder of blocks to join: used by itself")
    options = parser.parse_args()
    if options.join is not None:
        join(options.join, options.windows)
        return
    sys.exit(0 if million(options.windows) else 1)


if __name__ == "__main__":
    main()
