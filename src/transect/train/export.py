"""A trained network becomes a file that any machine can run, with its card."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import torch

from transect.segment.card import CARD, MODEL
from transect.segment.greys import BINS
from transect.segment.maps import CLASSES, HALO, MAPS, STRIDE
from transect.storage.digests import digest_file
from transect.storage.files import writing
from transect.train.calibrate import Calibration, Familiar
from transect.train.looks import HELD_OUT, TRAINING
from transect.train.loop import Plan
from transect.train.network import Exported, Network
from transect.train.quantise import quantise
from transect.train.recover import TRAINED
from transect.train.sections import NUMBERS
from transect.train.validate import Scores

OPSET = 17

DATA = "made sections, each seen once: half of them in a plain look, half in any look of the ranges"

LIMITS = (
    "It decides inside coatings only; foil, separator and outside are found by their geometry.",
    "Active material is the brighter side: negatives are turned first, by segment.polarity.",
    "It tells phases apart by grey and texture: smooth binder is often taken for pores, unless the"
    " section's greys show two clear humps between particles, which then count beside it.",
    "Particles smaller than 8 px, and openings narrower than a pixel, are not resolved.",
    "No image of a real electrode was used: scores on real images are in benchmarks.",
)


def export(
    network: Network,
    folder: Path,
    plan: Plan,
    scores: Scores,
    calibration: Calibration,
    familiar: Familiar,
    labels: str = "",
    start: str = "",
) -> None:
    """Write the model and its card into a folder, and beside them the weights as they were trained.

    Parameters
    ----------
    network
        Trained network.
    folder
        Where `model.onnx`, `model.json` and `trained.onnx` are written.
    plan, scores, calibration, familiar
        What the card tells: how it was trained, what it scores, how sure it may be, what it knows.
    labels
        Folder of labels of its own that it was trained on, if any.
    start
        What its weights were before the first step, if it did not begin anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with writing(folder / TRAINED) as path:
        write_model(Exported(network, (1.0, 1.0, 1.0)), path)
    with tempfile.TemporaryDirectory() as scratch, writing(folder / MODEL) as path:
        calibrated = Path(scratch) / MODEL
        write_model(Exported(network, calibration.temperatures), calibrated)
        quantise(calibrated, path)
    facts = {
        "schema": 1,
        "digest": digest_file(folder / MODEL),
        "maps": list(MAPS),
        "halo_px": HALO,
        "stride_px": STRIDE,
        "px_nm": [10, 100],
        "parameters": sum(p.numel() for p in network.parameters()),
        "command": f"transect train MODEL --steps {plan.steps} --seed {plan.seed}"
        + (f" --labels {labels}" if labels else "")
        + (f" --start {start}" if start else ""),
        "data": DATA + (f", and labels in {labels}" if labels else ""),
        "training": asdict(plan),
        "looks": {name: span._asdict() for name, span in TRAINING.spans.items()},
        "looks_held_out": {
            name: {key: (span.low, span.high) for key, span in box.items()}
            for name, box in zip(HELD_OUT, TRAINING.without, strict=True)
        },
        "sections": {name: span._asdict() for name, span in NUMBERS.items()},
        "limits": LIMITS,
        "scores": {k: v for k, v in asdict(scores).items()},
        "calibration": asdict(calibration),
        "familiar": {
            "mean": [round(v, 6) for v in familiar.mean.tolist()],
            "inverse": [[float(f"{v:.6g}") for v in row] for row in familiar.inverse.tolist()],
            "limit": familiar.limit,
        },
    }
    with writing(folder / CARD) as path:
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def write_model(model: Exported, path: Path) -> None:
    """Write a network as a file of ONNX, in floating point."""
    example = torch.zeros(1, 1, 8 * STRIDE, 8 * STRIDE)
    torch.onnx.export(
        model.eval(),
        (example, torch.ones(1, len(CLASSES)), torch.zeros(1, BINS)),
        str(path),
        input_names=["grey", "there", "shares"],
        output_names=["maps", "features"],
        dynamic_axes={"grey": {2: "row", 3: "column"}, "maps": {2: "row", 3: "column"}},
        opset_version=OPSET,
        dynamo=False,
    )
