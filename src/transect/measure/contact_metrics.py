"""Metrics of the coating's two faces: what lies on the collector, and gaps at the separator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.blocks import MIN_GAP_PX, runs_of
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.measure.lines import SIDES
from transect.measure.touching import TOUCHING
from transect.statistics.counts import wilson

Floats = npt.NDArray[np.float64]

AT_SEPARATOR = (
    "delam_separator_fraction",
    "gap_area_separator_um2_per_mm",
    "gap_separator_max_um",
    "longest_run_separator_um",
)
_EXTREME = "localisation of one pixel; an extreme of this section only"


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
        why = "no coating measured" if joined.lines.foil else "no collector in the section"
        for name in TOUCHING:
            estimates.missing(f"cc_contact_share_{name}", why)
        return
    # The phase of most of a column's rows; of equal ones the emptier.
    counts = np.stack([rows[name].to_numpy() for name in TOUCHING[::-1]], axis=1)
    most = len(TOUCHING) - 1 - counts.argmax(axis=1)
    block = np.searchsorted(used, rows["column"].to_numpy() // joined.reach.block)
    block = np.clip(block, 0, max(len(used) - 1, 0))
    whole = np.bincount(block, minlength=len(used)).astype(np.float64)
    for number, name in enumerate(TOUCHING):
        part = np.bincount(block[most == number], minlength=len(used)).astype(np.float64)
        estimates.ratio(f"cc_contact_share_{name}", part, whole, int((whole > 0).sum()),
                        bounds=(0.0, 1.0), limit_um=joined.px_um)  # fmt: skip


def _separator(estimates: Estimates, joined: Joined, used: Any) -> None:
    lines, config, px = joined.lines, joined.settings.layers, joined.px_um
    limit = max(config.min_gap_um, MIN_GAP_PX * px)
    if lines.separator is None or not np.isfinite(lines.separator).any():
        for name in AT_SEPARATOR:
            estimates.missing(name, "no separator in the section", limit_um=limit)
        return
    for number, side in enumerate(SIDES):
        outwards = -1.0 if number == 0 else 1.0
        gap = outwards * (lines.separator[number] - lines.surface[number]) * lines.tilt * px
        seen = np.isfinite(gap) & lines.measured[number]
        if not seen.any():
            for name in AT_SEPARATOR:
                estimates.missing(name, "no separator on this side", side=side, limit_um=limit)
            continue
        apart = np.zeros(gap.size, bool)
        longest = 0.0
        for start, stop in zip(*runs_of(seen & (gap >= limit)), strict=True):
            if (stop - start) * px >= config.min_run_um:
                apart[start:stop] = True
                longest = max(longest, (stop - start) * px)
        facts: dict[str, Any] = {"side": side, "limit_um": limit}
        block = np.arange(gap.size) // joined.reach.block
        part, whole = (
            np.bincount(block[mask], minlength=joined.blocks)[used].astype(np.float64)
            for mask in (apart, seen)
        )
        if 0 < part.sum() < whole.sum():
            estimates.ratio("delam_separator_fraction", part, whole, len(used),
                            bounds=(0.0, 1.0), **facts)  # fmt: skip
        else:
            share = float(part.sum() / whole.sum())
            estimates.add("delam_separator_fraction", share, wilson(share * len(used), len(used)),
                          len(used), "Wilson score interval over x-blocks", **facts)  # fmt: skip
        open_um = np.bincount(block[apart], weights=gap[apart], minlength=joined.blocks)[used]
        estimates.ratio("gap_area_separator_um2_per_mm", open_um * px, whole * px / 1000,
                        len(used), bounds=(0.0, np.inf), **facts)  # fmt: skip
        widest = float(gap[apart].max()) if apart.any() else 0.0
        for name, value in (
            ("gap_separator_max_um", widest),
            ("longest_run_separator_um", longest),
        ):
            ends = (max(value - px, 0.0), value + px)
            estimates.add(name, value, ends, int(apart.sum()), _EXTREME, **facts)
