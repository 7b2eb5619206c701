"""Transport through a whole section: sums of its windows, in the order along the foil.

Windows of a section lie side by side: their conductances add up. A window without a path conducts
nothing, and the tortuosity factor of the section stays finite as long as one of them has a path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.lines import SIDES, Lines
from transect.measure.transport.chords import chords
from transect.measure.transport.geodesic import geodesics
from transect.measure.transport.laplace import diffuse
from transect.measure.transport.thickness import local_thickness
from transect.measure.transport.windows import grid_of, straightened
from transect.parallel import run
from transect.phases import Phase
from transect.storage.images import Image

Floats = npt.NDArray[np.float64]
Row = dict[str, float | int | str]

PORES = (Phase.PORE, Phase.CRACK, Phase.VOID)
"""What conducts: all that `porosity_total` counts."""


@dataclass(frozen=True)
class Transport:
    """Windows of a section, left to right, side a before side b.

    Attributes
    ----------
    windows
        One row for each window; see `window_row`.
    sizes
        Local thickness of the pores: `window` (its number along the foil), `diameter_um`, `area`
        (samples of that thickness).
    count
        Places along the foil, with or without a window.
    """

    windows: pd.DataFrame
    sizes: pd.DataFrame
    count: int

    def along(self, values: pd.Series) -> Floats:
        """Sum a value over the sides of each place along the foil."""
        out = np.zeros(self.count)
        np.add.at(out, self.windows["window"].to_numpy(), values.to_numpy(np.float64))
        return out

    def ratios(self) -> dict[str, tuple[Floats, Floats]]:
        """Every index as a sum over a sum, by place along the foil.

        Returns
        -------
        ratios
            By name of the metric: what is above and what is below the line. All are 2-D indices.
        """
        w = self.windows
        length = 2 * w["pore_samples"] * w["sample_um"]
        pairs = {
            "tau_factor_2d": (w["porosity"], w["relative"]),
            "tau_geodesic_z": (w["way_total"], w["ways"]),
            "nonpercolating_windows_2d": (w["relative"] == 0, w["porosity"] >= 0),
            "nonpercolating_fraction_2d": (w["pore_isolated"], w["pore_samples"]),
            "chord_x_um": (length, w["ends_x"]),
            "chord_z_um": (length, w["ends_z"]),
            "chord_anisotropy": (w["ends_z"], w["ends_x"]),
        }
        return {name: (self.along(a), self.along(b)) for name, (a, b) in pairs.items()}


def transport_of(labels: Image, lines: Lines, threads: int = 1) -> Transport:
    """Look at transport in all windows of a section, one in memory for each thread.

    Parameters
    ----------
    labels
        Phases of the whole section with their levels.
    lines
        Layers of the section.
    threads
        Threads to work with; the result is the same for any number.
    """
    grid = grid_of(lines, len(labels.arrays))
    sample_um = lines.px_um * grid.step

    def work(item: tuple[int, int]) -> tuple[Row, pd.DataFrame] | None:
        phases = straightened(labels, lines, grid, *item)
        if phases is None:
            return None
        mask = np.isin(phases, [int(phase) for phase in PORES])
        start = item[0] * grid.width * sample_um
        row = _place(*item, start, start + grid.width * sample_um) | window_row(mask, sample_um)
        return row, _sizes(mask, item[0], sample_um)

    items = [(number, side) for number in range(grid.count) for side in range(2)]
    found = [one for one in run(work, items, threads, "transport") if one is not None]
    # A section without windows has the same columns, of the same types, as any other.
    nothing = np.zeros((1, 1), bool)
    rows = [_place(0, 0, 0.0, 1.0) | window_row(nothing, 1.0), *(row for row, _ in found)]
    parts = [_sizes(nothing, 0, 1.0), *(part for _, part in found)]
    windows = pd.DataFrame(rows).iloc[1:].reset_index(drop=True)
    return Transport(windows, pd.concat(parts, ignore_index=True), grid.count)


def _place(number: int, side: int, x0_um: float, x1_um: float) -> Row:
    return {"window": number, "side": SIDES[side], "x0_um": x0_um, "x1_um": x1_um}


def window_row(mask: npt.NDArray[np.bool_], sample_um: float) -> Row:
    """Measure a window: the sums that sections are made from.

    Parameters
    ----------
    mask
        Whether a sample is pore; rows from the surface to the collector.
    sample_um
        Edge of a sample.

    Returns
    -------
    row
        `porosity`; `relative`, effective over bulk conductivity, 0 without a path; `way_total`, sum
        of the shortest ways over the thickness, of the `ways` samples of the surface that have
        one; `pore_samples` and how many of them no way connects to both faces,
        `pore_isolated`; `ends_x` and `ends_z` of chords; `note`.
    """
    flow, ways, ends = diffuse(mask), geodesics(mask), chords(mask)
    isolated = flow.isolated * ends.length if ends.length else 0.0
    return {
        "sample_um": sample_um,
        "porosity": flow.fraction,
        "relative": flow.relative,
        "way_total": ways.total / ways.rows,
        "ways": ways.started,
        "pore_samples": ends.length,
        "pore_isolated": round(isolated),
        "ends_x": ends.ends_x,
        "ends_z": ends.ends_z,
        "note": flow.note,
    }


def _sizes(mask: npt.NDArray[np.bool_], number: int, sample_um: float) -> pd.DataFrame:
    # The envelope and the collector end a pore; at the other borders it goes on.
    squares = local_thickness(np.pad(mask, ((1, 1), (0, 0))))[1:-1]
    values, counts = np.unique(squares[mask], return_counts=True)
    return pd.DataFrame(
        {
            "window": np.full(len(values), number, np.int64),
            "diameter_um": np.sqrt(values) * sample_um,
            "area": counts.astype(np.int64),
        }
    )
