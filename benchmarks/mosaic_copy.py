"""A plain copy of a store's level 0, to the same chunks, shards and codec: read, and write.

`python mosaic_copy.py STORE COPY [zarrs]` prints the seconds; with `zarrs` the Rust codecs work
instead of zarr-python's own. Two threads, each copying whole shards.
"""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zarr


def main() -> None:
    """Copy."""
    source, target = map(Path, sys.argv[1:3])
    if sys.argv[3:] == ["zarrs"]:
        zarr.config.set(
            {"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "threading.max_workers": 1}
        )
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(source / "zarr.json", target)
    old, new = zarr.open_array(source, mode="r"), zarr.open_array(target, mode="r+")
    rows, columns = (old.shards or old.chunks)[-2:]
    places = [
        (..., slice(r, r + rows), slice(c, c + columns))
        for r in range(0, old.shape[-2], rows)
        for c in range(0, old.shape[-1], columns)
    ]

    def one(place: tuple[object, ...]) -> None:
        new[place] = old[place]

    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, places))
    sys.stdout.write(f"seconds {time.perf_counter() - start}")


if __name__ == "__main__":
    main()
