"""Rows of the table `detection`: curves, and densities with what was missed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.detect.finds import Finds
from transect.detect.kinds import Kind
from transect.detect.tables import DETECTION
from transect.statistics.detection import FEWEST, Detection

NAN = float("nan")
SIZES = ("a50_um", "a90_um", "a90_95_um")
CREDITED = ("credited_per_mm2", "credited_low", "credited_high")


def detection_table(
    kinds: list[Kind], plants: pd.DataFrame, finds: Finds, px_um: float, seed: int
) -> pd.DataFrame:
    """Fit a curve to each kind, and credit what was found by it.

    Parameters
    ----------
    kinds
        Kinds of defects.
    plants
        Rows of the table `plants`.
    finds
        What the section counts.
    px_um
        Pixel size in um.
    seed
        Of the curves that are drawn.

    Returns
    -------
    Rows without the names of the section.
    """
    rows = [_row(kind, plants[plants["kind"] == kind.name], finds, px_um, seed) for kind in kinds]
    names = [name for name in DETECTION.names if name not in ("batch", "cell", "section")]
    return pd.DataFrame(rows, columns=names)


def _row(
    kind: Kind, plants: pd.DataFrame, finds: Finds, px_um: float, seed: int
) -> dict[str, object]:
    sizes, area = finds.sizes_um[kind.name], finds.area_mm2
    made, found = plants["size_um"].to_numpy(np.float64), plants["found"].to_numpy(bool)
    n, hits = len(plants), int(found.sum())
    row: dict[str, object] = {
        "kind": kind.name, "metric": kind.metric, "n": n, "n_found": hits,
        "limit_um": kind.limit_px * px_um, "count": sizes.size,
        "density_per_mm2": sizes.size / area if area else NAN, "note": "",
        **dict.fromkeys(SIZES + CREDITED, NAN),
    }  # fmt: skip
    curve = Detection.fit(made, found, seed)
    if curve is None or not area:
        few = f"{n} made, {FEWEST} are needed"
        return {**row, "note": few if n < FEWEST else f"{hits} of {n} found: no curve"}
    # Beyond what was made the curve is a guess.
    largest = float(made.max())
    reached = [
        size if size <= largest else NAN for size in (curve.size(0.5), curve.a90, curve.a90_95)
    ]
    row |= dict(zip(SIZES, reached, strict=True))
    whole = bool(np.isfinite(reached).all())
    if not whole:
        row["note"] = f"larger than the largest that was made, {largest:.3g} um, where blank"
    if whole or sizes.size:
        row |= dict(zip(CREDITED, curve.credited(sizes, area), strict=True))
    return row
