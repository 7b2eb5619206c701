"""How right the numbers are: what a whole run finds in phantoms, against what is in them.

`python benchmarks/gates.py` takes noise-free phantoms and phantoms of good and poor quality through
every step. It prints a JSON line for each gate, the truth and the measured value of every metric of
the first phantom, and the bias and spread of every metric over all seeds. Exits 1 when a noise-free
phantom misses a gate; for the others, the error is reported.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scoring import Match, match
from steps import call, figure, run_section
from truth import true_metrics

from transect.parallel import Window
from transect.statistics.registry import REGISTRY
from transect.storage.images import open_image

XRAYS = {
    "EDS Ni": {"grey_active": 6.0, "particle_contrast": 0.6},
    "EDS Mn": {"grey_active": 2.0},
}
"""Mean counts of the phantoms' further detectors: particles differ in nickel."""

MEASURE = {"elements": {name.split()[-1]: {"detector": name} for name in XRAYS}}
"""Part `measure` of the configuration."""

SMALLEST_PX = 20
"""Equivalent circle diameter from which the gate on diameters holds, in pixels."""


@dataclass(frozen=True)
class Gate:
    """One quantity: its error (NaN where it was not measured), unit, and largest error allowed."""

    name: str
    error: float
    unit: str
    limit: float

    @property
    def met(self) -> bool:
        """Whether the error is known and small enough."""
        return abs(self.error) < self.limit


def gates(raw: Path, out: Path) -> list[Gate]:
    """Errors of a finished run against the phantom's truth."""
    truth: dict[str, Any] = json.loads((raw / "truth/summary.json").read_text())
    metrics = pd.read_parquet(out / "tables/metrics.parquet")
    found = {(m.metric, m.side): m.value for m in metrics.itertuples()}

    def value(name: str, side: str = "") -> float:
        return float(found.get((name, side), np.nan))

    px_um = truth["px_um"]
    rows = [
        Gate(f"{name}: error", 100 * (value(name) - truth[name]), "points", 0.3)
        for name in (
            "phase_fraction_active_material",
            "phase_fraction_binder",
            "phase_fraction_pore",
            "porosity_total",
        )
    ]
    for side in ("a", "b"):
        error = (value("t_mean_um", side) - truth["thickness"][side]["t_mean_um"]) / px_um
        rows.append(Gate(f"thickness, side {side}: error of the mean", error, "px", 1.0))
        share = value("delam_fraction", side) - truth["delamination"][side]["delam_fraction"]
        rows.append(Gate(f"delamination, side {side}: error", 100 * share, "points", 2.0))
    pairs = instances(raw, out)
    bias = diameter_bias(pairs, raw, out, px_um)
    rows.append(Gate("diameter, 20 px and more: bias", bias, "%", 1.0))
    rows.append(Gate("instances not found", 100 * (1 - pairs.average_precision), "%", 7.0))
    length = value("crack_length_density_per_um") / truth["crack_length_density_per_um"]
    rows.append(Gate("crack length: error", 100 * (length - 1), "%", 3.0))
    return rows


def instances(raw: Path, out: Path) -> Match:
    """Particles of the truth and of the run, matched on the same pixels."""
    found = open_image(out / "labels.zarr", "particles")
    truth = open_image(raw / "truth/labels.zarr", "particles")
    placed = pd.read_parquet(out / "positions.parquet")
    true = pd.read_parquet(raw / "truth/tiles.parquet")
    both = placed.merge(true, on="tile", suffixes=("", "_true"))
    right = round(float((both.x_px_true - both.x_px).median()))
    down = round(float((both.y_px_true - both.y_px).median()))
    row0, col0 = max(down, 0), max(right, 0)
    row1 = min(found.shape[0] + down, truth.shape[0])
    col1 = min(found.shape[1] + right, truth.shape[1])
    want = truth.read(Window(row0, row1, col0, col1))
    have = found.read(Window(row0 - down, row1 - down, col0 - right, col1 - right))
    smallest = round(np.pi / 4 * SMALLEST_PX**2)
    return match(want.astype(np.int64), have.astype(np.int64), smallest)


