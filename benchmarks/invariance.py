"""Check that labels and tables are the same bytes whatever the number of blocks and threads.

`python benchmarks/invariance.py` makes a phantom of more than 100 megapixels and takes it through
every step with 1, 2 and 5 blocks and with 1 and 2 threads. Exits 1 when any byte differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from steps import call, figure, run_section

from transect.storage.digests import digest_file
from transect.storage.images import open_image

RUNS = ((1, 1), (1, 2), (2, 1), (2, 2), (5, 1), (5, 2))
"""Blocks and threads of each run; the first is the reference."""


def results(out: Path) -> dict[str, str]:
    """Digest of every result of a section that does not belong to one block."""
    files = [*out.glob("*.json"), *out.glob("*.parquet"), *out.glob("*.npz"), *out.glob("*.html")]
    found = {p.name: digest_file(p) for p in sorted(files) + sorted((out / "tables").iterdir())}
    for store, image in (("mosaic", ""), ("labels", "phases"), ("labels", "particles")):
        found[f"{store}/{image}"] = open_image(out / f"{store}.zarr", image).digest
    return found


def main() -> None:
    """Compare all runs with the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width-um", type=float, default=1900.0, help="width of the section")
    options = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw"
        call("phantom", raw, "--width-um", options.width_um, "--seed", 11, "--no-labels")
        reference: dict[str, str] = {}
        for blocks, threads in RUNS:
            out = Path(scratch) / f"{blocks}-{threads}"
            run_section(raw, out, blocks, threads)
            found = results(out)
            if not reference:
                reference = found
                rows, columns = open_image(out / "mosaic.zarr").shape
                size = rows * columns / 1e6
                fine &= figure("mosaic of the phantom", size, "Mpx", ">= 100", size >= 100)
            other = sorted(k for k in reference if found.get(k) != reference[k])
            name = f"results that differ, {blocks} blocks, {threads} threads: {other}"
            fine &= figure(name, len(other), "1", "0", not other)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
