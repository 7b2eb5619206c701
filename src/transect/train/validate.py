"""Scores on phantoms whose looks training has never seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from transect.segment.greys import Normal
from transect.segment.maps import CLASSES, MAPS
from transect.train.looks import HELD_OUT
from transect.train.network import Network, as_row
from transect.train.samples import Sample, sample
from transect.train.targets import Targets, targets

EDGE, EACH, SEED = 512, 3, 900_000_000
"""Rows of a validation sample, samples of each look, and their first seed: not one of training."""

CRACK_PX = 2
"""Distance within which a crack counts as found."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Scores:
    """Means over the looks: intersection over union of classes, of active material, and others."""

    classes_iou: float
    active_iou: float
    crack_f1: float
    boundary_f1: float
    distance_error: float
    looks: dict[str, float]

    @classmethod
    def nothing(cls) -> Scores:
        """Scores before any validation."""
        return cls(*(float("nan"),) * 5, {})

    def row(self) -> dict[str, float]:
        """Columns of the curves."""
        own = {k: v for k, v in vars(self).items() if k != "looks"}
        return own | {f"active_iou_{name}": value for name, value in self.looks.items()}

    def __str__(self) -> str:
        return (
            f"classes {self.classes_iou:.3f}, active material {self.active_iou:.3f},"
            f" crack F1 {self.crack_f1:.3f}, outline F1 {self.boundary_f1:.3f},"
            f" distance off by {self.distance_error:.3f}"
        )


@lru_cache(maxsize=1)
def validation_set() -> tuple[tuple[str, Sample, Targets], ...]:
    """Draw samples of every look that is held out."""
    found = []
    for k, (name, looks) in enumerate(sorted(HELD_OUT.items())):
        for n in range(EACH):
            made = sample(SEED + 100 * k + n, EDGE, looks)
            found.append((name, made, targets(made)))
    return tuple(found)


def predict(network: Network, made: Sample) -> npt.NDArray[np.float32]:
    """Probabilities and distance, shape (len(MAPS), row, column)."""
    normal = Normal.of(made.counts)
    network.eval()
    with torch.no_grad():
        grey = torch.from_numpy(normal.apply(made.shown))[None, None]
        logits, _ = network(grey, as_row(made.there), as_row(normal.shares))
        count = len(CLASSES)
        shares = torch.cat([logits[:, :count].softmax(1), logits[:, count:].sigmoid()], 1)
    return np.asarray(shares[0].numpy())


def validate(network: Network) -> Scores:
    """Score a network on all looks that are held out."""
    import cv2

    counts: dict[str, list[npt.NDArray[np.float64]]] = {}
    cracks, outlines, off = np.zeros(4), np.zeros(3), []
    near = np.ones((2 * CRACK_PX + 1,) * 2, np.uint8)
    for name, made, truth in validation_set():
        found = predict(network, made)
        classes = found[: len(CLASSES)].argmax(0)
        table = np.zeros((len(CLASSES), 2))
        for k in range(len(CLASSES)):
            a, b = truth.classes == k, classes == k
            table[k] = np.count_nonzero(a & b), np.count_nonzero(a | b)
        counts.setdefault(name, []).append(table)
        a, b = truth.crack, found[MAPS.index("crack")] > 0.5
        wide_a, wide_b = (cv2.dilate(m.astype(np.uint8), near) > 0 for m in (a, b))
        cracks += [(b & wide_a).sum(), b.sum(), (a & wide_b).sum(), a.sum()]
        a, b = truth.boundary, found[MAPS.index("boundary")] > 0.5
        outlines += [(a & b).sum(), a.sum(), b.sum()]
        inside = truth.distance > 0
        off.append(np.abs(found[MAPS.index("distance")] - truth.distance)[inside].mean())
    whole = np.sum([table for tables in counts.values() for table in tables], axis=0)
    active = {
        name: float(np.sum(tables, axis=0)[2:4, 0].sum() / max(_union(tables), 1.0))
        for name, tables in counts.items()
    }
    seen = whole[:, 1] > 0
    right, sharp = cracks[0] / max(cracks[1], 1.0), cracks[2] / max(cracks[3], 1.0)
    return Scores(
        float((whole[seen, 0] / whole[seen, 1]).mean()),
        float(np.mean(list(active.values()))),
        float(2 * right * sharp / max(right + sharp, 1e-9)),
        float(2 * outlines[0] / max(outlines[1] + outlines[2], 1.0)),
        float(np.mean(off)),
        active,
    )


def _union(tables: list[npt.NDArray[np.float64]]) -> float:
    return float(np.sum(tables, axis=0)[2:4, 1].sum())
