"""Tiny models in the form that a trained network has, made without training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from transect.segment.card import CARD, MODEL
from transect.segment.greys import BINS
from transect.segment.maps import CLASSES, HALO, MAPS, STRIDE
from transect.storage.digests import digest_file

FEATURES = 2
LEVELS = {"pore": -1.2, "binder": -0.4, "active_material": 1.0}
"""Normalised grey at which each class is surest."""


def write_model(
    folder: Path,
    *,
    name: str = "grey",
    maps: int = len(MAPS),
    kind: int = TensorProto.UINT8,
    card: dict[str, Any] | None = None,
) -> Path:
    """Write a model that tells classes by grey, looking at 3 x 3 pixels, and its card.

    Parameters
    ----------
    folder
        Where to write.
    name, maps, kind
        Name of the input, number of maps and their type, for models that do not fit.
    card
        Keys of the card that differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    grid = ["row", "column"]
    # Bright is deep: distance grows with grey; outline and crack stay low.
    weight, bias = np.zeros((maps, 1, 3, 3), np.float32), np.full(maps, -6, np.float32)
    for k, label in enumerate(MAPS[:maps]):
        if label in LEVELS:
            weight[k], bias[k] = 8 * LEVELS[label] / 9, -4 * LEVELS[label] ** 2
        if label == "distance":
            weight[k], bias[k] = 3 / 9, -1
    nodes = [
        helper.make_node("Conv", [name, "weight", "bias"], ["logits"], pads=[1, 1, 1, 1]),
        # Softmax would take a second for each window.
        helper.make_node("Sigmoid", ["logits"], ["sure"]),
        helper.make_node("Mul", ["sure", "most"], ["scaled"]),
        helper.make_node("Cast", ["scaled"], ["maps"], to=kind),
        helper.make_node("ReduceMean", [name], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Concat", ["mean", "mean"], ["features"], axis=1),
    ]
    constants = {
        "weight": weight,
        "bias": bias,
        "most": np.array(255, np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, *grid]),
            helper.make_tensor_value_info("there", TensorProto.FLOAT, [1, len(CLASSES)]),
            helper.make_tensor_value_info("shares", TensorProto.FLOAT, [1, BINS]),
        ],
        [
            helper.make_tensor_value_info("maps", kind, [1, maps, *grid]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, FEATURES]),
        ],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="tests"
    )
    onnx.checker.check_model(model)
    onnx.save(model, folder / MODEL)
    facts = {
        "digest": digest_file(folder / MODEL),
        "maps": list(MAPS),
        "halo_px": HALO,
        "stride_px": STRIDE,
        "px_nm": [10, 100],
        "familiar": {"mean": [0.0] * FEATURES, "inverse": np.eye(FEATURES).tolist(), "limit": 5.0},
        **(card or {}),
    }
    (folder / CARD).write_text(json.dumps(facts))
    return folder
