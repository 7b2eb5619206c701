"""The mosaic stage against its goals, and against ASHLAR, m2stitch and multiview-stitcher.

`python benchmarks/mosaic.py --peers PYTHON` makes grids of 3 x 60 tiles of 2048 x 2048 px, places
them by transect and by the peers, and prints a JSON line for each figure. PYTHON is that of an
environment with the peers: `python -m venv peers && peers/bin/pip install -r envs/peers.lock`.
Lines without a goal are for comparison. Exits 1 when a goal is missed. `--only` runs parts,
`--quick` takes small grids, to try it out. Grids and what peers did stay in `--work` and are used
again; what is timed is always run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from mosaic_accuracy import accuracy, hard
from mosaic_bench import Bench
from mosaic_real import real
from mosaic_scale import memory, simulated, tiles
from mosaic_speed import speed
from mosaic_work import PEERS

PARTS = {
    "accuracy": accuracy,
    "hard": hard,
    "speed": speed,
    "memory": memory,
    "real": real,
    "solve": simulated,
    "tiles": tiles,
}
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    """Run the parts and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--work", type=Path, help="folder that keeps grids and results")
    parser.add_argument("--peers", type=Path, help="Python of the peers' environment; else none")
    parser.add_argument("--peer", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--runs", type=int, default=3, help="runs that the medians are of")
    parser.add_argument("--quick", action="store_true", help="small grids; goals are not for them")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the real images")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of all real seams")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(
            (chosen.work or Path(scratch)).resolve(),
            chosen.peers,
            tuple(chosen.peer),
            chosen.quick,
            chosen.runs,
            chosen.data,
            chosen.pictures,
        )
        fine = [PARTS[name](bench) for name in chosen.only]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
