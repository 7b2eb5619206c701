"""What unrelated strips score: the null that a pair must beat to be believed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transect.mosaic.align.strips import Strip, StripPlan, spectrum

ABSURD = 2.0
"""A score so many times the fitted limit is no chance."""

FALSE_RATE = 1e-4
"""Share of unrelated pairs that may pass: one wrong shift in 10,000 pairs."""


def unrelated(near: Sequence[Strip], plan: StripPlan, count: int, seed: int) -> list[Strip]:
    """Make strips that no strip of a section can match.

    Near strips of any pair, mirrored in one or both axes and rolled at random: what is mirrored
    cannot match even where both strips show the same place, and a few strips give many draws with
    the texture of the section.

    Parameters
    ----------
    near
        Near strips of the same axis.
    plan
        What they have in common.
    count
        How many to make.
    seed
        Makes them the same in every run.
    """
    random = np.random.default_rng([seed, 20])
    made = []
    for _ in range(count):
        partner = int(random.integers(len(near)))
        flip = int(random.integers(1, 4))
        small = near[partner].small
        small = small[:: -1 if flip & 1 else 1, :: -1 if flip & 2 else 1]
        long = int(np.argmax(small.shape))
        small = np.roll(small, int(random.integers(small.shape[long])), axis=long)
        small = np.ascontiguousarray(small)
        made.append(Strip(near[partner].grey, small, *spectrum(small, plan.fft_shape)))
    return made


def threshold(scores: Sequence[float], rate: float = FALSE_RATE) -> float:
    """Score that a share `rate` of unrelated pairs exceeds, by a Gumbel tail.

    Each score is the maximum over many places, whose tail is a Gumbel distribution's: fitting
    one reaches far beyond the largest of a few hundred draws. Its scale comes from the upper
    half, which is what the tail continues.
    """
    values = np.sort(np.asarray(scores, dtype=np.float64))
    if len(values) < 20:
        return float("inf")
    middle, upper = np.quantile(values, [0.5, 0.95])
    # Quantile p of a Gumbel distribution: place - scale * log(-log(p)).
    at = -np.log(-np.log(np.array([0.5, 0.95, 1.0 - rate])))
    scale = (upper - middle) / (at[1] - at[0])
    fitted = float(middle + scale * (at[2] - at[0]))
    # Not below the largest that was seen, unless it is far above what chance can reach: then it
    # is of a tile that was saved mirrored, which matches once it is mirrored again.
    return max(fitted, float(values[values <= ABSURD * fitted].max()))
