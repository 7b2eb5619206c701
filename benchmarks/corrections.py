"""Whether taking curtains and charging off tiles brings measurements nearer to the truth.

Phantoms of good and of poor appearance, poor ones with strong curtains and strong charging, and
clean ones go through every step as they are and with each correction of `fusion`. Printed are the
errors side by side, and what should be the default: a correction is on only if it lowers the
errors on average over the seeds and harms no clean phantom. The defaults must be that.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from gates import gates
from steps import call, figure, run_section

from transect.config import FusionConfig

SERIES: dict[str, tuple[str, dict[str, float], float]] = {
    "clean": ("clean", {}, 0.0),
    "good": ("good", {}, 0.0),
    "poor": ("poor", {}, 0.0),
    "poor, curtains x 3": ("poor", {"curtaining": 0.3}, 0.0),
    "poor, charging x 2, drift 5 %": ("poor", {"charging": 36.0}, 0.05),
}
"""Appearance, what is changed in it, and the relative drift from line to line."""
SOUND = ("clean", "good")
"""Series that a correction must not harm."""
CORRECTIONS = ("remove_curtaining", "flatten_charging")
NOISE = 0.02
"""Change of the mean error, in units of the gates, that is no change."""

LOST = 10.0
"""Mean error, in units of the gates, of a run that did not find the coatings."""

Errors = dict[str, tuple[float, str, float]]
"""By quantity: size of the error, unit, and the gate's limit."""


def record(raw: Path, series: str, seed: int, width_um: float) -> None:
    """Make a phantom, and let its brightness drift while each tile is scanned."""
    appearance, look, drift = SERIES[series]
    spec = raw.with_suffix(".json")
    spec.write_text(json.dumps({"appearance": look}))
    call(
        "phantom", raw, "--spec", spec, "--appearance", appearance,
        "--width-um", width_um, "--seed", seed,
    )  # fmt: skip
    if drift == 0:
        return
    random = np.random.default_rng(seed)
    for path in sorted(raw.glob("*.tif")):
        tile = tifffile.imread(path)
        phase, waves = random.uniform(0, 2 * np.pi), random.uniform(0.5, 2.0)
        rows = np.linspace(0, 1, len(tile))[:, None]
        factor = 1 + drift * np.sin(2 * np.pi * waves * rows + phase)
        tifffile.imwrite(path, np.clip(tile * factor + 0.5, 0, 255).astype(tile.dtype))


def errors(raw: Path, out: Path, correction: str | None) -> Errors:
    """Errors of a whole run with one correction, or none; empty where it found no coatings."""
    settings = {name: name == correction for name in CORRECTIONS}
    run_section(raw, out, fusion=json.dumps(settings))
    found = gates(raw, out)
    if not all(np.isfinite(gate.error) for gate in found):
        return {}
    return {gate.name: (abs(gate.error), gate.unit, gate.limit) for gate in found}


def score(found: Errors) -> float:
    """Mean error in units of the gates."""
    if not found:
        return LOST
    return float(np.mean([size / limit for size, _, limit in found.values()]))


def compare(series: str, seed: int, width_um: float) -> dict[str, float]:
    """Print the errors of one phantom; returns how much each correction changes the score."""
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw"
        record(raw, series, seed, width_um)
        plain = errors(raw, Path(scratch) / "plain", None)
        changes: dict[str, float] = {}
        for correction in CORRECTIONS:
            found = errors(raw, Path(scratch) / correction, correction)
            for name, (size, unit, _) in found.items():
                title = f"{series}, seed {seed}, {correction}: {name}"
                without = f"{plain[name][0]:.4f} without" if plain else "not found without"
                figure(title, round(size, 4), unit, without, None)
            changes[correction] = score(found) - score(plain)
            title = f"{series}, seed {seed}, {correction}: mean error in gates"
            figure(title, round(score(found), 3), "1", f"{score(plain):.3f} without", None)
    return changes


def main() -> None:
    """Run the phantoms and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width-um", type=float, default=300.0)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    changes: dict[tuple[str, str], list[float]] = {}
    for series in SERIES:
        for seed in range(1, options.seeds + 1):
            for correction, change in compare(series, seed, options.width_um).items():
                changes.setdefault((correction, series), []).append(change)
    fine = True
    for correction in CORRECTIONS:
        mean = {series: float(np.mean(changes[correction, series])) for series in SERIES}
        for series, change in mean.items():
            title = f"{correction}, {series}: change of the mean error in gates"
            figure(title, round(change, 3), "1", "", None)
        harm = max(mean[series] for series in SOUND) > NOISE
        helps = np.mean([v for series, v in mean.items() if series not in SOUND]) < -NOISE
        wanted = bool(helps and not harm)
        default = getattr(FusionConfig(), correction)
        fine &= figure(f"{correction}: default", default, "", str(wanted), default == wanted)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
