"""Tables along the foil and through the depth: thickness, x-blocks and the depth profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.joined import Joined, keyed
from transect.measure.lines import SIDES
from transect.measure.outline import crofton
from transect.measure.tables import BLOCKS, COLUMNS, PROFILE
from transect.phases import COATING, Phase
from transect.statistics.bootstrap import Resampling, percentile_interval

Floats = npt.NDArray[np.float64]

MIN_GAP_PX = 3
"""Gaps narrower than this are not resolved, whatever the configuration says."""


def runs_of(flags: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Start and stop of each run of True."""
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def open_runs(
    wide: npt.NDArray[np.bool_], px: float, least_um: float
) -> tuple[npt.NDArray[np.bool_], float]:
    """Keep what is wide over a run that is long enough; tell the longest such run, in um."""
    out, longest = np.zeros_like(wide), 0
    for start, stop in zip(*runs_of(wide), strict=True):
        if (stop - start) * px >= least_um:
            out[start:stop] = True
            longest = max(longest, int(stop - start))
    return out, longest * px


def delaminated(joined: Joined) -> npt.NDArray[np.bool_]:
    """Find columns whose gap is wide enough in a run that is long enough, (2, columns)."""
    config, px = joined.settings.layers, joined.px_um
    widest = max(config.min_gap_um / px, MIN_GAP_PX)
    wide = (joined.lines.gap * joined.lines.tilt >= widest) & joined.lines.measured
    return np.stack([open_runs(one, px, config.min_run_um)[0] for one in wide])


def column_table(joined: Joined) -> pd.DataFrame:
    """Rows of the table `columns`; empty without a collector, where thickness has no meaning."""
    lines, px = joined.lines, joined.px_um
    if not lines.foil:
        return COLUMNS.empty()
    apart = delaminated(joined)
    parts = []
    for number, side in enumerate(SIDES):
        here = np.flatnonzero(lines.measured[number] & lines.coated[number])
        tilt = lines.tilt[here]
        mean = np.abs(lines.base[number] - lines.mean_surface[number])[here]
        table: dict[str, Any] = {
            "side": np.full(len(here), side, dtype=object),
            "x_um": (here + 0.5) * px,
            "thickness_um": lines.thickness[number][here] * tilt * px,
            "thickness_mean_surface_um": mean * tilt * px,
            "gap_um": lines.gap[number][here] * tilt * px,
            "delaminated": apart[number][here],
            "collector_um": lines.collector[here] * tilt * px,
        }
        parts.append(pd.DataFrame(table))
    return keyed(pd.concat(parts, ignore_index=True), joined.keys)[COLUMNS.names]


def block_table(
    joined: Joined, particles: pd.DataFrame, cracks: pd.DataFrame, columns: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the table `blocks`: every x-block of every side that has coating or interface."""
    px, width, n = joined.px_um, joined.reach.block, joined.blocks
    valid = joined.valid(COATING).sum(axis=2)
    parts = []
    for number, side in enumerate(SIDES):
        start = np.arange(n) * width
        phase = {
            name: joined.counts[:, number, :, int(code)].sum(axis=1) * px**2
            for name, code in _AREAS.items()
        }
        edges = joined.edges[:, number]
        table: dict[str, Any] = {
            "block": np.arange(n),
            "side": np.full(n, side, dtype=object),
            "x0_um": start * px,
            "x1_um": np.minimum(start + width, joined.shape[1]) * px,
            "area_valid_um2": valid[:, number] * px**2,
            **phase,
            "boundary_um": crofton(edges[:, 0], edges[:, 1]) * px,
            **_objects(joined, particles, cracks, number),
            **_interface(joined, columns[columns["side"] == side]),
        }
        frame = pd.DataFrame(table)
        parts.append(frame[(frame["area_valid_um2"] > 0) | (frame["interface_length_um"] > 0)])
    return keyed(pd.concat(parts, ignore_index=True), joined.keys)[BLOCKS.names]


_AREAS = {
    "area_active_material_um2": Phase.ACTIVE_MATERIAL,
    "area_binder_um2": Phase.BINDER,
    "area_pore_um2": Phase.PORE,
    "area_crack_um2": Phase.CRACK,
    "area_void_um2": Phase.VOID,
}


def _total(block: Any, values: Any, n: int) -> Floats:
    """Sum of values by x-block, in the order of the rows."""
    out = np.zeros(n)
    np.add.at(out, block, values)
    return out


def _objects(
    joined: Joined, particles: pd.DataFrame, cracks: pd.DataFrame, number: int
) -> dict[str, Any]:
    n, mine = joined.blocks, particles["side"] == SIDES[number]
    at = joined.block_of(particles.loc[mine, "x_um"].to_numpy(np.float64))
    column = cracks["mosaic_x_um"].to_numpy(np.float64) / joined.px_um
    i = np.clip(column.astype(np.int64), 0, joined.shape[1] - 1)
    below = cracks["mosaic_y_um"].to_numpy(np.float64) / joined.px_um >= joined.lines.cut[i]
    here = cracks[below == bool(number)]
    crack_at = joined.block_of(here["x_um"].to_numpy(np.float64))
    return {
        "crack_length_um": _total(crack_at, here["length_um"].to_numpy(), n),
        "n_particles": np.bincount(at, minlength=n),
    }


def _interface(joined: Joined, columns: pd.DataFrame) -> dict[str, Any]:
    n, px = joined.blocks, joined.px_um
    at = joined.block_of(columns["x_um"].to_numpy(np.float64))
    count = np.bincount(at, minlength=n)
    thick = _total(at, columns["thickness_um"].to_numpy(), n)
    apart = np.bincount(at[columns["delaminated"].to_numpy(bool)], minlength=n)
    return {
        "thickness_mean_um": np.where(count > 0, thick / np.maximum(count, 1), np.nan),
        "gap_length_um": apart * px,
        "interface_length_um": count * px,
    }


def profile_table(joined: Joined, resampling: Resampling, used: Any) -> pd.DataFrame:
    """Rows of the table `profile`.

    Parameters
    ----------
    joined
        Sums of the section.
    resampling
        Draws of the x-blocks.
    used
        X-blocks that are drawn from.
    """
    bins = joined.settings.measure.depth_bins
    valid = joined.valid(COATING)[used].astype(np.float64)
    rows: list[dict[str, Any]] = []
    draws = resampling.draws.astype(np.float64)
    for number, side in enumerate(SIDES):
        whole = valid[:, number]
        if not whole.any():
            continue
        drawn = np.einsum("rb,bd->rd", draws, whole)
        for phase in COATING:
            part = joined.counts[used, number, :, int(phase)].astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                fraction = part.sum(axis=0) / whole.sum(axis=0)
                replicates = np.einsum("rb,bd->rd", draws, part) / drawn
            for level in range(bins):
                ends = percentile_interval(
                    fraction[level], replicates[:, level], resampling.widen, 0.0, 1.0
                )
                rows.append(
                    {
                        "side": side,
                        "depth_bin": level,
                        "zeta0": level / bins,
                        "zeta1": (level + 1) / bins,
                        "phase": phase.name.lower(),
                        "fraction": fraction[level],
                        "ci_low": ends[0],
                        "ci_high": ends[1],
                        "n": int(np.count_nonzero(whole[:, level])),
                    }
                )
    if not rows:
        return PROFILE.empty()
    return keyed(pd.DataFrame(rows), joined.keys)[PROFILE.names]
