"""Whether intervals hold the truth as often as they say, and whether unfolded sizes are right.

`python benchmarks/intervals.py` makes sections whose porosity, D50, crack density and thickness are
known, and counts how many published intervals hold them; it cuts spheres by a plane and unfolds
their sections. `--replicates 50` is a quick look. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from steps import figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.coverage import porosity_coverage  # noqa: E402
from support.coverage_made import MODELS, coverage  # noqa: E402
from support.spheres import cut_spheres, folds_of, volume_quantiles  # noqa: E402
from transect.statistics.unfolding import choose_width, unfold  # noqa: E402
from transect.statistics.wicksell import grid, quantiles  # noqa: E402

SHARES = np.array([0.1, 0.5, 0.9])
GATES = {50: 3.0, 90: 4.0}
SECTIONS, SEEDS = 3000, 20
LENGTH_UM = 3000.0
GOAL = "0.92 to 0.97"


def intervals(replicates: int) -> bool:
    """Share of sections whose interval holds the truth, at nominal 95 %."""
    held = porosity_coverage(replicates, 800.0, seed=11)
    fine = figure("coverage, porosity", held, "1", GOAL, 0.92 <= held <= 0.97)
    for name in MODELS:
        held = coverage(name, replicates, LENGTH_UM, seed=11)
        fine &= figure(f"coverage, {name}", held, "1", GOAL, 0.92 <= held <= 0.97)
    return fine


def unfolding(gsd: float) -> bool:
    """Bias and spread of the unfolded volume quantiles of log-normal spheres."""
    truth, found, spent = volume_quantiles(gsd, SHARES), [], 0.0
    for seed in range(SEEDS):
        diameters = cut_spheres(SECTIONS, gsd, seed)
        classes = grid(0.4, float(diameters.max()))
        start = time.process_time()
        folds = folds_of(classes, diameters)
        met = unfold(classes, folds.sum(axis=0)[None], choose_width(classes, folds))[0]
        spent += time.process_time() - start
        found.append(100 * (quantiles(classes, met, 3, SHARES) / truth - 1))
    bias, spread = np.mean(found, axis=0), np.std(found, axis=0)
    fine = True
    for k, q in enumerate((10, 50, 90)):
        what, gate = f"unfolded D{q}, GSD {gsd:g}, N = {SECTIONS}", GATES.get(q)
        goal, met = (f"within {gate:g}", abs(bias[k]) < gate) if gate else ("none", True)
        fine &= figure(f"{what}: bias of {SEEDS} seeds", float(bias[k]), "%", goal, bool(met))
        figure(f"{what}: spread", float(spread[k]), "%", None, None)
    figure(f"unfolding, GSD {gsd:g}", spent / SEEDS, "s a section", None, None)
    return fine


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=1000, help="sections for the coverage")
    options = parser.parse_args()
    fine = all([unfolding(gsd) for gsd in (1.2, 1.4, 1.6)])
    fine &= intervals(options.replicates)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