def diameter_bias(pairs: Match, raw: Path, out: Path, px_um: float) -> float:
    """Mean relative error of the matched particles' diameters, in percent."""
    want = pd.read_parquet(raw / "truth/particles.parquet").set_index("particle").ecd_um
    have = pd.read_parquet(out / "tables/particles.parquet").set_index("particle").ecd_um
    both = pd.DataFrame(
        {"want": want.reindex(pairs.truth).to_numpy(), "have": have.reindex(pairs.found).to_numpy()}
    )
    both = both[both.want >= SMALLEST_PX * px_um].dropna()
    return 100 * float((both.have / both.want - 1).mean())


def compare(raw: Path, out: Path) -> pd.DataFrame:
    """Put every metric of a finished run beside its truth."""
    table = pd.read_parquet(out / "tables/metrics.parquet")
    truth = true_metrics(raw, MEASURE)
    rows = [
        (m.metric, m.side, *truth[m.metric, m.side], m.value)
        for m in table.itertuples()
        if (m.metric, m.side) in truth
    ]
    return pd.DataFrame(rows, columns=["metric", "side", "truth", "kind", "value"])


def errors(compared: list[pd.DataFrame], appearance: str) -> None:
    """Print bias and spread of every metric over the seeds.

    Of a metric whose truth is 0 somewhere the error is absolute, of others relative.
    """
    rows = pd.concat(compared, ignore_index=True)
    for (metric, side), mine in rows.groupby(["metric", "side"], sort=False):
        known = mine[np.isfinite(mine["truth"]) & np.isfinite(mine["value"])]
        name = f"{appearance}, {len(known)} phantoms: {metric} {side}".rstrip()
        if not len(known):
            figure(name, "not defined in any", "", None, None)
            continue
        off, truth = known["value"] - known["truth"], known["truth"]
        relative = bool((truth.abs() > 1e-9).all())
        error = 100 * off / truth.abs() if relative else off
        unit = "%" if relative else REGISTRY[metric].unit
        spread = float(error.std()) if len(error) > 1 else float("nan")
        words = f"{error.mean():.4g} +- {spread:.3g} (truth: {known['kind'].iloc[0]})"
        figure(f"{name}: bias and spread", words, unit, None, None)


def beside(compared: pd.DataFrame, name: str) -> None:
    """Print the truth and the measured value of every metric of one phantom."""
    for row in compared.itertuples():
        words = f"{name}: {row.metric} {row.side}".rstrip()
        value = f"{row.value:.5g} for {row.truth:.5g} ({row.kind})"
        figure(words, value, REGISTRY[row.metric].unit, None, None)


def phantoms(seeds: int, width_um: float, appearances: tuple[str, ...]) -> bool:
    """Take phantoms of some appearances through every step; whether the noise-free ones pass."""
    fine = True
    for appearance in appearances:
        compared = []
        for seed in range(1, seeds + 1):
            with tempfile.TemporaryDirectory() as scratch:
                raw, out = Path(scratch) / "raw", Path(scratch) / "out"
                call(
                    "phantom", raw, "--width-um", width_um, "--seed", seed,
                    "--appearance", appearance, "--spec", _detectors(Path(scratch)),
                )  # fmt: skip
                run_section(raw, out, measure=MEASURE)
                for gate in gates(raw, out):
                    name = f"{appearance} phantom, seed {seed}: {gate.name}"
                    goal = f"within {gate.limit}"
                    met = gate.met if appearance == "clean" else None
                    error = round(gate.error, 4) if np.isfinite(gate.error) else "not measured"
                    fine &= figure(name, error, gate.unit, goal, met)
                compared.append(compare(raw, out))
            if seed == 1:
                beside(compared[0], f"{appearance} phantom, seed 1")
        errors(compared, appearance)
    return fine


def _detectors(folder: Path) -> Path:
    """Write the part of a specification that adds the detectors of X-rays."""
    path = folder / "spec.json"
    made = [{"name": n, "signal": "xrays", "appearance": c} for n, c in XRAYS.items()]
    path.write_text(json.dumps({"microscope": {"detectors": made}}))
    return path


def main() -> None:
    """Run the phantoms and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width-um", type=float, default=460.0)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--appearances", nargs="+", default=["clean", "good", "poor"])
    options = parser.parse_args()
    fine = phantoms(options.seeds, options.width_um, tuple(options.appearances))
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
