"""How right positions of tiles are, against the truth of a made grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transect.mosaic.tables import POSITIONS, SEAMS
from transect.storage.tables import read_table

Floats = npt.NDArray[np.float64]

FALSE_PX = 1.0
"""A pair that is accepted although its shift is wrong by more is false."""


@dataclass(frozen=True)
class Truth:
    """True places of tiles (n, 2), which show nothing, and the numbers of all neighbours."""

    names: list[str]
    places: Floats
    blank: npt.NDArray[np.bool_]
    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]

    @property
    def textured(self) -> npt.NDArray[np.bool_]:
        """Pairs of two tiles that both show something."""
        return ~(self.blank[self.a] | self.blank[self.b])

    @property
    def tied(self) -> npt.NDArray[np.bool_]:
        """Tiles of the largest part that textured pairs hold together; islands are not in it."""
        a, b, n = self.a[self.textured], self.b[self.textured], len(self.names)
        ties = coo_array((np.ones(len(a)), (a, b)), shape=(n, n))
        _, part = connected_components(ties, directed=False)
        return np.asarray(part == np.bincount(part).argmax())


def read_truth(path: Path) -> Truth:
    """Read the truth.csv of a made grid."""
    frame = pd.read_csv(path)
    number = {(r.row, r.column): n for n, r in enumerate(frame.itertuples())}
    pairs = [
        (n, number[there])
        for (row, column), n in number.items()
        for there in ((row, column + 1), (row + 1, column))
        if there in number
    ]
    a, b = np.array(pairs, dtype=np.int64).T
    places = frame[["x_px", "y_px"]].to_numpy(dtype=np.float64)
    return Truth(frame["tile"].tolist(), places, frame["blank"].to_numpy(dtype=bool), a, b)


@dataclass(frozen=True)
class Errors:
    """Distances from the truth in px of tiles and of neighbours; per axis of blank tiles."""

    tiles: Floats
    pairs: Floats
    blank: Floats


def errors(found: Mapping[str, Floats], truth: Truth) -> Errors:
    """Compare positions with the truth, one translation of all tiles removed.

    Parameters
    ----------
    found
        Corner of each tile, by name.
    truth
        The truth.

    Returns
    -------
    Errors
        Of tiles that textured neighbours tie together, of pairs of textured tiles, and per axis
        of blank tiles.
    """
    away = np.array([found[name] for name in truth.names]) - truth.places
    tied = truth.tied
    away -= np.median(away[tied], axis=0)
    missed = (away[truth.b] - away[truth.a])[truth.textured]
    return Errors(np.hypot(*away[tied].T), np.hypot(*missed.T), away[truth.blank])


@dataclass(frozen=True)
class Accepted:
    """Pairs of textured tiles that were accepted, and how many accepted pairs are false."""

    true: int
    false: int
    of: int


def accepted_by_transect(seams: Path, truth: Truth) -> Accepted:
    """Judge the pairs that a registration accepted."""
    frame = read_table(seams, SEAMS)
    number = {name: n for n, name in enumerate(truth.names)}
    frame = frame[frame["accepted"]]
    ends = frame[["tile_a", "tile_b"]].to_numpy()
    pairs = np.array([(number[a], number[b]) for a, b in ends], dtype=np.int64).reshape(-1, 2)
    return accepted(pairs, frame[["dx_px", "dy_px"]].to_numpy(dtype=np.float64), truth)


def accepted(pairs: npt.NDArray[np.int64], shift: Floats, truth: Truth) -> Accepted:
    """Judge accepted pairs: false when the shift is wrong, or when a tile shows nothing."""
    wanted = truth.places[pairs[:, 1]] - truth.places[pairs[:, 0]]
    false = np.hypot(*(shift - wanted).T) > FALSE_PX
    false |= truth.blank[pairs].any(axis=1)
    return Accepted(int((~false).sum()), int(false.sum()), int(truth.textured.sum()))


def tied_errors(positions: Path, truth: Truth) -> Floats:
    """Distances in px, from the truth, of neighbours that registration says pairs tie together."""
    frame = read_table(positions, POSITIONS).set_index("tile").loc[truth.names]
    away = frame[["x_px", "y_px"]].to_numpy(dtype=np.float64) - truth.places
    part = np.where(frame["placed_by"] == "pairs", frame["component"], -1)
    same = (part[truth.a] == part[truth.b]) & (part[truth.a] >= 0)
    return np.hypot(*(away[truth.b] - away[truth.a])[same].T)


def unmarked(positions: Path, truth: Truth) -> int:
    """Count blank tiles whose position does not say that it is the stage's."""
    frame = read_table(positions, POSITIONS).set_index("tile")
    blank = [name for name, empty in zip(truth.names, truth.blank, strict=True) if empty]
    return int((frame.loc[blank, "placed_by"] != "stage").sum())
