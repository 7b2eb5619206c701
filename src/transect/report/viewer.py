"""The section at a glance: coarse levels of mosaic and labels in pieces that a browser takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.report.charts import band_path, line_path
from transect.report.images import Pixels, grey_uri, outlines_uri, phases_uri, stretch
from transect.report.inputs import Section, numbers
from transect.storage.images import Image

BUDGET_PX = 3_000_000
"""Pixels of the overview: about 2 MB of page with its overlays."""
PIECE_PX = 4096
"""Widest single picture: browsers refuse or blur textures much wider."""
OUTLINE_PX = 8
"""Smallest median particle, in pixels of the overview, whose outline still tells something."""
LINES = ("foil_top", "foil_bottom", "a_base", "a_surface", "b_base", "b_surface")


@dataclass(frozen=True)
class Piece:
    """A part of the overview, from left to right; pictures that are not there are empty."""

    left: float
    width: float
    grey: str
    phases: str
    outlines: str


@dataclass
class View:
    """The overview: its size in pixels of level 0, its pieces and its lines."""

    columns: int
    rows: int
    px_um: float
    step: int
    pieces: list[Piece]
    lines: list[tuple[str, str]] = field(default_factory=list)
    gaps: str = ""

    @property
    def outlined(self) -> bool:
        """Whether particles are large enough at this scale to be outlined."""
        return any(piece.outlines for piece in self.pieces)

    @property
    def coloured(self) -> bool:
        """Whether there are phases to show."""
        return any(piece.phases for piece in self.pieces)


def overview(section: Section) -> View | None:
    """Make the overview of a section, or None where there is no mosaic."""
    mosaic = section.mosaic
    if mosaic is None or 0 in mosaic.shape:
        return None
    step = _step(mosaic)
    grey = coarse(mosaic, step)
    phases = None if section.phases is None else coarse(section.phases, step)
    particles = _particles(section, mosaic.px_um * step, step)
    rows, columns = mosaic.shape
    view = View(columns, rows, mosaic.px_um, step, [])
    limits, cracked = limits_of(section), cracked_ids(section)
    for start in range(0, grey.shape[1], PIECE_PX):
        part = np.s_[:, start : start + PIECE_PX]
        width = grey[part].shape[1]
        view.pieces.append(
            Piece(
                100 * start / grey.shape[1],
                100 * width / grey.shape[1],
                grey_uri(grey[part], limits),
                "" if phases is None else phases_uri(phases[part]),
                "" if particles is None else outlines_uri(particles[part], cracked),
            )
        )
    view.lines, view.gaps = interfaces(section.tables["layers"], 0, columns)
    return view


def coarse(image: Image, step: int) -> Pixels:
    """Every `step`-th pixel of an image, from the level nearest to it."""
    level = min(step.bit_length() - 1, len(image.arrays) - 1)
    stride = step >> level
    return image.whole(level)[::stride, ::stride]


def limits_of(section: Section) -> tuple[float, float]:
    """Grey values shown black and white, the same in the overview and in every detail."""
    if section.mosaic is None:
        return 0.0, 1.0
    sample = coarse(section.mosaic, _step(section.mosaic))
    return stretch(sample[sample > 0])


def cracked_ids(section: Section) -> npt.NDArray[np.uint64]:
    """Sorted ids of the cracked particles; none where particles do not crack."""
    rows = section.tables["particles"]
    if not section.applies("cracked_fraction"):
        rows = rows.head(0)
    cracked = rows["particle"][rows["cracked"].astype(bool)]
    return np.sort(np.asarray(cracked, dtype=np.uint64))


def interfaces(layers: pd.DataFrame, col0: int, col1: int) -> tuple[list[tuple[str, str]], str]:
    """Paths of the interfaces and of the gaps between two columns, in pixels of level 0.

    Returns the (name, path) of each line, and the path around all gaps; columns count from `col0`.
    """
    place = numbers(layers["column_px"])
    rows = layers[(place >= col0) & (place < col1)]
    if rows.empty:
        return [], ""
    # 1,500 points a line: finer than any screen shows.
    group = np.asarray((numbers(rows["column_px"]) - col0) * min(1, 1500 / (col1 - col0)), int)
    middle = rows.groupby(group).mean()
    x = numbers(middle["column_px"]) - col0 + 0.5
    lines = [(name, line_path(x, numbers(middle[f"{name}_px"]))) for name in LINES]
    return [(name, path) for name, path in lines if path], _gaps(rows, group, x)


def _gaps(rows: pd.DataFrame, group: npt.NDArray[np.int_], x: npt.NDArray[np.float64]) -> str:
    path = ""
    for base, foil, sign in (("a_base_px", "foil_top_px", -1), ("b_base_px", "foil_bottom_px", 1)):
        edge = numbers(rows[foil].groupby(group).mean())
        # The widest gap of each group: a narrow one must not vanish from the overview.
        gap = numbers(((rows[base] - rows[foil]) * sign).groupby(group).max())
        gap[~(gap > 1)] = np.nan
        path += band_path(x, edge, edge + sign * gap)
    return path


def _step(image: Image) -> int:
    """Smallest power of two that brings the image down to the budget."""
    rows, columns = image.shape
    step = 1
    while (rows // step) * (columns // step) > BUDGET_PX:
        step *= 2
    return step


def _particles(section: Section, px_um: float, step: int) -> Pixels | None:
    """Labels of the particles at a scale, or None where they are too small to be outlined."""
    sizes = numbers(section.tables["particles"]["ecd_um"])
    if section.particles is None or not len(sizes):
        return None
    large = float(np.nanmedian(sizes)) / px_um >= OUTLINE_PX
    return coarse(section.particles, step) if large else None
