"""A section's pixels brought to the scale that a network knows, and its maps brought back.

Pixels finer than what it was trained for are averaged by squares of 2, 4, 8 or 16; coarser ones are
enlarged as many times, linearly. What a window shows then depends on pixels around it alone, so
that maps do not depend on blocks, as without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from transect.parallel import WINDOW, Window
from transect.segment.card import INPUT
from transect.segment.maps import HALO, MAPS
from transect.segment.network import Network

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Ask = Callable[[F32, Window, Window, Window], tuple[U8, F64]]
"""Asks a network about greys, a window, what is around it and the part that is wanted."""


@dataclass(frozen=True)
class Zoom:
    """How pixels become those of the network: one of the two is 1.

    Attributes
    ----------
    binned
        Pixels along each side of a square that becomes one.
    enlarged
        Pixels that one becomes along each side.
    """

    binned: int = 1
    enlarged: int = 1

    @classmethod
    def to(cls, px_nm: float, known: tuple[float, float]) -> Zoom:
        """Choose the least power of two that brings a pixel size into a range.

        Parameters
        ----------
        px_nm
            Pixel size of the section.
        known
            Smallest and largest pixel size that the network was trained for, at least two apart.
        """
        times = 1
        while px_nm * times < known[0]:
            times *= 2
        if times > 1:
            return cls(binned=times)
        while px_nm / times > known[1]:
            times *= 2
        return cls(enlarged=times)

    @property
    def factor(self) -> float:
        """Size of the network's pixels, in those of the section."""
        return self.binned / self.enlarged

    @property
    def halo(self) -> int:
        """Pixels of the section around a window that decide in it."""
        return HALO * self.binned

    def seen(self, recorded: int) -> float:
        """Share of the network's input that was recorded, given pixels of the section."""
        return recorded / (self.binned * INPUT) ** 2

    def look(
        self,
        network: Network,
        greys: F32,
        window: Window,
        outer: Window,
        part: Window,
        there: Sequence[bool],
        shares: Sequence[float],
    ) -> tuple[U8, F64]:
        """Tell maps of a window and its features; all arguments are in pixels of the section.

        Parameters
        ----------
        network
            The model.
        greys
            Normalised greys of `outer`, 0 where nothing was recorded.
        window, outer, part, there, shares
            As `Network.look` takes them; `outer` is the window with `halo` around it.
        """
        ask = partial(network.look, there=there, shares=shares)
        if self.binned > 1:
            return self._binned(ask, greys, window, outer, part)
        if self.enlarged > 1:
            return self._enlarged(ask, greys, window, outer, part)
        return ask(greys, window, outer, part)

    def _binned(
        self, ask: Ask, greys: F32, window: Window, outer: Window, part: Window
    ) -> tuple[U8, F64]:
        n = self.binned
        # Windows begin at multiples of the square; what ends between them is filled up.
        small = _means(np.pad(greys, [(0, -length % n) for length in greys.shape]), n)
        whole = _coarser(outer, n)
        wanted = _within(_coarser(part, n).padded(1, (whole.row1, whole.col1)), whole)
        maps, features = ask(small, _coarser(window, n), whole, wanted)
        found = np.empty((len(maps), *part.shape), np.uint8)
        for out, plane in zip(found, maps, strict=True):
            out[:] = _larger(plane, n)[part.inside(_finer(wanted, n))]
        return found, features

    def _enlarged(
        self, ask: Ask, greys: F32, window: Window, outer: Window, part: Window
    ) -> tuple[U8, F64]:
        n, halo = self.enlarged, -(-HALO // self.enlarged)
        found = np.zeros((len(MAPS), *part.shape), np.uint8)
        features = []
        for piece, wanted in _pieces(window, part, WINDOW // n):
            # One pixel more: what a pixel is at the very edge depends on what is beyond it.
            around = _within(piece.padded(halo + 1, (outer.row1, outer.col1)), outer)
            kept = _within(piece.padded(halo, (outer.row1, outer.col1)), outer)
            finer = _finer(kept, n)
            large = _larger(greys[around.inside(outer)], n)[finer.inside(_finer(around, n))]
            maps, known = ask(large, _finer(piece, n), finer, _finer(wanted, n))
            features.append(known)
            for out, plane in zip(found, maps, strict=True):
                out[wanted.inside(part)] = _means(plane, n) + np.float32(0.5)
        return found, np.asarray(np.mean(features, axis=0))


def _means(pixels: npt.NDArray[np.generic], n: int) -> F32:
    """Means of squares of n x n pixels."""
    rows, columns = pixels.shape
    squares = pixels.reshape(rows // n, n, columns // n, n)
    return np.asarray(squares.mean(axis=(1, 3), dtype=np.float32))


def _larger(pixels: U8 | F32, n: int) -> npt.NDArray[Any]:
    """Enlarge n times, linearly between the middles of pixels."""
    size = (n * pixels.shape[1], n * pixels.shape[0])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def _coarser(window: Window, n: int) -> Window:
    """Squares of n x n pixels that a window covers, the last ones in part."""
    return Window(window.row0 // n, -(-window.row1 // n), window.col0 // n, -(-window.col1 // n))


def _finer(window: Window, n: int) -> Window:
    return Window(n * window.row0, n * window.row1, n * window.col0, n * window.col1)


def _within(window: Window, outer: Window) -> Window:
    """Give what a window shares with another."""
    return Window(
        max(window.row0, outer.row0),
        min(window.row1, outer.row1),
        max(window.col0, outer.col0),
        min(window.col1, outer.col1),
    )


def _pieces(window: Window, part: Window, edge: int) -> Iterator[tuple[Window, Window]]:
    """Cut a window into squares, each with the share of `part` around it that lies nearest."""
    for r in range(window.row0, window.row1, edge):
        for c in range(window.col0, window.col1, edge):
            piece = Window(r, min(r + edge, window.row1), c, min(c + edge, window.col1))
            yield (
                piece,
                Window(
                    part.row0 if r == window.row0 else r,
                    part.row1 if piece.row1 == window.row1 else piece.row1,
                    part.col0 if c == window.col0 else c,
                    part.col1 if piece.col1 == window.col1 else piece.col1,
                ),
            )
