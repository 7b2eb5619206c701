"""How often a phase is taken for another, and what fractions are without that.

References
----------
W. J. Rogan, B. Gladen, "Estimating prevalence from the results of a screening test", Am. J.
Epidemiol. 107, 1978; for several classes P. S. Levy, E. H. Kass, Biometrics 26, 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.errors import AnalysisError
from transect.phases import Phase
from transect.storage.tables import Column, Schema

Floats = npt.NDArray[np.float64]

CLASSES: dict[str, tuple[Phase, ...]] = {
    "active_material": (Phase.ACTIVE_MATERIAL,),
    "binder": (Phase.BINDER,),
    "empty": (Phase.PORE, Phase.CRACK, Phase.VOID),
}
"""What is told apart; everything empty is one, as `porosity_total` is."""

CONFUSION = Schema(
    "confusion",
    1,
    "Pixels of validated masks by what they are and what they were taken for",
    (
        Column("mask", "string", "", "file of the mask"),
        Column("truth", "string", "", "class by the mask: active_material, binder or empty"),
        Column("found", "string", "", "class by the labels, likewise"),
        Column("n_px", "int64", "1", "pixels"),
    ),
)


@dataclass(frozen=True)
class Confusion:
    """Pixels of masks by true and found class, shape (masks, truth, found)."""

    counts: Floats

    @classmethod
    def of(cls, table: pd.DataFrame, name: str) -> Confusion:
        """Sort the rows of a table.

        Raises
        ------
        AnalysisError
            A class is not known, a number is negative, or a class is in no mask; `name` is the
            table's.
        """
        strange = sorted({*table["truth"], *table["found"]} - set(CLASSES))
        if strange:
            raise AnalysisError(
                f"{name}: unknown class {strange[0]!r}, expected {', '.join(CLASSES)}"
            )
        if (table["n_px"] < 0).any():
            raise AnalysisError(f"{name}: n_px is negative, expected a number of pixels")
        order = list(CLASSES)
        masks, names = pd.factorize(table["mask"], sort=True)
        true, found = (table[c].map(order.index).to_numpy(np.int64) for c in ("truth", "found"))
        counts = np.zeros((len(names), len(order), len(order)))
        np.add.at(counts, (masks, true, found), table["n_px"].to_numpy(np.float64))
        absent = [c for c, n in zip(order, counts.sum(axis=(0, 2)), strict=True) if not n > 0]
        if absent:
            raise AnalysisError(
                f"{name}: no pixel of {', '.join(absent)} in its masks; each class is needed"
            )
        return cls(counts)

    def rates(self, drawn: npt.NDArray[np.int64] | None = None) -> Floats:
        """Share of each true class that is found as each class, shape (truth, found).

        Parameters
        ----------
        drawn
            How often each mask counts; once when absent.
        """
        counts = self.counts.sum(axis=0) if drawn is None else np.tensordot(drawn, self.counts, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def corrected(found: Floats, rates: Floats) -> Floats:
    """Give true fractions from found ones: found = rates^T true.

    Parameters
    ----------
    found
        Fractions of the classes, shape (classes,).
    rates
        Share of each true class that is found as each, shape (truth, found).

    Returns
    -------
    Fractions of sum 1; below 0 or above 1 where the rates do not fit. NaN where the classes cannot
    be told apart.
    """
    if not np.isfinite(rates).all() or np.linalg.cond(rates) > 1e6:
        return np.full_like(found, np.nan)
    return np.asarray(np.linalg.solve(rates.T, found))
