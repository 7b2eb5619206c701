"""Widths, directions and classes of cracks, from the pixels of their skeletons.

All sums are of integers, so that neither blocks nor their order matter: lengths in thousandths of a
pixel, cosines and ratios in millionths, angles in thousandths of a degree.

References
----------
Angles against neighbours: MATBOX (Usseglio-Viretta et al., SoftwareX 2022). Classes of short and
long cracks: Rieder et al., npj Computational Materials 2025.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.kernels import kernel
from transect.measure.crack_points import EIGHTHS
from transect.measure.crack_widths import P95, WIDTHS, WidthsBy
from transect.measure.joined import Joined
from transect.measure.localise import distinct
from transect.measure.union import parents_of

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

INNER = 0.15
"""Share of a particle's radius around its centre in which a direction to it means nothing."""

THIN = 4 * EIGHTHS
"""Width by the distance to the edge, up to which that says little, and the greys across are taken:
less than 3.5 px in truth."""

CONTRAST = 5.0
"""Least difference of the greys of material and pores, in levels, to tell a width by."""

CLASSES = ("core", "surface", "through", "open")

LENGTH, WIDEST_HERE, PLACE, ENDS, THIN_AMOUNT, THIN_LENGTH = range(6)
"""Sums of a crack: length, largest width in eighths of a pixel, length x r/R, ends at the outline,
length x width by greys, and the length of what that is of."""

RADIAL_LENGTH, RADIAL_AMOUNT, CONTACT_LENGTH, CONTACT_AMOUNT, GREY_LENGTH, GREY_AMOUNT = range(6)
"""Sums of a particle and of an x-block: length and length x cos 2a, length and length x contact
angle; of an x-block also length and length x width by greys."""
MILLI, MICRO = 1e3, 1e6


@dataclass(frozen=True)
class Shapes:
    """Sums over the skeletons of the listed cracks.

    Attributes
    ----------
    cracks
        int64 (cracks, 6): from `LENGTH` to `THIN_LENGTH`.
    particles
        int64 (particles, 4): from `RADIAL_LENGTH` to `CONTACT_AMOUNT`.
    blocks
        int64 (x-blocks, 6): from `RADIAL_LENGTH` to `GREY_AMOUNT`.
    widths
        int64 (x-blocks, WIDTHS): length by width.
    null
        Contact angle of each particle's cracks if they lay anywhere, in degrees; NaN without
        neighbours.
    places
        X-block of each particle.
    diameters_um
        Of each crack's particle.
    crack_p95, particle_p95
        Width, in eighths of a pixel, that 95 % of the length of each crack, and of the cracks of
        each particle, does not exceed; NaN without cracks.
    """

    cracks: Array
    particles: Array
    blocks: Array
    widths: Array
    null: Floats
    places: Array
    diameters_um: Floats
    crack_p95: Floats
    particle_p95: Floats


def shapes_of(joined: Joined, cracks: pd.DataFrame, particles: pd.DataFrame) -> Shapes:
    """Look at all pixels of the skeletons, a block at a time.

    Parameters
    ----------
    joined
        Sums of the section.
    cracks, particles
        Rows of the tables of these names.
    """
    px, ids = joined.px_um, particles["particle"].to_numpy()
    out = Shapes(
        np.zeros((len(cracks), 6), np.int64),
        np.zeros((len(particles), 4), np.int64),
        np.zeros((joined.blocks, 6), np.int64),
        np.zeros((joined.blocks, WIDTHS), np.int64),
        np.full(len(particles), np.nan),
        joined.block_of(particles["x_um"].to_numpy(np.float64)),
        np.zeros(len(cracks)),
        np.full(len(cracks), np.nan),
        np.full(len(particles), np.nan),
    )
    if not len(cracks):
        return out
    owner = rows_of(ids, cracks["particle"].to_numpy())
    # What is not reported is so small that any crack is long.
    diameters = particles["ecd_um"].to_numpy(np.float64)
    out.diameters_um[owner >= 0] = diameters[owner[owner >= 0]]
    starts, ways = _ways(joined, particles, distinct(owner[owner >= 0]))
    centres = particles[["mosaic_x_um", "mosaic_y_um", "ecd_um"]].to_numpy(np.float64) / px
    material = particles["grey_mean"].to_numpy(np.float64) / joined.grey_step
    pore = _pore_grey(joined)
    pieces = np.sort(joined.partials["cracks"]["component"].to_numpy())
    roots = pieces[parents_of(pieces, joined.partials["runs"])]
    listed = rows_of(cracks["crack"].to_numpy(), roots)
    spread = WidthsBy.nothing()
    for part in joined.partials.points():
        if len(part):
            which = listed[np.searchsorted(pieces, part["component"].to_numpy())]
            fields = part.drop(columns="component").to_numpy(np.int64)
            _add(
                fields[which >= 0], which[which >= 0], owner, centres, starts, ways, material,
                pore, joined.reach.block, out.cracks, out.particles, out.blocks, out.widths,
            )  # fmt: skip
            spread = spread.with_points(fields[which >= 0], which[which >= 0])
    out.crack_p95[:] = spread.quantile(P95, len(cracks))
    out.particle_p95[:] = spread.by(owner).quantile(P95, len(particles))
    for row in np.flatnonzero(np.diff(starts)):
        out.null[row] = _null(ways[starts[row] : starts[row + 1]])
    return out


