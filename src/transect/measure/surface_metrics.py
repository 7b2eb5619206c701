"""Metrics of the shape of coating and foil along the foil: from wedge to roughness and imprint."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined, drawn
from transect.measure.lines import SIDES
from transect.measure.profiles import gaussian_line, roughness, section_heights
from transect.statistics.bootstrap import integral_length

Floats = npt.NDArray[np.float64]

WAVES_UM = (100.0, 5000.0)
"""Wavelengths of waviness."""

FREE_UM = 20.0
"""Length of bare foil beyond a coating's end that makes it a free edge."""

ROUGHNESS = ("Ra_um", "Rq_um", "Rz_um")
IMPRINT = ("imprint_depth_mean_um", "imprint_depth_p95_um")
SURFACE = (
    "t_mean_surface_um",
    "wedge_um_per_mm",
    "waviness_rms_um",
    "edge_bevel_width_um",
    *ROUGHNESS,
    *IMPRINT,
)


def add_surface(estimates: Estimates, joined: Joined, columns: pd.DataFrame, used: Any) -> None:
    """Add the metrics of `SURFACE`, for each side that has a coating.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    columns
        Rows of the table `columns`.
    used
        X-blocks that are drawn from.
    """
    if not joined.lines.foil or not len(columns):
        why = joined.lines.without_thickness
        estimates.all_missing(SURFACE, why)
        return
    for number, side in enumerate(SIDES):
        rows = columns[columns["side"] == side]
        if not len(rows):
            continue
        along = _Along(estimates, joined, side, used)
        thickness = along.spread(rows, "thickness_um")
        along.ratio("t_mean_surface_um", along.spread(rows, "thickness_mean_surface_um"))
        _wedge(along, thickness)
        _waviness(along, thickness)
        _bevel(along, thickness)
        _roughness(along, number)
        _imprint(along, number)


