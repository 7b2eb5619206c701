"""What a network loses when its weights become bytes: it against itself in floating point.

`python benchmarks/quantisation.py MODEL` takes a folder that `transect train` wrote (the extra
`train` is needed), scores `model.onnx` and the floating-point weights of `trained.onnx`, calibrated
as the card says, on the same made images in looks that training never saw, and prints a JSON line
for each score: figure, value (points gained; negative where bytes lose), unit, goal, met. Exits 1
when a score loses more than a point.

An image more or less moves a score of particles by a point, so there are `--times` as many sections
as `segmentation.py` has.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from segmentation_bench import Method, engine, engine_config
from segmentation_made import FIRST, KINDS, pictures
from segmentation_tally import Tally
from steps import figure

from transect.segment.card import CARD, MODEL
from transect.storage.digests import digest_file
from transect.train.export import write_model
from transect.train.network import Exported
from transect.train.recover import recover

POINT = 0.01


def main() -> None:
    """Score both and print what is between them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="folder that transect train wrote")
    parser.add_argument("--times", type=int, default=5, help="times as many sections")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS))
    chosen = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        in_floats(chosen.model, Path(folder))
        methods = {
            name: engine(engine_config("network", path))
            for name, path in (("bytes", chosen.model), ("floats", Path(folder)))
        }
        for kind in chosen.kind:
            fine &= compare(kind, methods, chosen.times)
    sys.exit(0 if fine else 1)


def in_floats(model: Path, folder: Path) -> None:
    """Write the model of a folder as it was before its weights became bytes."""
    card = json.loads((model / CARD).read_text(encoding="utf-8"))
    temperatures = tuple(card["calibration"]["temperatures"])
    write_model(Exported(recover(model), temperatures), folder / MODEL)
    card["digest"] = digest_file(folder / MODEL)
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")


def compare(name: str, methods: dict[str, Method], times: int) -> bool:
    """Print what bytes gain on each score of a kind; whether none loses more than a point."""
    kind = replace(KINDS[name], sections=KINDS[name].sections * times)
    rows: dict[str, dict[str, Tally]] = {}
    for _, look, picture in pictures(kind, first=FIRST):
        row = rows.setdefault(look if kind.apart or look == "own look" else "unseen looks", {})
        for method, run in methods.items():
            found = run(picture.image, picture.zone, picture.chemistry)
            row.setdefault(method, Tally()).add(picture, found)
    fine = True
    for look, row in rows.items():
        scores = {method: tally.scores() for method, tally in row.items()}
        for score, whole in scores["floats"].items():
            gain = 100 * (scores["bytes"][score] - whole)
            label = f"{name}, {look}: {score} in bytes, from {whole:.4f}"
            fine &= figure(label, round(gain, 2), "points", ">= -1", gain >= -100 * POINT)
    return fine


if __name__ == "__main__":
    main()
