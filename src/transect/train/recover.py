"""The network of a model that was exported, ready to be trained further."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from transect.errors import ModelError
from transect.segment.card import MODEL
from transect.segment.greys import Normal
from transect.segment.network import Network as Model
from transect.train.batches import APART
from transect.train.network import Network
from transect.train.samples import sample

SEED, EACH, EDGE = 970_000_000, 16, 256
"""First seed, number and rows of the samples that the model is shown: of no other use."""

TRAINED = "trained.onnx"
"""Weights in floating point, beside the model that runs."""

Weights = tuple[Tensor, Tensor]


def recover(folder: Path) -> Network:
    """Give the network whose weights a model holds.

    An exported model has its batch normalisation folded into the convolutions. Each is unfolded
    around the mean and spread that it meets on some samples, so that the network says what the
    model says, and can be trained like any other.

    Parameters
    ----------
    folder
        Folder of a model: `model.onnx`, its card and `trained.onnx`.

    Raises
    ------
    ModelError
        The model cannot be run by this version, has no weights beside it, or is not of this
        network's shape.
    """
    Model.load(folder)
    path = folder / TRAINED
    if not path.is_file():
        raise ModelError(f"{path}: no such file; expected the weights of {folder / MODEL}")
    network = Network().eval()
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    weights, linear = _weights(path, "Conv"), _weights(path, "Gemm")
    hints = [m for m in network.modules() if isinstance(m, nn.Linear)]
    mine = [tuple(m.weight.shape) for m in (*convolutions, *hints)]
    found = [tuple(w.shape) for w, _ in (*weights, *linear)]
    if found != mine:
        raise ModelError(
            f"{path}: {len(found)} layers of sizes {found}; expected {len(mine)} of"
            f" sizes {mine}, as this version trains"
        )
    normalised, hooks = _normalised(network), []
    with torch.no_grad():
        for convolution, (weight, bias) in zip(convolutions, weights, strict=True):
            convolution.weight.copy_(weight)
            if convolution.bias is not None:
                convolution.bias.copy_(bias)
            else:
                norm = normalised[convolution]
                hooks.append(norm.register_forward_pre_hook(_unfold(bias)))
        for layer, (weight, bias) in zip(hints, linear, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
        network(*_shown())
    for hook in hooks:
        hook.remove()
    return cast(Network, network)


def _weights(path: Path, kind: str) -> list[Weights]:
    """Weights and biases of all layers of a kind, in the order in which they are computed."""
    graph = onnx.load(str(path)).graph
    values = {v.name: torch.from_numpy(numpy_helper.to_array(v).copy()) for v in graph.initializer}
    return [
        (values[node.input[1]], values[node.input[2]])
        for node in graph.node
        if node.op_type == kind
    ]


def _normalised(network: Network) -> dict[nn.Conv2d, nn.BatchNorm2d]:
    """Give each convolution that is normalised with what normalises it."""
    blocks = [m for m in network.modules() if isinstance(m, nn.Sequential)]
    return {
        a: b
        for block in blocks
        for a, b in pairwise(block)
        if isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)
    }


def _shown() -> tuple[Tensor, Tensor, Tensor]:
    """Give samples of training: greys (n, 1, row, column), what can be there, shares of greys."""
    made = [sample(SEED + n * APART, EDGE) for n in range(EACH)]
    normal = [Normal.of(m.counts) for m in made]
    greys = [n.apply(m.shown) for n, m in zip(normal, made, strict=True)]
    there, shares = (
        torch.tensor(rows, dtype=torch.float32)
        for rows in ([m.there for m in made], [n.shares for n in normal])
    )
    return torch.from_numpy(np.stack(greys))[:, None], there, shares


def _unfold(bias: Tensor) -> Callable[[Any, tuple[Any, ...]], None]:
    """Set a normalisation, when it first meets values, so that it adds this bias to them."""

    def set_up(norm: Any, inputs: tuple[Any, ...]) -> None:
        mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(bias + mean)

    return set_up