def rows_of(ids: Array, wanted: Array) -> npt.NDArray[np.int64]:
    """Row of each wanted id among ids in any order, -1 where it is not there."""
    if not len(ids):
        return np.full(len(wanted), -1)
    order = np.argsort(ids, kind="stable")
    spot = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    return np.where(ids[order[spot]] == wanted, order[spot], -1)


def _pore_grey(joined: Joined) -> float:
    greys = joined.partials["greys"]
    count = int(greys["count"].sum())
    return int(greys["sum_grey"].sum()) / count if count else float("nan")


def _ways(joined: Joined, particles: pd.DataFrame, cracked: Array) -> tuple[Array, Floats]:
    """Directions from each cracked particle to its neighbours, in rad: starts and values."""
    ids, pairs = particles["particle"].to_numpy(), joined.partials["neighbours"]
    a, b = (rows_of(ids, pairs[name].to_numpy()) for name in ("particle", "neighbour"))
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    flagged = np.zeros(len(ids), bool)
    flagged[cracked] = True
    # Whichever of the two named the other, it is a neighbour of both.
    both = np.concatenate([a * len(ids) + b, b * len(ids) + a])
    first, second = np.divmod(distinct(both[flagged[both // max(len(ids), 1)]]), len(ids))
    x, y = (particles[name].to_numpy(np.float64) for name in ("mosaic_x_um", "mosaic_y_um"))
    starts = np.searchsorted(first, np.arange(len(ids) + 1))
    return starts, np.arctan2(y[second] - y[first], x[second] - x[first])


@kernel
def _nearest(way: float, ways: Array) -> float:
    """Smallest angle between a direction and some others, as lines: 0 to 90 degrees."""
    best = 90.0
    for other in ways:
        turn = abs(np.degrees(way - other)) % 180.0
        best = min(best, min(turn, 180.0 - turn))
    return best


@kernel
def _null(ways: Array) -> float:
    """Mean of the smallest angle over all directions: between two lines it rises and falls."""
    lines = np.sort(np.degrees(ways) % 180.0)
    total = (lines[0] + 180.0 - lines[-1]) ** 2
    for k in range(1, len(lines)):
        total += (lines[k] - lines[k - 1]) ** 2
    return float(total / (4 * 180.0))


@kernel
def _add(
    points: Array,
    which: Array,
    owner: Array,
    centres: Array,
    starts: Array,
    ways: Array,
    material: Array,
    pore: float,
    block_px: int,
    cracks: Array,
    particles: Array,
    blocks: Array,
    widths: Array,
) -> None:
    for i in range(len(points)):
        row, column, orthogonal, diagonal, width, tx, ty, dark, across, end = points[i]
        crack, particle = cracks[which[i]], owner[which[i]]
        # Half of every step to a neighbour: the other half is the neighbour's.
        length = 474 * orthogonal + 670 * diagonal
        block = column // block_px
        crack[LENGTH] += length
        crack[WIDEST_HERE] = max(crack[WIDEST_HERE], width)
        crack[ENDS] += int(end == 2)
        widths[block, min(width, WIDTHS - 1)] += length
        if particle < 0:
            continue
        if width <= THIN and material[particle] - pore >= CONTRAST:
            wide = (across * material[particle] - dark) / (material[particle] - pore)
            amount = int(np.rint(wide * MILLI)) * length
            crack[THIN_AMOUNT] += amount
            crack[THIN_LENGTH] += length
            blocks[block, GREY_LENGTH] += length
            blocks[block, GREY_AMOUNT] += amount
        dx = column + 0.5 - centres[particle, 0]
        dy = row + 0.5 - centres[particle, 1]
        away, radius = np.hypot(dx, dy), centres[particle, 2] / 2
        crack[PLACE] += int(np.rint(MILLI * min(away / radius, 10.0))) * length
        if away < INNER * radius or away == 0.0:
            continue
        along, aside = tx * dx + ty * dy, tx * dy - ty * dx
        total = along * along + aside * aside
        if total > 0:
            amount = int(np.rint(MICRO * (along * along - aside * aside) / total)) * length
            particles[particle, RADIAL_LENGTH] += length
            particles[particle, RADIAL_AMOUNT] += amount
            blocks[block, RADIAL_LENGTH] += length
            blocks[block, RADIAL_AMOUNT] += amount
        first, last = starts[particle], starts[particle + 1]
        if last > first:
            angle = _nearest(np.arctan2(dy, dx), ways[first:last])
            amount = int(np.rint(MILLI * angle)) * length
            particles[particle, CONTACT_LENGTH] += length
            particles[particle, CONTACT_AMOUNT] += amount
            blocks[block, CONTACT_LENGTH] += length
            blocks[block, CONTACT_AMOUNT] += amount
