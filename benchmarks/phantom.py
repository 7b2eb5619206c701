"""How fast phantoms are made, and in how much memory.

Run `python benchmarks/phantom.py --gigapixels 10` for the full size; the default takes about a
minute. Tile pixels are counted; the time is that of the processor, so that other work on the
machine does not change the figure.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from transect.phantom.appearance import APPEARANCES
from transect.phantom.make import make_phantom
from transect.phantom.microscope import plan
from transect.phantom.spec import PhantomSpec

SPEED_GOAL, MEMORY_GOAL = 3.0, 2.0


def main() -> int:
    """Print one line of JSON for each figure; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigapixels", type=float, default=0.25, help="tile pixels to make")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--appearance", default="good", choices=sorted(APPEARANCES))
    parser.add_argument("--no-labels", action="store_true", help="do not write label images")
    parser.add_argument("--out", type=Path, help="folder to work in; needs the size on disk")
    chosen = parser.parse_args()
    look = APPEARANCES[chosen.appearance]
    with tempfile.TemporaryDirectory(dir=chosen.out) as folder:
        # A tiny one first: compiling is not what is measured.
        make_phantom(Path(folder) / "warm", _spec(70.0, look, True), chosen.threads)
        spec = _sized(chosen.gigapixels * 1e9, look, not chosen.no_labels)
        pixels = len(plan(spec).exposures) * spec.microscope.tile_shape[0] * 1280
        wall, used = time.perf_counter(), time.process_time()
        make_phantom(Path(folder) / "phantom", spec, chosen.threads)
        wall, used = time.perf_counter() - wall, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    speed = pixels / 1e6 / used
    met = [
        _figure("phantom size", pixels / 1e9, "Gpx", None, True),
        _figure("phantom wall time", wall, "s", None, True),
        _figure("phantom speed", speed, "Mpx/s a core", f">= {SPEED_GOAL}", speed >= SPEED_GOAL),
        _figure("phantom peak memory", peak, "GiB", f"< {MEMORY_GOAL}", peak < MEMORY_GOAL),
    ]
    return 0 if all(met) else 1


def _spec(width_um: float, look: dict[str, float], labels: bool) -> PhantomSpec:
    return PhantomSpec.model_validate(
        {"width_um": width_um, "appearance": look, "labels": labels, "seed": 11}
    )


def _sized(pixels: float, look: dict[str, float], labels: bool) -> PhantomSpec:
    """Make a specification of about this many tile pixels."""
    probe = _spec(1000.0, look, labels)
    tall, wide = probe.microscope.tile_shape
    rows = max(e.row for e in plan(probe).exposures) + 1
    columns = max(pixels / (tall * wide * rows), 2)
    step_um = wide * (1 - probe.microscope.overlap) * probe.px_um
    return _spec(step_um * (columns - 1) + wide * probe.px_um, look, labels)


def _figure(name: str, value: float, unit: str, goal: str | None, met: bool) -> bool:
    line = {"figure": name, "value": round(value, 3), "unit": unit, "goal": goal, "met": met}
    print(json.dumps(line))
    return met


if __name__ == "__main__":
    sys.exit(main())
