"""The stage against the images: rotation, scale and skew, and places for tiles without pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from transect.mosaic.layout import Bools, Floats, Ints

# What a microscope's stage and scan may do, as standard deviations: 1 degree of scan rotation,
# 1 % of scale, 0.3 % of skew and of different scale in x and y.
ROTATION_SD, SCALE_SD, SKEW_SD = 0.02, 0.01, 0.003
NEAREST = 12


@dataclass(frozen=True)
class StageModel:
    """Linear map from stage differences to image differences, and the stage's error in px."""

    matrix: Floats
    error_px: float

    @property
    def rotation_deg(self) -> float:
        """Angle that the image's axes are turned against the stage's."""
        m = self.matrix
        return float(np.degrees(np.arctan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1])))

    def apply(self, stage: Floats) -> Floats:
        """Stage positions or differences in the image's axes."""
        return np.asarray(stage @ self.matrix.T)


def identity() -> StageModel:
    """Take the stage at its word, with an unknown error."""
    return StageModel(np.eye(2), float("nan"))


def fit_stage(stage: Floats, image: Floats) -> StageModel:
    """Robust fit of image differences to stage differences, both of shape (n, 2).

    Ridge terms hold what the data cannot tell: in a single row of tiles the y axis turns with
    the x axis.
    """
    if len(stage) < 3:
        return identity()
    deviation = image - stage
    weights = np.ones(len(stage))
    matrix = np.eye(2)
    error = 1.0
    for _ in range(20):
        error = max(_spread(image - stage @ matrix.T), 0.05)
        e = _ridge(stage, deviation, weights / error**2)
        fresh = np.eye(2) + e
        size = np.hypot(*(image - stage @ fresh.T).T)
        weights = 1.0 / (1.0 + (size / (3.0 * error)) ** 2) ** 2
        if np.abs(fresh - matrix).max() < 1e-9:
            break
        matrix = fresh
    return StageModel(matrix, error)


def _ridge(stage: Floats, deviation: Floats, weights: Floats) -> Floats:
    """Correction to the identity, [[e0, e1], [e2, e3]], by penalised least squares."""
    gram = (stage * weights[:, None]).T @ stage
    right = (deviation * weights[:, None]).T @ stage
    normal = np.zeros((4, 4))
    normal[:2, :2] = normal[2:, 2:] = gram
    penalties = (
        ([0.0, -0.5, 0.5, 0.0], ROTATION_SD),
        ([0.5, 0.0, 0.0, 0.5], SCALE_SD),
        ([0.0, 0.5, 0.5, 0.0], SKEW_SD),
        ([0.5, 0.0, 0.0, -0.5], SKEW_SD),
    )
    for direction, sd in penalties:
        normal += np.outer(direction, direction) / sd**2
    return np.asarray(np.linalg.solve(normal, right.ravel()).reshape(2, 2))


def _spread(residual: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(residual)))


@dataclass(frozen=True)
class Placement:
    """Positions of all tiles, the stage in the same coordinates, and the stage's model."""

    positions: Floats
    stage: Floats
    model: StageModel


def place(stage: Floats, solved: Floats, component: Ints, by_pairs: Bools) -> Placement:
    """Put every part where the stage says, relative to the largest part.

    The stage is fitted anew to the largest part, whose long lever arm tells its rotation far
    better than single pairs, and its slow drift is taken from the nearest tiles.

    Parameters
    ----------
    stage
        Position of each tile by the stage, shape (tile, 2).
    solved
        Positions of the solve: right within each part.
    component
        Number of the part of each tile; 0 is the largest.
    by_pairs
        Tiles that have an accepted pair.
    """
    main = (component == 0) & by_pairs
    if not main.any():
        return Placement(stage - stage.min(axis=0), stage - stage.min(axis=0), identity())
    centre_s, centre_x = np.median(stage[main], axis=0), np.median(solved[main], axis=0)
    model = fit_stage(stage[main] - centre_s, solved[main] - centre_x)
    turned = model.apply(stage - centre_s)
    turned += np.median(solved[main] - turned[main], axis=0)
    expected = turned + _drift(stage, main, solved - turned)
    positions = solved.copy()
    for part in np.unique(component[~main]):
        mine = component == part
        positions[mine] += (expected[mine] - solved[mine]).mean(axis=0)
    corner = positions.min(axis=0)
    return Placement(positions - corner, turned - corner, model)


def _drift(stage: Floats, main: Bools, deviation: Floats) -> Floats:
    """Mean deviation from the stage of the tiles of the main part nearest to each tile."""
    count = min(NEAREST, int(main.sum()))
    found = cKDTree(stage[main]).query(stage, k=np.arange(1, count + 1))
    distance, index = np.asarray(found[0]), np.asarray(found[1])
    reach = np.maximum(np.median(distance, axis=1, keepdims=True), 1.0)
    weights = 1.0 / (1.0 + (distance / reach) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray((deviation[main][index] * weights[..., None]).sum(axis=1))
