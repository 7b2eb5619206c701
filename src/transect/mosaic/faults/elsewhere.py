"""Places along a border at which the strips of its two sides look alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from transect.mosaic.align.pairs import Search, plans_for
from transect.mosaic.align.refine import overlap
from transect.mosaic.align.strips import Strip, StripPlan, prepare
from transect.mosaic.align.waves import waves
from transect.mosaic.faults.trial import Bench
from transect.mosaic.layout import Floats, Ints, Pairs

ASKED = 6
"""Pairs of a border that are searched over their whole length."""

PEAKS = 4
"""Places that one pair proposes."""

PROPOSALS = 2
"""Places that the pairs propose together."""

LEAST_SHARE = 0.15
"""Share of a strip that must overlap for a place along it to be considered."""


@dataclass(frozen=True)
class Place:
    """Shift along a border, in px beyond the stage, and how alike the strips are there."""

    away: float
    score: float


def places_along(bench: Bench, pairs: Pairs, numbers: Ints, sign: Floats) -> list[float]:
    """Propose how far one side of a border is shifted along it.

    Parameters
    ----------
    bench
        The section.
    pairs, numbers
        The pairs across the border, those with most contrast first.
    sign
        1 where the pair's b belongs to the side that is shifted, -1 where its a does.
    """
    expected = bench.expected(bench.layout, pairs)
    asked = numbers[:ASKED]
    plans = plans_for(bench.layout, pairs, Search(expected, bench.radius), asked)
    votes: list[list[Place]] = []
    side = dict(zip(numbers.tolist(), sign.tolist(), strict=True))
    for chunk, edges in waves(
        bench.read, bench.layout, pairs, plans, asked, bench.shading, bench.threads
    ):
        for n in chunk:
            axis = int(pairs.axis[n])
            far, near = edges[int(pairs.a[n]), axis, True], edges[int(pairs.b[n]), axis, False]
            plan = plans[axis]
            strips = prepare(far, plan), prepare(near, plan)
            found = _alike(*strips, plan, expected[n] - plan.origin, bench.radius)
            votes.append([Place(side[n] * place.away, place.score) for place in found])
    return _most_voted(votes, float(bench.radius))


def _alike(far: Strip, near: Strip, plan: StripPlan, lag: Floats, radius: int) -> list[Place]:
    """Best places of a strip along another, none of them where the stage says."""
    surface = fft.irfft2(far.spectrum * np.conj(near.spectrum), s=plan.fft_shape)
    if plan.axis == 0:
        surface = surface.T
    middle, reach = lag / plan.binning, max(radius // plan.binning, 2)
    span = round(float(middle[plan.axis])) + np.arange(-reach, reach + 1)
    window = surface[span % surface.shape[0]]
    profile, across = window.max(axis=0), span[window.argmax(axis=0)]
    found = []
    for _ in range(PEAKS):
        top = int(profile.argmax())
        # Places repeat with the length of the transform.
        for along in (top, top - len(profile)):
            away = along - float(middle[1 - plan.axis])
            score = _score(far, near, plan, int(across[top]), along)
            if abs(away) > reach and score > 0:
                found.append(Place(away * plan.binning, score))
        profile[max(top - 3, 0) : top + 4] = -np.inf
    return found


def _score(far: Strip, near: Strip, plan: StripPlan, across: int, along: int) -> float:
    """Correlation of what two strips share at a lag, by the root of its area."""
    lag = np.array([across, along] if plan.axis == 0 else [along, across], dtype=np.int64)
    a, b = overlap(far.small.astype(np.float32), near.small.astype(np.float32), lag)
    if a.size == 0 or a.shape[plan.axis] < LEAST_SHARE * far.small.shape[plan.axis]:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float(
        (a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9) * np.sqrt(a.size)
    )


def _most_voted(votes: list[list[Place]], within: float) -> list[float]:
    """Places that most pairs propose; each pair has one voice, as loud as its score."""
    ranked = []
    for place in (p for mine in votes for p in mine):
        voices = [_loudest(mine, place.away, within) for mine in votes]
        heard = [voice for voice in voices if voice is not None]
        middle = float(np.median([voice.away for voice in heard]))
        ranked.append((sum(voice.score for voice in heard), place.score, middle))
    chosen: list[float] = []
    for _, _, away in sorted(ranked, reverse=True):
        if len(chosen) < PROPOSALS and all(abs(away - other) > within for other in chosen):
            chosen.append(away)
    return chosen


def _loudest(places: list[Place], away: float, within: float) -> Place | None:
    near = [place for place in places if abs(place.away - away) <= within]
    return max(near, key=lambda place: place.score, default=None)
