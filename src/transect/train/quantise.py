"""Eight-bit weights and activations: the model as integer units of a processor run it.

Scales come from samples of training looks. The last convolution, whose small differences decide
between phases, stays in single precision.

References
----------
B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
inference", CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from transect.segment.greys import Normal
from transect.train.looks import TRAINING
from transect.train.samples import sample

SEED, COUNT, EDGE = 960_000_000, 24, 512
"""First seed, number and rows of the samples: of no other use."""

APART = 16
"""Seeds from one sample to the next, so that each is of a section of its own."""


class _Samples(CalibrationDataReader):  # type: ignore[misc]
    """Inputs of the model, one at a time."""

    def __init__(self) -> None:
        self._left = self._all()

    def _all(self) -> Iterator[dict[str, Any]]:
        for n in range(COUNT):
            made = sample(SEED + APART * n, EDGE, TRAINING)
            grey = Normal.of(np.bincount(made.bright.ravel(), minlength=256)).apply(made.bright)
            yield {"grey": grey[None, None], "there": np.array([made.there], np.float32)}

    def get_next(self) -> dict[str, Any] | None:
        """Give the next input, or None after the last."""
        return next(self._left, None)


def quantise(source: Path, target: Path) -> None:
    """Write a model whose convolutions work on bytes.

    Parameters
    ----------
    source
        Model in single precision.
    target
        Where it is written.
    """
    nodes = onnx.load(source).graph.node
    last = [node.name for node in nodes if node.op_type == "Conv"][-1]
    quantize_static(
        source,
        target,
        _Samples(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Relu", "Add"],
        nodes_to_exclude=[last],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.Percentile,
        extra_options={"CalibPercentile": 99.999},
    )
