"""A model in bytes: all but its first and last convolutions on integers, a third faster.

Weights of the convolutions become integers of 7 bits, a scale for each channel, and what goes
between them bytes, whose ranges some samples show. Seven bits, since sums of products of two full
bytes overflow on processors that add them in pairs. Ranges leave a hundred-thousandth out: a few
far values would make all others coarse. What first sees the greys and what turns features into
answers stays as it is: there, phases are decided by small differences.

References
----------
B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
inference", CVPR 2018.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from transect.segment.greys import Normal
from transect.train.batches import APART, plain_or_any
from transect.train.samples import sample

SEED, EACH, EDGE = 980_000_000, 24, 512
"""First seed, number and rows of the samples that ranges are taken from: of no other use."""

FIRST, LAST = 1, 4
"""Convolutions at either end, which stay as they are."""

WITHIN = 99.999
"""Percentile of the values that a range holds."""


class _Shown(CalibrationDataReader):  # type: ignore[misc]
    """Samples as the model takes them."""

    def __init__(self) -> None:
        self.samples = _samples()

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.samples, None)


def _samples() -> Iterator[dict[str, np.ndarray]]:
    for n in range(EACH):
        made = sample(SEED + n * APART, EDGE, plain_or_any(n))
        normal = Normal.of(made.counts)
        yield {
            "grey": normal.apply(made.shown)[None, None],
            "there": np.array([made.there], np.float32),
            "shares": np.array([normal.shares], np.float32),
        }


def quantise(source: Path, target: Path) -> None:
    """Write a model in bytes.

    Parameters
    ----------
    source
        Model as it was exported, in floating point.
    target
        File to write.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        names = [node.name for node in onnx.load(str(ready)).graph.node if node.op_type == "Conv"]
        quantize_static(
            str(ready),
            str(target),
            _Shown(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=names[:FIRST] + names[-LAST:],
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": WITHIN},
        )
