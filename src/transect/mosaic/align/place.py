"""The stage against the images: rotation, scale and skew, and places for tiles without pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from transect.mosaic.layout import Bools, Floats, Ints

# What a microscope's stage and scan may do, as standard deviations: 1 degree of scan rotation,
# 1 % of scale, 0.3 % of skew and of different scale in x and y, 20 px of backlash.
ROTATION_SD, SCALE_SD, SKEW_SD = 0.02, 0.01, 0.003
BACKLASH_SD = 20.0
NEAREST = 12

UNKNOWNS = 4
"""Of each axis: so many points fit whatever they say."""

MANY = 20
"""Points from which backlash is told from chance."""

FEW = 6
"""Points below which the stage is not judged."""


@dataclass(frozen=True)
class StageModel:
    """Map from what the stage says to the image.

    Attributes
    ----------
    matrix
        Linear map of positions, shape (2, 2): rotation, scale and skew.
    backlash
        What is added in odd columns and in odd rows, shape (2, 2): one (x, y) each, in px.
    error_px
        Robust standard deviation of what is left, per axis.
    """

    matrix: Floats
    backlash: Floats
    error_px: float

    @property
    def rotation_deg(self) -> float:
        """Angle that the image's axes are turned against the stage's."""
        m = self.matrix
        return float(np.degrees(np.arctan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1])))

    def apply(self, stage: Floats, parity: Floats) -> Floats:
        """Stage positions or differences in the image's axes.

        Parameters
        ----------
        stage
            Positions or their differences (x, y), in px.
        parity
            Odd column and odd row of each as 0 or 1, or the differences of these.
        """
        return np.asarray(stage @ self.matrix.T + parity @ self.backlash)


def identity() -> StageModel:
    """Take the stage at its word, with an unknown error."""
    return StageModel(np.eye(2), np.zeros((2, 2)), float("nan"))


def fit_stage(stage: Floats, parity: Floats, image: Floats, *, free: bool = False) -> StageModel:
    """Robust fit of image positions or differences to the stage's, all of shape (n, 2).

    Ridge terms hold what the data cannot tell: in a single row of tiles the y axis turns with
    the x axis. Fewer than 6 points are not fitted: the stage is taken at its word.

    Parameters
    ----------
    stage, parity
        As in `StageModel.apply`.
    image
        Where the images say they are.
    free
        Whether a constant may be added: for positions, whose origins differ.
    """
    if len(stage) < FEW:
        return identity()
    many = len(stage) >= MANY
    design = np.column_stack([stage, parity * many, np.full(len(stage), float(free))])
    weights = np.ones(len(stage))
    fitted = np.zeros((2, 5))
    error = 1.0
    for _ in range(30):
        rest = image - stage - design @ fitted.T
        error = max(_spread(rest - np.median(rest, axis=0) * free), 0.05)
        fresh = _ridge(design, image - stage, weights / error**2)
        size = np.hypot(*(image - stage - design @ fresh.T).T)
        weights = 1.0 / (1.0 + (size / (3.0 * error)) ** 2) ** 2
        settled = np.abs(fresh - fitted).max() < 1e-9
        fitted = fresh
        if settled:
            break
    # A fit leaves too little, and to few points the median of that even less.
    unknowns = (UNKNOWNS if many else UNKNOWNS - 2) + free
    if many:
        error *= float(np.sqrt(len(stage) / (len(stage) - unknowns)))
    else:
        rest = image - stage - design @ fitted.T
        error = max(float(np.sqrt((rest**2).sum() / (2 * (len(stage) - unknowns)))), 0.05)
    return StageModel(np.eye(2) + fitted[:, :2], fitted[:, 2:4].T.copy(), error)


def _ridge(design: Floats, deviation: Floats, weights: Floats) -> Floats:
    """Coefficients of x and y, shape (2, 5), by penalised least squares."""
    count = design.shape[1]
    gram = (design * weights[:, None]).T @ design
    right = (deviation * weights[:, None]).T @ design
    # A weak pull to zero on the constant: the column is empty where none is wanted.
    gram += np.diag([0.0, 0.0, BACKLASH_SD**-2.0, BACKLASH_SD**-2.0, 1e-12])
    normal = np.zeros((2 * count, 2 * count))
    normal[:count, :count] = normal[count:, count:] = gram
    # The matrix is [[1 + e0, e1], [e2, 1 + e3]].
    spots = np.array([0, 1, count, count + 1])
    penalties = (
        ([0.0, -0.5, 0.5, 0.0], ROTATION_SD),
        ([0.5, 0.0, 0.0, 0.5], SCALE_SD),
        ([0.0, 0.5, 0.5, 0.0], SKEW_SD),
        ([0.5, 0.0, 0.0, -0.5], SKEW_SD),
    )
    for direction, sd in penalties:
        normal[np.ix_(spots, spots)] += np.outer(direction, direction) / sd**2
    return np.asarray(np.linalg.solve(normal, right.ravel()).reshape(2, count))


def _spread(residual: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(residual)))


@dataclass(frozen=True)
class Placement:
    """Positions of all tiles, the stage in the same coordinates, and the stage's model."""

    positions: Floats
    stage: Floats
    model: StageModel


