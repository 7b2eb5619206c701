"""Scores of label images against the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Match:
    """Objects of a truth and of a result, matched where they overlap by half of their union."""

    iou: npt.NDArray[np.float64]
    truth: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    n_truth: int
    n_found: int

    @property
    def average_precision(self) -> float:
        """Matches over matches, misses and false finds."""
        hits = self.iou.size
        return hits / max(self.n_truth + self.n_found - hits, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.iou.size / max(self.n_truth + self.n_found, 1)

    @property
    def panoptic_quality(self) -> float:
        """Sum of the matches' overlaps over the mean number of objects."""
        return float(self.iou.sum()) * 2 / max(self.n_truth + self.n_found, 1)


def match(truth: Labels, found: Labels, smallest: int = 0, limit: float = 0.5) -> Match:
    """Match objects; 0 is background.

    Parameters
    ----------
    truth, found
        Label images of the same shape.
    smallest
        Objects with fewer pixels do not count, neither as missed nor as false.
    limit
        Intersection over union from which two objects are the same.
    """
    t_ids, t = np.unique(truth, return_inverse=True)
    f_ids, f = np.unique(found, return_inverse=True)
    t_area, f_area = np.bincount(t.ravel()), np.bincount(f.ravel())
    pairs, overlap = np.unique(t.ravel() * f_ids.size + f.ravel(), return_counts=True)
    a, b = pairs // f_ids.size, pairs % f_ids.size
    real = (t_ids[a] > 0) & (f_ids[b] > 0)
    a, b, overlap = a[real], b[real], overlap[real]
    iou = overlap / (t_area[a] + f_area[b] - overlap)
    hit = iou > limit
    a, b, iou = a[hit], b[hit], iou[hit]
    counted = (t_area[a] >= smallest) | (f_area[b] >= smallest)
    # A matched object counts once on both sides, whichever of the two is large enough.
    small_t = (t_ids > 0) & (t_area >= smallest)
    small_f = (f_ids > 0) & (f_area >= smallest)
    small_t[a[counted]] = True
    small_f[b[counted]] = True
    return Match(
        iou[counted],
        t_ids[a[counted]].astype(np.int64),
        f_ids[b[counted]].astype(np.int64),
        int(small_t.sum()),
        int(small_f.sum()),
    )


def iou(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> float:
    """Intersection over union of two masks."""
    union = np.count_nonzero(truth | found)
    return np.count_nonzero(truth & found) / union if union else 1.0
