"""Scores of label images against the truth."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import cv2
import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.integer]
Bool = npt.NDArray[np.bool_]


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


def whole(labels: Labels) -> npt.NDArray[np.int64]:
    """Make objects of two sources comparable: without holes, and each in one piece.

    What lies inside one object alone (a void, a crack that does not reach its outline, a pore that
    a ring of merged particles shuts in) becomes part of it, whether the source counted it to the
    object or not. An object in two pieces, such as one that the image's edge cuts twice, becomes
    two: nobody can see that they are one.

    Parameters
    ----------
    labels
        Object of each pixel, 0 for none, shape (row, column).
    """
    ids, flat = np.unique(labels, return_inverse=True)
    objects = flat.reshape(labels.shape).astype(np.int64) + int(ids[0] > 0)
    holes = cc3d.connected_components(objects == 0, connectivity=4).astype(np.int64)
    low = np.full(int(holes.max()) + 1, objects.max() + 1)
    high = np.zeros_like(low)
    for a, b in _sides(holes, objects):
        edge = (a > 0) & (b > 0)
        np.minimum.at(low, a[edge], b[edge])
        np.maximum.at(high, a[edge], b[edge])
    owner = np.where(low == high, low, 0)
    # Nobody knows what is around a hole that the image's edge cuts.
    for edge in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        owner[edge] = 0
    full = np.where(objects > 0, objects, owner[holes])
    return np.asarray(cc3d.connected_components(full, connectivity=8), dtype=np.int64)


def _sides(a: Labels, b: Labels) -> list[tuple[Labels, Labels]]:
    """Pixels of one image beside those of another, on all four sides."""
    return [
        (a[1:], b[:-1]),
        (a[:-1], b[1:]),
        (a[:, 1:], b[:, :-1]),
        (a[:, :-1], b[:, 1:]),
    ]


@dataclass(frozen=True)
class Lines:
    """Pixels of thin things: found ones that are right, and true ones that were found."""

    right: int
    found: int
    seen: int
    truth: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there is nothing and nothing was found."""
        if not self.found or not self.truth:
            return float(self.found == self.truth)
        precision, recall = self.right / self.found, self.seen / self.truth
        return 2 * precision * recall / max(precision + recall, 1e-12)

    def __add__(self, other: Lines) -> Lines:
        """Pool the pixels of two images."""
        return Lines(
            *(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True))
        )


def lines(truth: Bool, found: Bool, tolerance: float = 2.0, width: int = 1) -> Lines:
    """Compare thin things, such as cracks, with a tolerance.

    Parameters
    ----------
    truth, found
        Masks of the same shape.
    tolerance
        Largest distance between the centres of a true pixel and a found one, in px.
    width
        Least width in px, by place and not by crack. True pixels of narrower places count neither
        as missed nor as false; found pixels that are wrong count where they are as wide.
    """
    wide = at_least(truth, width)
    right = int(np.count_nonzero(found & near(wide, tolerance)))
    wrong = int(np.count_nonzero(at_least(found, width) & ~near(truth, tolerance)))
    seen = int(np.count_nonzero(wide & near(found, tolerance)))
    return Lines(right, right + wrong, seen, int(np.count_nonzero(wide)))


def at_least(mask: Bool, width: int) -> Bool:
    """Places of a mask where a square of that edge fits."""
    square = np.ones((width, width), np.uint8)
    # No square reaches over the image's edge: a crack that it cuts is not wider for that.
    border = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square, **border) > 0)


def near(mask: Bool, distance: float) -> Bool:
    """Pixels no further than a distance from one of the mask."""
    if not mask.any():
        return np.zeros_like(mask)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Square roots in single precision.
    return np.asarray(away <= distance + 1e-3)


def iou(truth: Bool, found: Bool) -> float:
    """Intersection over union of two masks."""
    union = np.count_nonzero(truth | found)
    return np.count_nonzero(truth & found) / union if union else 1.0
