"""What training minimises, and how a batch of targets looks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as f
from torch import Tensor

from transect.segment.maps import CLASSES, MAPS
from transect.train.targets import UNKNOWN

CRACK_WEIGHT, BOUNDARY_WEIGHT = 6.0, 2.0
"""Weight of a pixel of a crack, or of an outline: both are rare."""

SHARES = (1.0, 0.7, 1.5, 0.7)
"""Share of classes, boundary, distance and crack in the loss."""

Images = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """What a step learns from.

    Normalised greys (n, 1, row, column), what can be there (n, class), shares of the section's
    greys (n, bin), and targets (n, row, column).
    """

    grey: Tensor
    there: Tensor
    shares: Tensor
    classes: Tensor
    boundary: Tensor
    distance: Tensor
    crack: Tensor


class Losses(NamedTuple):
    """Parts of the loss, each a mean over labelled pixels."""

    classes: Tensor
    boundary: Tensor
    distance: Tensor
    crack: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        parts = [share * part for share, part in zip(SHARES, self, strict=True)]
        return torch.stack(parts).sum()


def losses(logits: Tensor, batch: Batch) -> Losses:
    """Compare logits (n, len(MAPS), row, column) with a batch."""
    logits = logits.float()
    known = (batch.classes != UNKNOWN).float()
    # Outlines are only known where whole particles are labelled.
    drawn = (batch.distance >= 0).float()
    classes = f.cross_entropy(
        logits[:, : len(CLASSES)], batch.classes.long(), ignore_index=UNKNOWN, reduction="sum"
    ) / known.sum().clamp(min=1.0)
    boundary = _binary(logits, "boundary", batch.boundary, drawn, BOUNDARY_WEIGHT)
    crack = _binary(logits, "crack", batch.crack, known, CRACK_WEIGHT)
    away = (logits[:, MAPS.index("distance")].sigmoid() - batch.distance).abs()
    distance = (away * drawn).sum() / drawn.sum().clamp(min=1.0)
    return Losses(classes, boundary, distance, crack)


def _binary(logits: Tensor, name: str, target: Tensor, known: Tensor, weight: float) -> Tensor:
    """Weighted cross entropy and an overlap loss, which rare pixels weigh in as much as others."""
    here = logits[:, MAPS.index(name)]
    target = target.float()
    each = f.binary_cross_entropy_with_logits(
        here, target, reduction="none", pos_weight=torch.tensor(weight)
    )
    entropy = (each * known).sum() / known.sum().clamp(min=1.0)
    share = here.sigmoid() * known
    both, all_ = (share * target).sum(), share.sum() + (target * known).sum()
    return entropy + 0.3 * (1.0 - (2.0 * both + 1.0) / (all_ + 1.0))
