"""Calibration: how sure the network may be, and what its samples look like from inside.

References
----------
C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017
(temperature, expected calibration error); K. Lee et al., "A simple unified framework for detecting
out-of-distribution samples and adversarial attacks", NeurIPS 2018 (distance of features).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as f

from transect.segment.greys import Normal
from transect.segment.maps import CLASSES, MAPS
from transect.train.looks import HELD_OUT, TRAINING
from transect.train.network import Network, as_row
from transect.train.samples import sample
from transect.train.targets import targets

SEED = 950_000_000
"""First seed of the samples for calibration: neither of training nor of validation."""

EDGE = 512
EVERY = 7
"""Pixels from one that is looked at to the next: neighbours tell the same."""

BINS = 15
STRANGE_SHARE = 0.999
"""Share of the training samples whose features are nearer than the limit."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Temperatures of classes, outline and crack, and the error of what they give."""

    temperatures: tuple[float, float, float]
    error_before: float
    error: float


@dataclass(frozen=True)
class Familiar:
    """Features of training samples: their mean, the inverse of their covariance, and a limit."""

    mean: Floats
    inverse: Floats
    limit: float


def _looked_at(
    network: Network, first: int, each: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, classes, outlines and cracks of some pixels of unseen looks."""
    parts = []
    for k, (_, looks) in enumerate(sorted(HELD_OUT.items())):
        for n in range(each):
            made = sample(first + 100 * k + n, EDGE, looks)
            truth = targets(made)
            normal = Normal.of(made.counts)
            with torch.no_grad():
                grey = torch.from_numpy(normal.apply(made.shown))[None, None]
                logits, _ = network(grey, as_row(made.there), as_row(normal.shares))
            spot = slice(k % EVERY, None, EVERY)
            parts.append(
                (
                    logits[0, :, spot, spot].reshape(len(MAPS), -1).T,
                    torch.from_numpy(truth.classes[spot, spot].ravel().astype(np.int64)),
                    torch.from_numpy(truth.boundary[spot, spot].ravel().astype(np.float32)),
                    torch.from_numpy(truth.crack[spot, spot].ravel().astype(np.float32)),
                )
            )
    logits, classes, boundary, crack = (torch.cat(part) for part in zip(*parts, strict=True))
    return logits, classes, boundary, crack


def calibrate(network: Network, each: int = 4) -> Calibration:
    """Fit temperatures on one half of the samples and tell the error on the other."""
    network.eval()
    logits, classes, boundary, crack = _looked_at(network, SEED, each)
    count = len(CLASSES)
    edge, split = logits[:, MAPS.index("boundary")], logits[:, MAPS.index("crack")]
    found = (
        _best(lambda t: f.cross_entropy(logits[:, :count] / t, classes)),
        _best(lambda t: f.binary_cross_entropy_with_logits(edge / t, boundary)),
        _best(lambda t: f.binary_cross_entropy_with_logits(split / t, crack)),
    )
    logits, classes, _, _ = _looked_at(network, SEED + 50, each)
    before, after = (calibration_error(logits[:, :count] / t, classes) for t in (1.0, found[0]))
    return Calibration(found, before, after)


def _best(loss: object) -> float:
    """Temperature with the least loss, of a fine row of them."""
    row = np.exp(np.linspace(np.log(0.3), np.log(5.0), 141))
    values = [float(loss(float(t))) for t in row]  # type: ignore[operator]
    return float(row[int(np.argmin(values))])


def calibration_error(logits: torch.Tensor, classes: torch.Tensor) -> float:
    """Mean gap between how sure the network is and how often it is right, over 15 bins."""
    sure, guess = logits.softmax(1).max(1)
    right = (guess == classes).double()
    place = (sure * BINS).long().clamp(max=BINS - 1)
    gap = 0.0
    for k in range(BINS):
        mine = place == k
        if mine.any():
            apart = (sure[mine].double().mean() - right[mine].mean()).abs()
            gap += float(mine.double().mean() * apart)
    return gap


def familiar(network: Network, each: int = 200) -> Familiar:
    """Features of training samples."""
    network.eval()
    rows = []
    for n in range(each):
        made = sample(SEED + 10_000 + n, EDGE, TRAINING)
        normal = Normal.of(made.counts)
        with torch.no_grad():
            grey = torch.from_numpy(normal.apply(made.shown))[None, None]
            _, features = network(grey, as_row(made.there), as_row(normal.shares))
        rows.append(features[0].double().numpy())
    table = np.array(rows)
    mean = table.mean(axis=0)
    spread = np.cov(table, rowvar=False)
    # Shrunk towards a sphere: fewer samples than a covariance has entries.
    spread = 0.9 * spread + 0.1 * np.eye(len(mean)) * np.trace(spread) / len(mean)
    inverse = np.linalg.inv(spread)
    away = np.sqrt(np.einsum("ni,ij,nj->n", table - mean, inverse, table - mean))
    return Familiar(mean, inverse, float(np.quantile(away, STRANGE_SHARE)) * 1.2)
