"""Parts of the section that lie elsewhere than the stage says, such as a row off by half a tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from transect.mosaic.align.looks import Seams
from transect.mosaic.align.pairs import Search, reachable, textured
from transect.mosaic.align.solve import Graph
from transect.mosaic.faults.elsewhere import places_along
from transect.mosaic.faults.findings import Moved
from transect.mosaic.faults.trial import (
    Bench,
    Trial,
    attempt,
    by_tile,
    certain,
    strength,
    with_stage,
)
from transect.mosaic.layout import Bools, Floats, Ints, Pairs, neighbours

MOST = 16
"""Borders between parts that are searched, those with most pairs first."""

FIRST, SAMPLE = 3, 8
"""Pairs that are tried at a place: at first, and when one of those fits."""

ROW = 2
"""Tiles of a part that may be off by whole tiles."""

SHARE = 0.3
"""Share of the pairs between two parts that must fit."""


@dataclass(frozen=True)
class Border:
    """Pairs along one axis between two parts, of which none fits."""

    parts: tuple[int, int]
    axis: int
    numbers: Ints


@dataclass(frozen=True)
class Tie:
    """Where the second part of a border lies, in px (x, y) beyond the stage."""

    parts: tuple[int, int]
    shift: Floats
    believed: int


class Parts:
    """The parts of a section that accepted pairs hold together, and how they lie to each other."""

    def __init__(self, bench: Bench, seams: Seams, value: Floats, limit: Floats) -> None:
        self._bench, self._pairs, self._value, self._limit = bench, seams.pairs, value, limit
        graph = Graph(len(bench.layout.names), seams.pairs.a, seams.pairs.b)
        self._part = graph.components(seams.accepted)
        self._size = np.bincount(self._part, minlength=graph.n)
        self._tile_value = by_tile(seams.pairs, value, graph.n)

    def moved(self, strong: Bools, left_out: Bools) -> tuple[Floats, list[Moved]]:
        """Find the parts that fit elsewhere along their border with others.

        Parameters
        ----------
        strong
            Pairs that should have matched, by their contrast.
        left_out
            Tiles that are known to be wrong themselves.

        Returns
        -------
        shift
            How far each tile lies from where the stage says, (x, y) in px; 0 for most.
        found
            One entry for each part that does not lie where the stage says.
        """
        asked = strong & ~left_out[self._pairs.a] & ~left_out[self._pairs.b]
        ties = [t for b in self._borders(asked) if (t := self._tie(b)) is not None]
        by_part = _shifts(ties, float(self._bench.radius))
        owner = np.where(left_out, -1, self._part)
        owner = self._take_along(owner, by_part)
        shift = np.zeros((len(owner), 2))
        found: list[Moved] = []
        for part, (away, believed) in sorted(by_part.items()):
            mine = np.flatnonzero(owner == part)
            shift[mine] = away
            x, y = (float(v) for v in away)
            found.append(Moved(tuple(mine.tolist()), (x, y), believed))
        return shift, self._merged(found)

    def _merged(self, found: list[Moved]) -> list[Moved]:
        """Name pieces of one row that are off alike together."""
        rows: dict[tuple[int, int], list[list[Moved]]] = {}
        for one in found:
            along = int(np.argmax(np.abs(one.shift)))
            place = self._bench.layout.stage_px[list(one.tiles), 1 - along]
            level = round(float(np.median(place / self._bench.layout.size[1 - along])))
            groups = rows.setdefault((along, level), [])
            for pieces in groups:
                if abs(pieces[0].shift[along] - one.shift[along]) <= 2.0 * self._bench.radius:
                    pieces.append(one)
                    break
            else:
                groups.append([one])
        return [_together(pieces) for groups in rows.values() for pieces in groups]

    def _borders(self, asked: Bools) -> list[Border]:
        held: dict[tuple[int, int, int], list[int]] = {}
        a, b = self._part[self._pairs.a], self._part[self._pairs.b]
        for n in np.flatnonzero(asked & (a != b)):
            low, high = sorted((int(a[n]), int(b[n])))
            held.setdefault((low, high, int(self._pairs.axis[n])), []).append(int(n))
        borders = []
        for (low, high, axis), numbers in held.items():
            order = np.argsort(-self._value[numbers], kind="stable")
            borders.append(Border((low, high), axis, np.array(numbers, dtype=np.int64)[order]))
        return sorted(borders, key=lambda border: (-len(border.numbers), border.parts))[:MOST]

    def _tie(self, border: Border) -> Tie | None:
        best: Tie | None = None
        for away in self._places(border):
            tie = self._try(border, away)
            if tie is not None and (best is None or tie.believed > best.believed):
                best = tie
        return best

    def _places(self, border: Border) -> Iterator[float]:
        """Shifts of the second part along the border that are worth a try, in px."""
        a_first = self._part[self._pairs.a[border.numbers]] == border.parts[0]
        sign = np.where(a_first, 1.0, -1.0)
        yield from places_along(self._bench, self._pairs, border.numbers, sign)
        if self._size[border.parts[1]] >= ROW:
            step = self._step(1 - border.axis)
            yield from (step, -step)

    def _step(self, axis: int) -> float:
        away = np.abs(self._pairs.difference(self._bench.layout.stage_px)[:, axis])
        mine = away[self._pairs.axis == axis]
        return float(np.median(mine)) if len(mine) else float(self._bench.layout.size[axis])

    def _try(self, border: Border, away: float) -> Tie | None:
        """Pairs between two parts, were the second one moved along their border."""
        move = np.zeros(2)
        move[1 - border.axis] = away
        first, second = (self._part == part for part in border.parts)
        stage = self._bench.layout.stage_px + second[:, None] * self._bench.unturned(move)
        layout = with_stage(self._bench.layout, stage)
        pairs = neighbours(layout)
        crossing = (first[pairs.a] & second[pairs.b]) | (second[pairs.a] & first[pairs.b])
        expected = self._bench.expected(layout, pairs)
        able = textured(layout, pairs) & reachable(
            layout, pairs, Search(expected, self._bench.radius)
        )
        mine = np.flatnonzero(able & crossing & (pairs.axis == border.axis))
        weight = np.minimum(self._tile_value[pairs.a[mine]], self._tile_value[pairs.b[mine]])
        mine = mine[np.argsort(-weight, kind="stable")[:SAMPLE]]
        strengths, off = self._measure(pairs, expected, mine[:FIRST])
        if not any(strengths):
            return None
        more = self._measure(pairs, expected, mine[FIRST:])
        strengths, off = [*strengths, *more[0]], np.concatenate([off, more[1]])
        fits = np.array(strengths) > 0
        if not certain(strengths) or fits.mean() < SHARE:
            return None
        off *= np.where(second[pairs.b[mine]], 1.0, -1.0)[:, None]
        return Tie(border.parts, move + np.median(off[fits], axis=0), int(fits.sum()))

    def _measure(self, pairs: Pairs, expected: Floats, numbers: Ints) -> tuple[list[float], Floats]:
        """Give how strongly pairs are believed, and how far off their expected place they are."""
        if not len(numbers):
            return [], np.zeros((0, 2))
        trials = [
            Trial(int(pairs.a[n]), int(pairs.b[n]), int(pairs.axis[n]), expected[n])
            for n in numbers
        ]
        found = attempt(self._bench, trials).pairs
        strengths = [
            strength(found[k], float(self._limit[trial.axis])) for k, trial in enumerate(trials)
        ]
        off = [found[k].shift - trial.expected for k, trial in enumerate(trials)]
        return strengths, np.array(off)

    def _take_along(self, owner: Ints, by_part: dict[int, tuple[Floats, int]]) -> Ints:
        """Let tiles that nothing ties to others go with the moved row that they lie in."""
        loose = (self._size[self._part] == 1) & (owner >= 0) & ~np.isin(owner, list(by_part))
        owner = owner.copy()
        for part, (away, _) in sorted(by_part.items()):
            level = self._pairs.axis == int(np.argmax(np.abs(away)))
            while True:
                for one, other in (
                    (self._pairs.a[level], self._pairs.b[level]),
                    (self._pairs.b[level], self._pairs.a[level]),
                ):
                    joins = (owner[one] == part) & loose[other] & (owner[other] != part)
                    owner[other[joins]] = part
                    loose[other[joins]] = False
                    if joins.any():
                        break
                else:
                    break
        return owner


def _shifts(ties: Sequence[Tie], least_px: float) -> dict[int, tuple[Floats, int]]:
    """Shift of every part against the largest it is tied to, and how many pairs say so."""
    beside: dict[int, list[tuple[int, Floats, int]]] = {}
    for tie in ties:
        low, high = tie.parts
        beside.setdefault(low, []).append((high, tie.shift, tie.believed))
        beside.setdefault(high, []).append((low, -tie.shift, tie.believed))
    found: dict[int, tuple[Floats, int]] = {}
    for root in sorted(beside):
        if root in found:
            continue
        found[root] = (np.zeros(2), 0)
        queue = [root]
        while queue:
            part = queue.pop(0)
            for other, shift, believed in beside[part]:
                if other not in found:
                    found[other] = (found[part][0] + shift, believed)
                    queue.append(other)
    return {part: found[part] for part in found if np.abs(found[part][0]).max() > least_px}


def _together(pieces: Sequence[Moved]) -> Moved:
    tiles = tuple(sorted(tile for piece in pieces for tile in piece.tiles))
    weights = [len(piece.tiles) for piece in pieces]
    x, y = np.average([piece.shift for piece in pieces], axis=0, weights=weights)
    return Moved(tiles, (float(x), float(y)), sum(piece.believed for piece in pieces))
