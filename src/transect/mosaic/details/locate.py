"""Find a field of detail in the mosaic: search around the stage, refine, judge against chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from transect.mosaic.align.correlate import Match, match
from transect.mosaic.align.solve import FLOOR_PX
from transect.mosaic.align.strips import Strip, StripPlan, prepare, reduced
from transect.mosaic.align.unrelated import unrelated
from transect.mosaic.details.similarity import LEAST_PX, Aligned, align
from transect.mosaic.details.warp import SCALE_RANGE, TURN_RANGE, Field, Similarity
from transect.mosaic.layout import Floats, Image

SEARCH_PX = 1024
"""Longest side of a window that is searched; larger ones are binned."""

UNIQUE = 0.9
"""A place is ambiguous when another scores more than this share of it."""

HOLES = 0.5
"""Share of a field that the mosaic must show."""

CLOSE_PX = 3.0
"""Distance in searched pixels within which the refined place must be the best one again."""


@dataclass(frozen=True)
class Window:
    """Part of the mosaic around a field.

    Attributes
    ----------
    grey, valid
        Pixels, and where they were recorded.
    corner
        Top-left corner (x, y) in the mosaic, in px.
    """

    grey: Image
    valid: npt.NDArray[np.bool_]
    corner: Floats


@dataclass(frozen=True)
class Plan(StripPlan):
    """A rectangle whose transform has the size of the window that it is searched in."""

    padded: tuple[int, int] = (0, 0)

    @property
    def fft_shape(self) -> tuple[int, int]:
        """Size of the transform: that of the window."""
        return self.padded


@dataclass(frozen=True)
class Sight:
    """What a field showed: the refined place, how well it fits, and what chance scores there.

    `best` is None where nothing could be compared; `reason` says why.
    """

    start: Similarity
    aligned: Aligned
    best: Match | None
    close: bool
    null: tuple[float, ...]
    reason: str = ""


def window_px(shape: tuple[int, ...], scale: float, radius: int) -> npt.NDArray[np.int64]:
    """Width and height of the window that a field is searched in."""
    return np.asarray(np.ceil(np.array(shape[::-1]) * scale), dtype=np.int64) + 2 * radius


def look(
    field: Image, window: Window, start: Similarity, radius: int, draws: int, seed: int
) -> Sight:
    """Search a field in its window, refine where it is, and see whether it fits there best.

    Parameters
    ----------
    field
        Its pixels, finer than the mosaic's.
    window
        Part of the mosaic that reaches `radius` beyond it.
    start
        Where the stage says it is, at the recorded scale.
    radius
        Largest error of that, in px.
    draws
        Unrelated pictures that are scored, and the seed they are made with.
    seed
        Makes the draws the same in every run.
    """
    lost = Aligned(start, np.inf, np.inf, np.inf, False)
    if min(field.shape) * start.scale < LEAST_PX:
        return Sight(start, lost, None, False, (), "too small in the mosaic to be found")
    if _shown(field.shape, window, start) < HOLES:
        return Sight(start, lost, None, False, (), "the mosaic has no picture there")
    binning = max(1, -(-max(window.grey.shape) // SEARCH_PX))
    search = _Search(_filled(window), window.corner, field, binning, radius)
    _, first = search.at(start)
    reach = 0.25 * min(field.shape) * start.scale
    aligned = _with_floor(align(field, search.grey, window.corner, first, reach), field.shape)
    # Searched again at the refined scale and rotation: it must fit best where it was refined to.
    best, second = search.at(replace(aligned.place, centre=start.centre))
    away = np.abs(second.centre - aligned.place.centre).max()
    close = bool(away <= CLOSE_PX * binning)
    return Sight(start, aligned, best, close, tuple(search.chance(start, draws, seed)))


def verdict(sight: Sight, limit: float) -> str:
    """Say why a place is not believed, "" where it is.

    Parameters
    ----------
    sight
        What the field showed.
    limit
        Score that chance reaches.
    """
    if sight.best is None:
        return sight.reason
    if sight.best.score <= limit:
        return "no better than unrelated pictures"
    if not sight.aligned.converged or not sight.close:
        return "the refinement did not converge"
    if sight.best.second > UNIQUE * sight.best.score:
        return "another place fits as well"
    return _odd(sight.aligned.place, sight.start)


def _odd(found: Similarity, recorded: Similarity) -> str:
    """Say what is farther from the recorded than a microscope errs."""
    share = 100 * (found.scale / recorded.scale - 1)
    turn = float(np.degrees(found.turn - recorded.turn))
    faults = []
    if abs(share) > 100 * SCALE_RANGE:
        word = "larger" if share > 0 else "smaller"
        faults.append(f"its pixels are {abs(share):.1f} % {word} than recorded")
    if abs(turn) > np.degrees(TURN_RANGE):
        faults.append(f"it is turned by {turn:.1f} degrees")
    return " and ".join(faults)


def _with_floor(aligned: Aligned, shape: tuple[int, ...]) -> Aligned:
    """Add what distortion and interpolation leave to the standard errors of a field's place."""
    # Root mean square distance of a pixel of the field from its middle.
    lever = aligned.place.scale * float(np.sqrt((shape[0] ** 2 + shape[1] ** 2) / 12))
    return replace(
        aligned,
        se_px=float(np.hypot(aligned.se_px, FLOOR_PX)),
        se_scale=float(np.hypot(aligned.se_scale, FLOOR_PX / lever)),
        se_turn=float(np.hypot(aligned.se_turn, FLOOR_PX / lever)),
    )


