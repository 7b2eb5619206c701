"""Metrics against what is expected of a chemistry: what cannot be, and what is not plausible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from transect.expect import ExpectConfig
from transect.statistics.registry import elsewhere


@dataclass(frozen=True)
class Held:
    """Metrics and replicates after they were held against expectations, and what was found."""

    metrics: pd.DataFrame
    replicates: pd.DataFrame
    warnings: list[str]


def hold(
    metrics: pd.DataFrame, replicates: pd.DataFrame, expect: ExpectConfig, px_um: float
) -> Held:
    """Take the value from metrics of defects that cannot be; note sizes that are not plausible.

    Parameters
    ----------
    metrics, replicates
        Tables of a section.
    expect
        What is expected of it.
    px_um
        Pixel size, for the hint.
    """
    out = metrics["metric"].isin(expect.elsewhere)
    frame = metrics.copy()
    numbers = ["value", "ci_low", "ci_high", "segmentation_low", "segmentation_high"]
    frame.loc[out, numbers] = np.nan
    frame.loc[out, "n"] = 0
    frame.loc[out, "method"] = ""
    frame.loc[out, "note"] = elsewhere(expect.name)
    warnings = []
    for metric, words, span in (
        ("d50_area_um", "D50 by area", expect.d50_um),
        ("ecd_max_um", "the largest particle", expect.largest_um),
    ):
        row = frame["metric"] == metric
        found = frame.loc[row, "value"]
        if span is None or not len(found) or not _outside(float(found.iloc[0]), span):
            continue
        warnings.append(_warning(words, float(found.iloc[0]), span, expect.name, px_um))
        note = f"not plausible: {span[0]:g} to {span[1]:g} um expected of {expect.name}"
        frame.loc[row, "note"] = [f"{n}; {note}" if n else note for n in frame.loc[row, "note"]]
    return Held(frame, replicates[~replicates["metric"].isin(expect.elsewhere)], warnings)


def _outside(value: float, span: tuple[float, float]) -> bool:
    return bool(np.isfinite(value)) and not span[0] <= value <= span[1]


def _warning(
    words: str, value: float, span: tuple[float, float], chemistry: str, px_um: float
) -> str:
    # How far off the pixels would be if this were the middle of what is plausible.
    times = float(np.sqrt(span[0] * span[1])) / value
    far = f"{times:.2g} times as large" if times > 1 else f"{1 / times:.2g} times smaller"
    small = value < span[0]
    cause = "split where they are whole" if small else "joined where they touch"
    return (
        f"{words} is {value:.3g} um, and {span[0]:g} to {span[1]:g} um is expected of {chemistry}:"
        f" is the pixel size of {1000 * px_um:.4g} nm right (one {far} would fit), the chemistry"
        f" in the sheet, or are particles {cause}?"
    )
