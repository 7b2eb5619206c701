"""Seconds per gigapixel and peak memory of every step, on a phantom of 0.5 gigapixels.

`python benchmarks/pipeline.py` makes the section, runs every step on two threads and prints a
JSON line for each figure. Exits 1 when a step needs 2 GB of memory or more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from steps import call, figure, run_section

from transect.storage.images import open_image


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width-um", type=float, default=9600.0, help="width of the section")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to leave the results; else removed")
    options = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as scratch:
        place = options.folder or Path(scratch)
        raw, out = place / "raw", place / "out"
        made = call(
            "phantom", raw, "--width-um", options.width_um, "--seed", 5, "--no-labels",
            "--threads", options.threads,
        )  # fmt: skip
        costs = {"phantom": made, **run_section(raw, out, 1, options.threads)}
        rows, columns = open_image(out / "mosaic.zarr").shape
        size = rows * columns / 1e9
        fine &= figure("mosaic", round(size, 3), "Gpx", ">= 0.5", size >= 0.5)
        for name, cost in costs.items():
            figure(f"{name}: wall time", round(cost.wall_s / size, 1), "s/Gpx", "", None)
            figure(f"{name}: processor time", round(cost.cpu_s / size, 1), "s/Gpx", "", None)
            peak = round(cost.peak_mb)
            fine &= figure(f"{name}: peak memory", peak, "MB", "< 2000", peak < 2000)
        total = sum(c.wall_s for n, c in costs.items() if n != "phantom")
        figure("all steps: wall time", round(total / size, 1), "s/Gpx", "", None)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