class _Search:
    """One field in its window, at the resolution of the search."""

    def __init__(
        self, grey: Image, corner: Floats, field: Image, binning: int, radius: int
    ) -> None:
        self.grey, self._corner, self._field = grey, corner, field
        self._binning, self._radius = binning, radius
        rows, columns = (n // binning for n in grey.shape)
        self._padded = (fft.next_fast_len(rows, True), fft.next_fast_len(columns, True))
        self._plan = self._planned(grey.shape)
        self._far = prepare(reduced(grey, binning), self._plan)

    def _planned(self, shape: tuple[int, ...]) -> Plan:
        size = (int(shape[0]), int(shape[1]))
        return Plan(0, size[1], size, self._binning, self._padded)

    def at(self, place: Similarity) -> tuple[Match, Similarity]:
        """Best match of the field, shown at the scale and rotation of a place, and where it is."""
        near, plan, lag = self._seen(place)
        found = match(self._far, self._prepared(near, plan), self._plan, lag, self._radius)
        return found, replace(place, centre=place.centre + found.lag - lag)

    def _seen(self, place: Similarity) -> tuple[Image, Plan, Floats]:
        """Give the field as the mosaic would show it, and its corner in the window."""
        size = np.floor(np.array(self._field.shape[::-1]) * place.scale).astype(np.int64)
        corner = place.centre - size / 2
        small = Field.of(self._field, place.scale, 1)
        near = small.laid(place, corner, (int(size[1]), int(size[0])))
        return near, self._planned(near.shape), corner - self._corner

    def _prepared(self, near: Image, plan: Plan) -> Strip:
        return prepare(reduced(near, self._binning), plan)

    def chance(self, place: Similarity, draws: int, seed: int) -> Sequence[float]:
        """Scores of pictures that cannot match."""
        near, plan, lag = self._seen(place)
        others = unrelated([self._prepared(near, plan)], self._plan, draws, seed)
        return [match(self._far, o, self._plan, lag, self._radius).score for o in others]


def _shown(shape: tuple[int, ...], window: Window, place: Similarity) -> float:
    """Share of a field that the mosaic shows, by the stage."""
    half = np.array(shape[::-1]) * place.scale / 2
    low = np.maximum(np.rint(place.centre - half - window.corner), 0).astype(np.int64)
    high = np.rint(place.centre + half - window.corner).astype(np.int64)
    part = window.valid[low[1] : high[1], low[0] : high[0]]
    return float(part.mean()) if part.size else 0.0


def _filled(window: Window) -> Image:
    """Grey values with holes filled from around: an edge of a hole must not look like texture."""
    if window.valid.all():
        return window.grey
    weight = window.valid.astype(np.float32)
    grey = window.grey * weight
    mean = float(grey.sum() / max(float(weight.sum()), 1.0))
    size = (65, 65)
    near = cv2.blur(weight, size) + np.float32(1e-3)
    around = (cv2.blur(grey, size) + np.float32(1e-3 * mean)) / near
    return np.where(window.valid, window.grey, around).astype(np.float32)
