"""Defects of all classes in one list, the gravest first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from transect.defects.found import (
    Evidence,
    agglomerates,
    coating_cracks,
    delaminations,
    foreign_particles,
    fragments,
    macro_voids,
)
from transect.defects.tables import CLASSES

RULES: dict[str, tuple[str, Callable[[Evidence], pd.DataFrame]]] = {
    "delamination": ("delam_fraction", delaminations),
    "coating_crack": ("coating_crack_per_mm2", coating_cracks),
    "macro_void": ("macro_void_per_mm2", macro_voids),
    "agglomerate": ("agglomerate_per_mm2", agglomerates),
    "foreign_particle": ("foreign_particle_per_mm2", foreign_particles),
    "fragment": ("fragment_fraction", fragments),
}
"""Metric that counts each class, and what lists it."""

STEPS = (1.0, 1.5, 2.5)
"""Scores from which on a defect is of severity 1, 2 and 3."""


def ranked(seen: Evidence) -> pd.DataFrame:
    """List all defects by severity, then by score, then by class and number.

    Returns
    -------
    Columns of the table `defects` but names of the section, contrast, thumbnail and review.
    """
    parts = []
    for name in CLASSES:
        rule, found = RULES[name]
        rows = found(seen)
        ids = [f"{name}-{int(number)}" for number in rows["number"]]
        parts.append(rows.assign(**{"class": name, "rule": rule, "defect": ids}))
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    frame["severity"] = np.searchsorted(STEPS, frame["score"], side="right").astype(np.int32)
    order = frame["class"].map(CLASSES.index)
    frame = frame.assign(order=order).sort_values(
        ["severity", "score", "order", "number"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    return frame.drop(columns=["order", "number"])
