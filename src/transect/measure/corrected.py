"""Phase fractions without what validated masks say is taken for another phase."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.measure.phase_metrics import pixels
from transect.statistics.confusion import CLASSES, Confusion, corrected

METRICS = (
    "phase_fraction_active_material_corrected",
    "phase_fraction_binder_corrected",
    "porosity_total_corrected",
)
"""In the order of the classes."""

ROUGH = 5
"""Masks below which their spread is hardly known."""


def add_corrected(
    estimates: Estimates, joined: Joined, used: Any, confusion: Confusion | None
) -> None:
    """Add the fractions, with the spread of the section and of the masks together.

    Parameters
    ----------
    confusion
        Pixels of masks by true and found class; without it there is nothing to correct by.
    """
    if confusion is None:
        estimates.all_missing(METRICS, "no validated masks: see transect validate")
        return
    found = np.stack([pixels(joined, used, *phases) for phases in CLASSES.values()], axis=1)
    if not found.sum() > 0:
        estimates.all_missing(METRICS, "no coating in the section")
        return
    value = corrected(_shares(found.sum(axis=0)), confusion.rates())
    if not np.isfinite(value).all():
        estimates.all_missing(METRICS, "the masks do not tell the phases apart")
        return
    drawn = _shares(estimates.draw(found))
    replicates = np.array(
        [
            corrected(q, p)
            for q, p in zip(drawn, _drawn_rates(confusion, estimates, joined), strict=True)
        ]
    )
    masks = len(confusion.counts)
    note = f"by {masks} masks" + (": their spread is hardly known" if masks < ROUGH else "")
    if value.min() < 0:
        note += "; below 0 or above 1, cut: the masks are of another kind of section"
    for number, metric in enumerate(METRICS):
        estimates.resampled(
            metric, float(np.clip(value[number], 0, 1)), np.clip(replicates[:, number], 0, 1),
            len(used), bounds=(0.0, 1.0), limit_um=joined.px_um, note=note,
        )  # fmt: skip


def _shares(pixels_of: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(pixels_of / pixels_of.sum(axis=-1, keepdims=True))


def _drawn_rates(
    confusion: Confusion, estimates: Estimates, joined: Joined
) -> list[npt.NDArray[np.float64]]:
    """Rates of as many drawings of the masks as there are replicates."""
    count, masks = estimates.resampling.draws.shape[0], len(confusion.counts)
    # A stream of its own: the masks have nothing to do with the places of the section.
    rng = np.random.default_rng([joined.settings.statistics.seed, masks])
    draws = rng.multinomial(masks, np.full(masks, 1 / masks), size=count)
    return [confusion.rates(drawn) for drawn in draws]
