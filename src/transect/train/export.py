"""A trained network becomes a file that any machine can run, with its card."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch

from transect.segment.maps import CLASSES, HALO, MAPS, STRIDE
from transect.storage.digests import digest_file
from transect.storage.files import writing
from transect.train.calibrate import Calibration, Familiar
from transect.train.loop import Plan
from transect.train.network import Exported, Network
from transect.train.validate import Scores

MODEL, CARD = "model.onnx", "model.json"
OPSET = 17


def export(
    network: Network,
    folder: Path,
    plan: Plan,
    scores: Scores,
    calibration: Calibration,
    familiar: Familiar,
) -> None:
    """Write the model and its card into a folder.

    Parameters
    ----------
    network
        Trained network.
    folder
        Where `model.onnx` and `model.json` are written.
    plan, scores, calibration, familiar
        What the card tells: how it was trained, what it scores, how sure it may be, what it knows.
    """
    whole = Exported(network, calibration.temperatures).eval()
    example = torch.zeros(1, 1, 8 * STRIDE, 8 * STRIDE)
    folder.mkdir(parents=True, exist_ok=True)
    with writing(folder / MODEL) as path:
        torch.onnx.export(
            whole,
            (example, torch.ones(1, len(CLASSES))),
            str(path),
            input_names=["grey", "there"],
            output_names=["maps", "features"],
            dynamic_axes={"grey": {2: "row", 3: "column"}, "maps": {2: "row", 3: "column"}},
            opset_version=OPSET,
            dynamo=False,
        )
    facts = {
        "schema": 1,
        "digest": digest_file(folder / MODEL),
        "maps": list(MAPS),
        "halo_px": HALO,
        "stride_px": STRIDE,
        "px_nm": [10, 100],
        "parameters": sum(p.numel() for p in network.parameters()),
        "training": asdict(plan),
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