def place(
    stage: Floats,
    parity: Floats,
    solved: Floats,
    component: Ints,
    by_pairs: Bools,
    from_pairs: StageModel,
) -> Placement:
    """Put every part where the stage says, relative to the largest part.

    The stage is fitted anew to the largest part, whose long lever arm tells its rotation far
    better than single pairs, and its slow drift is taken from the nearest tiles.

    Parameters
    ----------
    stage, parity
        Position of each tile by the stage and the parity of its column and row, (tile, 2).
    solved
        Positions of the solve: right within each part.
    component
        Number of the part of each tile; 0 is the largest.
    by_pairs
        Tiles that have an accepted pair.
    from_pairs
        The stage by single pairs, for where the largest part is small.
    """
    main = (component == 0) & by_pairs
    if not main.any():
        turned = from_pairs.apply(stage, parity)
        turned -= turned.min(axis=0)
        return Placement(turned, turned, _of_one(from_pairs))
    centre_s, centre_x = np.median(stage[main], axis=0), np.median(solved[main], axis=0)
    model = fit_stage(stage[main] - centre_s, parity[main], solved[main] - centre_x, free=True)
    if not np.isfinite(model.error_px):
        model = _of_one(from_pairs)
    turned = model.apply(stage - centre_s, parity)
    turned += np.median(solved[main] - turned[main], axis=0)
    expected = turned + _drift(stage, main, solved - turned)
    positions = solved.copy()
    for part in np.unique(component[~main]):
        mine = component == part
        positions[mine] += (expected[mine] - solved[mine]).mean(axis=0)
    corner = positions.min(axis=0)
    return Placement(positions - corner, turned - corner, model)


def _of_one(from_pairs: StageModel) -> StageModel:
    """Error of one tile, from that of the difference of two."""
    return replace(from_pairs, error_px=from_pairs.error_px / np.sqrt(2.0))


def _drift(stage: Floats, main: Bools, deviation: Floats) -> Floats:
    """Tell what the stage is off by around each tile, from the nearest tiles of the main part.

    Their mean counts as far as it foretells the deviation of those tiles themselves: an error
    that is new with every move foretells nothing.
    """
    count = min(NEAREST, int(main.sum()) - 1)
    if count < 1:
        return np.zeros_like(deviation)
    tree, known = cKDTree(stage[main]), deviation[main]
    # The nearest of a known tile is itself.
    inside = _weighted(tree.query(stage[main], k=np.arange(2, count + 2)), known)
    square = (inside**2).sum()
    share = float((inside * known).sum() / square) if square > 0 else 0.0
    near = _weighted(tree.query(stage, k=np.arange(1, count + 1)), known)
    return np.asarray(np.clip(share, 0.0, 1.0) * near)


def _weighted(found: tuple[object, object], values: Floats) -> Floats:
    distance, index = np.asarray(found[0]), np.asarray(found[1])
    reach = np.maximum(np.median(distance, axis=1, keepdims=True), 1.0)
    weights = 1.0 / (1.0 + (distance / reach) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray((values[index] * weights[..., None]).sum(axis=1))