class _Along:
    """Values at every column of one side, and how they become metrics."""

    def __init__(self, estimates: Estimates, joined: Joined, side: str, used: Any) -> None:
        self.estimates, self.joined, self.side, self.used = estimates, joined, side, used
        self.px = joined.px_um
        self.block = np.arange(joined.shape[1]) // joined.reach.block
        self.facts: dict[str, Any] = {"side": side, "limit_um": self.px}

    def spread(self, rows: pd.DataFrame, name: str) -> Floats:
        """Put a column of the table where it lies along the foil, NaN in between."""
        out = np.full(self.joined.shape[1], np.nan)
        at = np.floor(rows["x_um"].to_numpy(np.float64) / self.px).astype(np.int64)
        out[np.clip(at, 0, out.size - 1)] = rows[name].to_numpy(np.float64)
        return out

    def sums(self, values: Floats) -> tuple[Floats, Floats]:
        """Sum and number of the known values by drawn x-block."""
        known, n = np.isfinite(values), self.joined.blocks
        total = np.bincount(self.block[known], weights=values[known], minlength=n)
        count = np.bincount(self.block[known], minlength=n).astype(np.float64)
        return total[self.used], count[self.used]

    def ratio(self, name: str, values: Floats, note: str = "") -> None:
        """Add the mean of the known values."""
        total, count = self.sums(values)
        n = int(np.count_nonzero(count))
        self.estimates.ratio(name, total, count, n, bounds=(0.0, np.inf), note=note, **self.facts)

    def rms(self, name: str, values: Floats, note: str) -> None:
        """Add the root of the mean square of the known values."""
        total, count = self.sums(values**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(np.sqrt(total.sum() / count.sum()))
            drawn = np.sqrt(self.estimates.draw(total) / self.estimates.draw(count))
        n = int(np.count_nonzero(count))
        self.estimates.resampled(
            name, value, drawn, n, bounds=(0.0, np.inf), note=note, **self.facts
        )

    def missing(self, note: str, *names: str) -> None:
        """Add metrics that this side does not have."""
        self.estimates.all_missing(names, note, **self.facts)


def _block_means(along: _Along, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean place in um and mean of the known values of every x-block, and its share of a full one.

    The last block of a section may be a sliver.
    """
    known = np.flatnonzero(np.isfinite(values))
    block, n = along.block[known], along.joined.blocks
    count = np.bincount(block, minlength=n)
    here = count > 0
    places, means = (
        np.bincount(block, weights=amounts, minlength=n)[here] / count[here]
        for amounts in ((known + 0.5) * along.px, values[known])
    )
    return places, means, count[here] / along.joined.reach.block


def _wedge(along: _Along, thickness: Floats) -> None:
    """Slope by least squares; its error counts only as many points as are independent."""
    x, t, weight = _block_means(along, thickness)
    if x.size < 4:
        along.missing("fewer than 4 x-blocks", "wedge_um_per_mm")
        return
    away, above = (v - np.average(v, weights=weight) for v in (x, t))
    slope = float((weight * away * above).sum() / (weight * away**2).sum())
    left = above - slope * away
    related = integral_length(left)
    worth = max(x.size / related, 3.0)
    squares = (weight * left**2).sum() / (weight * away**2).sum()
    error = np.sqrt(squares / (x.size - 2) * related)
    reach = float(stdtrit(worth - 2, 0.975) * error)
    along.estimates.add(
        "wedge_um_per_mm", 1000 * slope, (1000 * (slope - reach), 1000 * (slope + reach)),
        round(worth), "least squares along x, Student's t over independent x-blocks",
        note=f"worth {round(worth)} independent x-blocks", **along.facts,
    )  # fmt: skip


def _waviness(along: _Along, thickness: Floats) -> None:
    """Band-pass the thickness; where it is shorter than the longest wave, take a slope off."""
    known = np.flatnonzero(np.isfinite(thickness))
    length = float(known[-1] - known[0] + 1) * along.px
    low, high = WAVES_UM
    if length < 2 * low:
        along.missing(f"coating of {length:.0f} um; two waves of {low:.0f} um"
                      " are needed", "waviness_rms_um")  # fmt: skip
        return
    waves = gaussian_line(thickness, low / along.px)
    waves[~np.isfinite(thickness)] = np.nan
    if length >= 2 * high:
        waves = waves - gaussian_line(thickness, high / along.px)
        note = f"waves of {low / 1000:g} to {high / 1000:g} mm"
    else:
        slope, level = np.polyfit(known - known[0], waves[known], 1)
        waves = waves - (slope * (np.arange(waves.size) - known[0]) + level)
        note = f"waves of {low / 1000:g} to {length / 1000:.2g} mm, without a slope"
    along.rms("waviness_rms_um", waves, note)


def _bevel(along: _Along, thickness: Floats) -> None:
    """Width over which the coating rises from 10 to 90 % of its plateau, at its free edges."""
    known = np.flatnonzero(np.isfinite(thickness))
    free = round(FREE_UM / along.px)
    plateau = float(np.median(thickness[known]))
    widths = []
    if known.size < 2:
        along.missing("coating at one column only", "edge_bevel_width_um")
        return
    for ends in (known, known[::-1]):
        bare = ends[0] if ends[0] < ends[-1] else thickness.size - 1 - ends[0]
        # Foil without coating, not a mosaic that ends.
        foil = np.isfinite(along.joined.lines.collector)
        beyond = foil[: ends[0]] if ends[0] < ends[-1] else foil[ends[0] + 1 :]
        if bare < free or not beyond.mean() > 0.5:
            continue
        heights = thickness[ends] / plateau
        first = int(np.argmax(heights >= 0.1))
        last = int(np.argmax(heights >= 0.9))
        widths.append(abs(int(ends[last]) - int(ends[first])) * along.px)
    if not widths:
        along.missing("no free edge of the coating in the section", "edge_bevel_width_um")
        return
    value = float(np.mean(widths))
    reach = along.px if len(widths) == 1 else abs(widths[0] - widths[1]) / 2 + along.px
    along.estimates.add(
        "edge_bevel_width_um", value, (max(value - reach, 0.0), value + reach), len(widths),
        "localisation of one pixel and the range of the edges", **along.facts,
    )  # fmt: skip


def _roughness(along: _Along, number: int) -> None:
    lines, cutoff_um = along.joined.lines, along.joined.settings.layers.cutoff_um
    seen = lines.measured[number] & lines.coated[number]
    height = np.where(seen, lines.surface[number] * lines.tilt * along.px, np.nan)
    left = roughness(height, cutoff_um / along.px)
    note = f"cut-off {cutoff_um:g} um"
    if np.isfinite(left).sum() * along.px < cutoff_um:
        along.missing(f"section shorter than two cut-offs of {cutoff_um:g} um", *ROUGHNESS)
        return
    along.ratio("Ra_um", np.abs(left), note)
    along.rms("Rq_um", left, note)
    heights = section_heights(left, round(cutoff_um / along.px))
    if heights.size < 2:
        along.missing(f"fewer than 2 section lengths of {cutoff_um:g} um", "Rz_um")
        return
    value = float(heights.mean())
    reach = float(stdtrit(heights.size - 1, 0.975) * heights.std(ddof=1) / np.sqrt(heights.size))
    along.estimates.add(
        "Rz_um", value, (max(value - reach, 0.0), value + reach), heights.size,
        "Student's t over section lengths", note=note, **along.facts,
    )  # fmt: skip


def _imprint(along: _Along, number: int) -> None:
    """How far particles are pressed into the foil: its edge beyond its own Gaussian line."""
    lines, cutoff_um = along.joined.lines, along.joined.settings.layers.cutoff_um
    inwards = 1.0 if number == 0 else -1.0
    # Bare foil has nothing pressed into it.
    coated = lines.measured[number] & lines.coated[number]
    edge = np.where(coated, lines.cut - inwards * lines.collector / 2, np.nan)
    left = inwards * roughness(edge * lines.tilt * along.px, cutoff_um / along.px)
    if np.isfinite(left).sum() * along.px < cutoff_um:
        along.missing(f"section shorter than two cut-offs of {cutoff_um:g} um", *IMPRINT)
        return
    note = f"cut-off {cutoff_um:g} um"
    along.ratio("imprint_depth_mean_um", np.maximum(left, 0.0), note)
    known = np.flatnonzero(np.isfinite(left))
    depth = np.maximum(left[known], 0.0)
    at = drawn(along.used, along.block[known])
    along.estimates.quantiles(
        ["imprint_depth_p95_um"], depth, np.ones(depth.size), at, [0.95], along.px,
        side=along.side, note=note,
    )  # fmt: skip
