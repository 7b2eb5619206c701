"""Tiles whose image is not what the stage says: of another tile's place, or mirrored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transect.mosaic.align.pairs import textured
from transect.mosaic.faults.afar import scores_from_afar
from transect.mosaic.faults.findings import Fault, Mirrored, Misplaced, Usurped
from transect.mosaic.faults.trial import (
    LEFT_RIGHT,
    TOP_BOTTOM,
    Bench,
    Trial,
    attempt,
    certain,
    strength,
)
from transect.mosaic.layout import Floats, Pairs

MOST = 64
"""Suspects that are examined; they are tried against each other, so costs grow as the square."""

CHOICES = 3
"""Candidates of each place that get a close look."""

FLIPS = (LEFT_RIGHT, TOP_BOTTOM, LEFT_RIGHT | TOP_BOTTOM)


@dataclass(frozen=True)
class Candidate:
    """An image that may belong to a place, and how it is flipped."""

    place: int
    image: int
    flip: int = 0


@dataclass(frozen=True)
class Fit:
    """A candidate whose neighbours agree, by so many of its seams."""

    candidate: Candidate
    strengths: tuple[float, ...]

    @property
    def believed(self) -> int:
        """Seams that fit."""
        return sum(s > 0 for s in self.strengths)


class Examination:
    """Tries images at the places of suspects."""

    def __init__(self, bench: Bench, pairs: Pairs, value: Floats, limit: Floats) -> None:
        self._bench, self._pairs, self._limit, self._value = bench, pairs, limit, value
        self._expected = bench.expected(bench.layout, pairs)
        able = np.flatnonzero(textured(bench.layout, pairs))
        self._of: dict[int, list[int]] = {}
        for n in able[np.argsort(-value[able], kind="stable")]:
            for tile in (int(pairs.a[n]), int(pairs.b[n])):
                self._of.setdefault(tile, []).append(int(n))

    def examine(self, suspects: list[int]) -> list[Fault]:
        """Tell what can be told of some suspects, in the order of the tiles."""
        worth = [max((float(self._value[n]) for n in self._of[t]), default=0.0) for t in suspects]
        order = np.argsort(-np.array(worth), kind="stable")[:MOST]
        places = sorted(suspects[k] for k in order)
        best: dict[int, Fit] = {}
        for place, candidates in self._from_afar(places).items():
            fits = [f for c in candidates if (f := self._close(c)).believed]
            if fits:
                best[place] = max(fits, key=lambda f: sum(f.strengths))
        return _faults(best)

    def _from_afar(self, places: list[int]) -> dict[int, list[Candidate]]:
        """Most promising candidates of each place, by what small copies of the tiles show."""
        candidates = [
            c
            for place in places
            for c in (
                *(Candidate(place, image) for image in places if image != place),
                *(Candidate(place, place, flip) for flip in FLIPS),
            )
        ]
        suspect = set(places)
        trials, whose = [], []
        for k, candidate in enumerate(candidates):
            # Neighbours that are no suspects themselves tell more.
            mine = sorted(
                self._of[candidate.place], key=lambda n: self._other(n, candidate.place) in suspect
            )
            for n in mine[:2]:
                trials.append(self._trial(n, candidate))
                whose.append(k)
        score = np.zeros(len(candidates))
        np.maximum.at(score, whose, scores_from_afar(self._bench, trials))
        return {place: _best(candidates, score, place) for place in places}

    def _close(self, candidate: Candidate) -> Fit:
        """All seams of a place with a candidate in it, at full resolution."""
        mine = self._of[candidate.place]
        found = attempt(self._bench, [self._trial(n, candidate) for n in mine]).pairs
        return Fit(
            candidate,
            tuple(
                strength(found[k], float(self._limit[self._pairs.axis[n]]))
                for k, n in enumerate(mine)
            ),
        )

    def _other(self, n: int, tile: int) -> int:
        a, b = int(self._pairs.a[n]), int(self._pairs.b[n])
        return b if a == tile else a

    def _trial(self, n: int, candidate: Candidate) -> Trial:
        """Pair of a place with a candidate in it; where the neighbour is it, they change places."""

        def image_at(tile: int) -> tuple[int, int]:
            if tile == candidate.place:
                return candidate.image, candidate.flip
            return (candidate.place if tile == candidate.image else tile), 0

        a, flip_a = image_at(int(self._pairs.a[n]))
        b, flip_b = image_at(int(self._pairs.b[n]))
        return Trial(a, b, int(self._pairs.axis[n]), self._expected[n], flip_a, flip_b)


def _best(candidates: list[Candidate], score: Floats, place: int) -> list[Candidate]:
    mine = [k for k, c in enumerate(candidates) if c.place == place]
    mine.sort(key=lambda k: -score[k])
    return [candidates[k] for k in mine[:CHOICES]]


def _faults(best: dict[int, Fit]) -> list[Fault]:
    """Make sense of which image fits which place; swaps first, then what fits best."""
    found: dict[int, Fault] = {}
    fits = sorted(best.values(), key=lambda f: (not _is_swap(f, best), -sum(f.strengths)))
    settled: set[int] = set()
    for fit in fits:
        place, image, tested = fit.candidate.place, fit.candidate.image, len(fit.strengths)
        swapped = _is_swap(fit, best)
        if place in settled or image in found or not (swapped or certain(fit.strengths)):
            continue
        settled.add(place)
        if image == place:
            found[place] = Mirrored(place, fit.candidate.flip, fit.believed, tested)
        else:
            found[image] = Misplaced(image, place, swapped, fit.believed, tested)
    for fault in list(found.values()):
        if isinstance(fault, Misplaced) and fault.place not in found:
            found[fault.place] = Usurped(fault.place, fault.tile)
    return [found[tile] for tile in sorted(found)]


def _is_swap(fit: Fit, best: dict[int, Fit]) -> bool:
    """Whether the image's own place is best filled by the image of this one."""
    place, image = fit.candidate.place, fit.candidate.image
    back = best.get(image)
    return image != place and back is not None and back.candidate.image == place
