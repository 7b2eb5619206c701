"""How fast, and how small, noisy pixels are stored: what the stores' codecs were chosen by.

`python benchmarks/codecs.py` records one shard of a phantom, 4096 x 4096 px, with 8 and with 16
bits, writes and reads it with every codec, and prints a JSON line for each figure: processor time,
medians of five, on a file system in memory, so that no disk is measured; `--folder` takes another
place. Two cores and a disk of 500 MB/s write as fast as the slower of them. Exits 1 when that is
more than a tenth slower with a store's codec than with the best one.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from steps import figure
from zarr.codecs import BloscCodec, ZstdCodec

from transect.parallel import MOSAIC_SHARD
from transect.phantom.microscope import expose, plan, shading_field
from transect.phantom.scene import Scene
from transect.phantom.spec import PhantomSpec
from transect.storage.stores import CHUNK, codec_of

MEMORY = Path("/dev/shm")
CORES, DISK_MB_S = 2, 500.0
CODECS: dict[str, list[Any]] = {
    "none": [],
    "zstd 1": [ZstdCodec(level=1)],
    "zstd 3": [ZstdCodec(level=3)],
    "blosc lz4 bitshuffle": [BloscCodec(cname="lz4", shuffle="bitshuffle")],
    "blosc zstd 1 bitshuffle": [BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle")],
}
Pixels = npt.NDArray[Any]


def recorded(dtype: str) -> Pixels:
    """One shard as a microscope records it, with shot and read noise."""
    scope = {"pixel_nm": 25.0, "tile_shape": (MOSAIC_SHARD, MOSAIC_SHARD), "dtype": dtype}
    spec = PhantomSpec.model_validate({"width_um": 230.0, "seed": 7, "microscope": scope})
    made = plan(spec)
    scene = Scene(spec, made.rows, made.columns)
    return np.asarray(expose(scene, made.exposures[0], shading_field(spec)))


def seconds(work: Callable[[], object], times: int) -> float:
    """Give the median processor time of some work."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def measure(pixels: Pixels, codecs: list[Any], folder: Path, times: int) -> tuple[float, ...]:
    """Speed of writing and of reading, MB/s a core, and how many times smaller the file is."""
    path = folder / "a.zarr"
    array = zarr.open_group(path, mode="w").create_array(
        "0", shape=pixels.shape, dtype=pixels.dtype, chunks=(CHUNK, CHUNK),
        shards=pixels.shape, compressors=codecs or None,
    )  # fmt: skip

    def write() -> None:
        array[:] = pixels

    def read() -> Pixels:
        return np.asarray(array[:])

    write()
    assert np.array_equal(read(), pixels)
    size = pixels.nbytes / 1e6
    speeds = size / seconds(write, times), size / seconds(read, times)
    stored = sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) / 1e6
    shutil.rmtree(path)
    return (*speeds, size / stored)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=MEMORY if MEMORY.is_dir() else None)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for dtype in ("uint8", "uint16"):
            pixels = recorded(dtype)
            reach = {}
            for codec, steps in CODECS.items():
                write, read, ratio = measure(pixels, steps, Path(name), options.times)
                reach[codec] = min(CORES * write, DISK_MB_S * ratio)
                what = f"{dtype}, {codec}"
                figure(f"{what}: write", round(write), "MB/s a core", "", None)
                figure(f"{what}: read", round(read), "MB/s a core", "", None)
                figure(f"{what}: ratio", round(ratio, 3), "1", "", None)
            ours = next(k for k, v in CODECS.items() if v == [codec_of(dtype)])
            best = max(reach.values())
            fine &= figure(
                f"{dtype}: written with {ours}, the stores' codec", round(reach[ours]), "MB/s",
                f">= {0.9 * best:.0f}", reach[ours] >= 0.9 * best,
            )  # fmt: skip
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
