"""How right and how fast phases, cracks and particles are: made images, real ones, speed.

`python benchmarks/segmentation.py` runs both engines and a plain chain of scikit-image on the same
images and prints a JSON line for each figure: figure, value, unit, goal, met. Exits 1 when a goal
is missed. Goals are the network's, but for the official phantoms, where the classical engine has
its own; lines without a goal are for comparison.

A row is of several images: their pixels are pooled, scores of particles are means of the images'.

- phase mIoU: active material, binder, and what is empty (pores, cracks, voids), inside the coating.
- instances AP at IoU 0.5: matches over matches, misses and false finds; panoptic quality: summed
  IoU of the matches over the mean number of objects. Both on particles of 50 px and more, without
  their holes, each in one piece, in truth and result alike (`scoring.whole`).
- crack F1 at 2 px: precision over found pixels of cracks, recall over true ones, each right if one
  of the other side is no further than 2 px; also of places that are 3 px wide and wider.

`--only` runs parts, `--engine` methods, `--kind` kinds of made images; `--quick` takes fewer
images, to try it out; `--model` is the folder of the network; `--pictures` keeps
what was found, to look at.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from segmentation_bench import METHODS, Bench, methods_of
from segmentation_layers import layers, phantoms
from segmentation_made import KINDS, made
from segmentation_real import real
from segmentation_speed import speed

PARTS = {"made": made, "phantoms": phantoms, "layers": layers, "real": real, "speed": speed}
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    """Run the parts and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--engine", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--model", type=Path, help="folder of the network")
    parser.add_argument("--quick", action="store_true", help="few images; goals are not for them")
    parser.add_argument("--pictures", type=Path, help="folder for image, truth and result")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the real images")
    chosen = parser.parse_args()
    methods, fine = methods_of(chosen.engine, chosen.model)
    kinds = tuple(chosen.kind)
    bench = Bench(methods, chosen.data, kinds, chosen.quick, chosen.model, chosen.pictures)
    for name in chosen.only:
        fine &= PARTS[name](bench)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
