"""Sections of random discs: how often the interval of porosity holds the truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.measure.estimates import Estimates

X_BLOCK_UM = 5.0
THICKNESS_UM = 70.0
POROSITY = 0.35
STEP_UM = 0.25
MEAN_RADIUS_UM = 3.5


def pore_blocks(length_um: float, seed: int) -> tuple[npt.NDArray[np.float64], float]:
    """Pore area per x-block of one section of overlapping log-normal discs (Boolean model).

    The true porosity is exp(-density * mean disc area), so it is known without simulation.
    """
    rng = np.random.default_rng(seed)
    spread = 0.45
    mean_area = np.pi * MEAN_RADIUS_UM**2 * np.exp(2 * spread**2)
    density = -np.log(POROSITY) / mean_area
    margin = MEAN_RADIUS_UM * np.exp(4 * spread)
    width, height = length_um + 2 * margin, THICKNESS_UM + 2 * margin
    count = rng.poisson(density * width * height)
    x, z = rng.uniform(0, width, count) - margin, rng.uniform(0, height, count) - margin
    radius = MEAN_RADIUS_UM * np.exp(spread * rng.normal(size=count))
    shape = (round(THICKNESS_UM / STEP_UM), round(length_um / STEP_UM))
    solid = np.zeros(shape, bool)
    for cx, cz, r in zip(x / STEP_UM, z / STEP_UM, radius / STEP_UM, strict=True):
        r0, r1 = max(int(cz - r), 0), min(int(cz + r) + 2, shape[0])
        c0, c1 = max(int(cx - r), 0), min(int(cx + r) + 2, shape[1])
        if r0 < r1 and c0 < c1:
            rows, columns = np.ogrid[r0:r1, c0:c1]
            solid[r0:r1, c0:c1] |= (rows + 0.5 - cz) ** 2 + (columns + 0.5 - cx) ** 2 < r * r
    per = round(X_BLOCK_UM / STEP_UM)
    return (~solid).reshape(shape[0], -1, per).sum(axis=(0, 2)).astype(np.float64), POROSITY


def porosity_coverage(replicates: int, length_um: float, seed: int) -> float:
    """Share of sections whose published 95 % interval of porosity holds the truth."""
    held = 0
    for number in range(replicates):
        pores, truth = pore_blocks(length_um, seed * 100_003 + number)
        whole = np.full(pores.size, round(X_BLOCK_UM / STEP_UM) * THICKNESS_UM / STEP_UM)
        estimates = Estimates.over(pores / whole, 400, 1)
        estimates.fraction("porosity_total", pores, whole, 0.05)
        row = estimates.rows[0]
        held += row["ci_low"] <= truth <= row["ci_high"]
    return held / replicates
