"""What diagnosis can find, and how it is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transect.mosaic.faults.trial import LEFT_RIGHT, TOP_BOTTOM
from transect.tiles.index import Tile

SHOWN = 6

FLIP_WORDS = {
    LEFT_RIGHT: "mirrored left to right",
    TOP_BOTTOM: "mirrored top to bottom",
    LEFT_RIGHT | TOP_BOTTOM: "turned by 180 degrees",
}
DIRECTIONS = {(0, True): "right", (0, False): "left", (1, True): "down", (1, False): "up"}


def _seams(believed: int, tested: int = 0) -> str:
    """So many seams fit, of so many."""
    if tested:
        return f"{believed} of {tested} seam{'s' * (tested > 1)} fit{'s' * (tested == 1)}"
    return f"{believed} seam{'s' * (believed > 1)} fit{'s' * (believed == 1)}"


@dataclass(frozen=True)
class Turned:
    """An image axis along which neighbours fit only in another order than the stage's.

    Attributes
    ----------
    axis
        0: columns of the images, 1: rows.
    source, sign
        Axis of the stage that it truly follows, and in which sense.
    believed, tested
        Pairs that fit so, of those that were tried.
    given, asked
        Pairs that fit as the stage has it, of those that could.
    """

    axis: int
    source: int
    sign: int
    believed: int
    tested: int
    given: int
    asked: int


@dataclass(frozen=True)
class Misplaced:
    """A tile whose image shows the place of another tile; `swapped` where both do."""

    tile: int
    place: int
    swapped: bool
    believed: int
    tested: int

    def say(self, tiles: Sequence[Tile]) -> str:
        """Tell what is wrong with the tile, and the cure."""
        mine, other = tiles[self.tile], tiles[self.place]
        evidence = _seams(self.believed, self.tested)
        if self.swapped:
            return (
                f"swapped with {other.tile}: {mine.file} shows the place of {other.file}"
                f" ({evidence}); exchange their stage positions, or their names"
            )
        return (
            f"{mine.file} shows the place of {other.tile}, {other.file} ({evidence}); correct its"
            " stage position"
        )


@dataclass(frozen=True)
class Usurped:
    """A tile whose place is shown by another tile's image."""

    tile: int
    by: int

    def say(self, tiles: Sequence[Tile]) -> str:
        """Tell what is wrong with the tile, and the cure."""
        return (
            f"its place is shown by {tiles[self.by].file}, and {tiles[self.tile].file} fits"
            " nowhere; correct the stage positions of both"
        )


@dataclass(frozen=True)
class Mirrored:
    """A tile whose image fits only when it is flipped."""

    tile: int
    flip: int
    believed: int
    tested: int

    def say(self, tiles: Sequence[Tile]) -> str:
        """Tell what is wrong with the tile, and the cure."""
        file, evidence = tiles[self.tile].file, _seams(self.believed, self.tested)
        return (
            f"{file} is {FLIP_WORDS[self.flip]} (flipped back, {evidence}); save it as the"
            " microscope recorded it"
        )


@dataclass(frozen=True)
class Moved:
    """Tiles that lie together, but elsewhere than the stage says: by `shift` px (x, y)."""

    tiles: tuple[int, ...]
    shift: tuple[float, float]
    believed: int

    def say(self, tiles: Sequence[Tile], shape: tuple[int, int]) -> str:
        """Tell which tiles, how far and on what evidence."""
        axis = int(np.argmax(np.abs(self.shift)))
        away = self.shift[axis]
        share = abs(away) / shape[1 - axis]
        one = len(self.tiles) == 1
        lie, their = ("lies", "its image") if one else ("lie", "their images")
        return (
            f"{self._who(tiles)} {lie} {abs(away):.0f} px ({share:.2f} tiles) farther"
            f" {DIRECTIONS[axis, away > 0]} than the stage says ({_seams(self.believed)}):"
            f" placed by {their}; check the stage positions"
        )

    def _who(self, tiles: Sequence[Tile]) -> str:
        mine = [tiles[k] for k in self.tiles]
        for name in ("row", "column"):
            number = {int(getattr(t, name)) for t in mine}
            everyone = [t for t in tiles if int(getattr(t, name)) in number]
            if len(number) == 1 and len(mine) > 1 and len(everyone) < len(tiles):
                which = "all" if len(everyone) == len(mine) else str(len(mine))
                of = f"{which} {len(everyone)}" if which == "all" else f"{which} of {len(everyone)}"
                return f"{of} tiles of {name} {number.pop()}"
        names = [t.tile for t in mine]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return f"tiles {', '.join(names[:SHOWN])}{more}" if len(names) > 1 else f"tile {names[0]}"


@dataclass(frozen=True)
class Apart:
    """An image axis along which tiles do not overlap by the stage; -1 where none is near."""

    axis: int
    overlap_px: float
    tiles: int

    def say(self) -> str:
        """Tell how far apart they are, and the cure."""
        width = f"the median overlap is {self.overlap_px:.0f} px"
        cure = "record with 5 to 15 % overlap, or correct tiles.pixel_nm if it is wrong"
        if self.axis < 0:
            return (
                f"tiles do not overlap by the stage ({width}): nothing can be matched, and all"
                f" {self.tiles} are placed by the stage alone, with an unknown error; {cure}"
            )
        along = ("beside each other", "above each other")[self.axis]
        return (
            f"tiles {along} do not overlap by the stage ({width}): they are placed to each other"
            f" by the stage alone, with an unknown error; {cure}"
        )


Fault = Misplaced | Usurped | Mirrored
"""What leaves a tile out of the mosaic."""

Finding = Fault | Turned | Moved | Apart


def faults_of(findings: Sequence[Finding]) -> dict[int, Fault]:
    """Faults among the findings, by the number of the tile."""
    return {f.tile: f for f in findings if isinstance(f, Fault)}
