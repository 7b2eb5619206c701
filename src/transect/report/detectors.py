"""What each detector of a section recorded, and how it lies and shines against the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.report.digits import count, written
from transect.report.inputs import Section, numbers, texts


def channels(section: Section) -> list[str]:
    """Detectors of a section; the one that is measured comes first."""
    return [str(name) for name in section.index.get("channels", [])]


def measured_tiles(section: Section) -> pd.DataFrame:
    """Rows of the table of tiles that are of the measured detector, or of none."""
    tiles, names = section.tables["tiles"], channels(section)
    if len(names) < 2:
        return tiles
    return tiles[~tiles["channel"].isin(names[1:])]


def detector_facts(section: Section) -> list[tuple[str, str]]:
    """Say for each detector how far brightness was corrected and where its images lie."""
    levels, names = section.tables["levels"], channels(section)
    facts = []
    for name in names:
        mine = levels[(levels["channel"] == name) & levels["present"].astype(bool)]
        if mine.empty:
            continue
        gain = numbers(mine["gain"])
        of = f", {name}" if len(names) > 1 else ""
        span = f"{written(float(gain.min()), 3)} to {written(float(gain.max()), 3)}"
        facts.append((f"Brightness of tiles corrected by{of}", span))
        if name != section.fact("levels", "reference", names[0]):
            facts.append((f"{name} lies off by", _shift(mine)))
        lacking = int((levels["channel"] == name).sum()) - len(mine)
        if lacking:
            facts.append((f"Tiles without {name}", count(lacking)))
    return facts


def lacking(section: Section) -> list[list[str]]:
    """Tiles that one detector recorded and another did not: tile, detector, reason."""
    levels = section.tables["levels"]
    gone = levels[~levels["present"].astype(bool)].sort_values(["tile", "channel"])
    columns = (texts(gone[name]) for name in ("tile", "channel", "reason"))
    return [list(row) for row in zip(*columns, strict=True)]


def _shift(levels: pd.DataFrame) -> str:
    shifts = np.stack([numbers(levels[f"shift_{k}_px"]) for k in "xy"], axis=1)
    errors = numbers(levels["shift_se_px"])
    if not np.isfinite(errors).any():
        return "not known: it shows nothing that the other shows"
    x, y = (written(float(v), 2) for v in np.median(shifts, axis=0))
    words = f"{x}, {y} px (standard error {written(float(np.nanmedian(errors)), 2)} px)"
    apart = float(np.ptp(shifts, axis=0).max())
    return f"{words}, up to {written(apart, 1)} px different from tile to tile" if apart else words
