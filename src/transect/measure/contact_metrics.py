"""Metrics of the coating's two faces: what lies on the collector, and gaps at the separator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.blocks import open_runs
from transect.measure.estimates import Estimates
from transect.measure.gap_metrics import Interface, add_gaps, least_gap_um
from transect.measure.joined import Joined, drawn
from transect.measure.lines import SIDES
from transect.measure.touching import TOUCHING

Floats = npt.NDArray[np.float64]

AT_SEPARATOR = (
    "delam_separator_fraction",
    "gap_area_separator_um2_per_mm",
    "gap_separator_max_um",
    "longest_run_separator_um",
)


def add_contacts(estimates: Estimates, joined: Joined, used: Any) -> None:
    """Add shares of collector interface by what lies on it, and delamination at the separator.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    used
        X-blocks that are drawn from.
    """
    _collector(estimates, joined, used)
    _separator(estimates, joined, used)


def _collector(estimates: Estimates, joined: Joined, used: Any) -> None:
    rows = joined.partials["touching"]
    if not len(rows):
        why = joined.lines.without_thickness
        estimates.all_missing([f"cc_contact_share_{name}" for name in TOUCHING], why)
        return
    # The phase of most of a column's rows; of equal ones the emptier.
    counts = np.stack([rows[name].to_numpy() for name in TOUCHING[::-1]], axis=1)
    most = len(TOUCHING) - 1 - counts.argmax(axis=1)
    block = drawn(used, rows["column"].to_numpy() // joined.reach.block)
    whole = np.bincount(block, minlength=len(used)).astype(np.float64)
    for number, name in enumerate(TOUCHING):
        part = np.bincount(block[most == number], minlength=len(used)).astype(np.float64)
        estimates.ratio(f"cc_contact_share_{name}", part, whole, int((whole > 0).sum()),
                        bounds=(0.0, 1.0), limit_um=joined.px_um)  # fmt: skip


def _separator(estimates: Estimates, joined: Joined, used: Any) -> None:
    lines, config, px = joined.lines, joined.settings.layers, joined.px_um
    limit = least_gap_um(config, px)
    if lines.separator is None or not np.isfinite(lines.separator).any():
        estimates.all_missing(AT_SEPARATOR, "no separator in the section", limit_um=limit)
        return
    for number, side in enumerate(SIDES):
        outwards = -1.0 if number == 0 else 1.0
        gap = outwards * (lines.separator[number] - lines.surface[number]) * lines.tilt * px
        seen = np.isfinite(gap) & lines.measured[number]
        if not seen.any():
            why = "no separator on this side"
            estimates.all_missing(AT_SEPARATOR, why, side=side, limit_um=limit)
            continue
        apart, longest = open_runs(seen & (gap >= limit), px, config.min_run_um)
        block = np.flatnonzero(seen) // joined.reach.block
        found = Interface(block, apart[seen], gap[seen], longest)
        add_gaps(estimates, joined, used, AT_SEPARATOR, found, side)
