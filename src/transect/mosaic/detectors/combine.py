"""Registration by one detector of several, by the best of them, or by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from transect.log import logger
from transect.mosaic.align.looks import Looker, Seams, Texts, look_at_pairs
from transect.mosaic.detectors.channels import Channel
from transect.mosaic.detectors.mutual import Mutual
from transect.mosaic.layout import Bools, Floats, Ints, Layout, Pairs

SAMPLE_PAIRS = 24
"""Pairs that are measured in every detector to find the best one."""

AGREE_PX = 0.5
AGREE_SD = 4.0
"""Two detectors that see a pair this far apart, in px and in standard errors, disagree."""

ABSENT = "a tile without a readable image"


@dataclass(frozen=True)
class Effort:
    """How far to search, in px, how many unrelated strips to score, and threads."""

    radius: int
    draws: int
    threads: int


def seen_by(channel: Channel, layout: Layout, pairs: Pairs, effort: Effort) -> Seams:
    """Look at all pairs with one detector; those with a tile that it lacks say so."""
    both = channel.present[pairs.a] & channel.present[pairs.b]
    mine = Pairs(pairs.a[both], pairs.b[both], pairs.axis[both])
    own = replace(layout, usable=channel.textured)
    looker = Looker(channel.read, own, mine, channel.shading, effort.threads, effort.draws)
    seams, _ = look_at_pairs(looker, effort.radius)
    return seams if both.all() else _spread(seams, pairs, np.flatnonzero(both))


def _spread(seams: Seams, pairs: Pairs, at: Ints) -> Seams:
    """Seams of some pairs among those of all."""

    def among(values: Floats, empty: float) -> Floats:
        wide = np.full((len(pairs), *values.shape[1:]), empty)
        wide[at] = values
        return wide

    reason = np.full(len(pairs), ABSENT, dtype=object)
    reason[at] = seams.reason
    return Seams(
        pairs,
        among(seams.shift, np.nan),
        among(seams.se, np.nan),
        among(seams.confidence, 0.0),
        among(seams.null, np.nan),
        reason,
        among(seams.radius, np.inf),
        {int(at[n]): one for n, one in seams.results.items()},
    )


def certainty(seams: Seams) -> Floats:
    """How far each measured pair is above unrelated strips: 0 at their level, 1 at the most."""
    above = (seams.confidence - seams.null) / np.maximum(1.0 - seams.null, 1e-6)
    return np.asarray(np.nan_to_num(above, nan=-1.0))


def best_channel(
    channels: Sequence[Channel], layout: Layout, pairs: Pairs, effort: Effort
) -> Channel:
    """Detector whose pairs are surest, by the same few pairs in each, spread over the section."""
    scores = []
    every = np.linspace(0, len(pairs), SAMPLE_PAIRS, endpoint=False).astype(np.int64)
    some = np.unique(every[: len(pairs)])
    sample = Pairs(pairs.a[some], pairs.b[some], pairs.axis[some])
    for channel in channels:
        seams = seen_by(channel, layout, sample, effort)
        scores.append(float(np.where(seams.accepted, certainty(seams), 0.0).sum()))
        logger.info(
            "%s: %d of %d sampled pairs are sure, %.2f in all",
            channel.name, seams.accepted.sum(), len(sample), scores[-1],
        )  # fmt: skip
    return channels[int(np.argmax(scores))]


def combine(looks: Sequence[Seams], away: Sequence[Mutual]) -> tuple[Seams, int]:
    """One set of seams from those of several detectors; tells how often they disagreed.

    A pair is believed if any detector proves it. Detectors that agree are weighed by their
    precision; of those that disagree, the surer one decides.

    Parameters
    ----------
    looks
        Seams of the same pairs, one set per detector.
    away
        How the tiles of each detector lie against the common places.
    """
    pairs = looks[0].pairs
    both = list(zip(looks, away, strict=True))
    shift = np.array([s.shift - pairs.difference(m.shift) for s, m in both])
    se = np.array([
        np.sqrt(s.se**2 + m.scatter[pairs.a] ** 2 + m.scatter[pairs.b] ** 2) for s, m in both
    ])  # fmt: skip
    proved = np.array([s.accepted for s in looks])
    sure = np.array([certainty(s) for s in looks])
    lead = np.where(proved, sure + 2.0, sure).argmax(axis=0)
    every = np.arange(len(pairs))
    agree = proved & _alike(shift, se, shift[lead, every], se[lead, every])
    weights = np.where(agree[..., None], 1.0 / np.maximum(se, 1e-6) ** 2, 0.0)
    total = weights.sum(axis=0)
    known = total > 0
    mean = (weights * np.nan_to_num(shift)).sum(axis=0) / np.where(known, total, 1.0)
    error = 1.0 / np.sqrt(np.where(known, total, 1.0))
    merged = Seams(
        pairs,
        np.where(known, mean, shift[lead, every]),
        np.where(known, error, se[lead, every]),
        np.array([s.confidence for s in looks])[lead, every],
        np.array([s.null for s in looks])[lead, every],
        np.array([s.reason for s in looks], dtype=object)[lead, every],
        np.array([s.radius for s in looks])[lead, every],
        {n: looks[lead[n]].results[n] for n in every.tolist() if n in looks[lead[n]].results},
    )
    return merged, int((proved.sum(axis=0) > agree.sum(axis=0)).sum())


def _alike(shift: Floats, se: Floats, lead: Floats, lead_se: Floats) -> Bools:
    with np.errstate(invalid="ignore"):
        apart = np.abs(shift - lead)
        return np.asarray(
            (apart <= np.maximum(AGREE_PX, AGREE_SD * np.hypot(se, lead_se))).all(axis=-1)
        )


def provers(looks: Sequence[Seams], names: Sequence[str]) -> Texts:
    """Names of the detectors that prove each pair, joined with " + "."""
    proved = np.array([s.accepted for s in looks])
    return np.array(
        [" + ".join(n for n, p in zip(names, column, strict=True) if p) for column in proved.T],
        dtype=object,
    )
