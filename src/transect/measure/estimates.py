"""Metrics with their intervals: the ways that a value is estimated from sums over x-blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.tables import METRICS, REPLICATES
from transect.statistics.bootstrap import (
    Resampling,
    block_length,
    percentile_interval,
    resample,
    shortfall,
)
from transect.statistics.counts import weighted_quantiles
from transect.statistics.covariance import fraction_interval
from transect.statistics.registry import REGISTRY

Floats = npt.NDArray[np.float64]
NAN = float("nan")


@dataclass
class Estimates:
    """Metrics of one section while they are made.

    Attributes
    ----------
    resampling
        Draws of x-blocks, the same for every metric.
    places
        X-block of the section that each of the drawn ones is; they follow each other when absent.
    """

    resampling: Resampling
    places: npt.NDArray[np.int64] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    replicates: dict[tuple[str, str], Floats] = field(default_factory=dict)

    @classmethod
    def over(
        cls,
        series: Floats,
        replicates: int,
        seed: int,
        places: npt.NDArray[np.int64] | None = None,
    ) -> Estimates:
        """Choose the length of the blocks by a series along the foil, and draw."""
        return cls(resample(series.size, block_length(series), replicates, seed), places)

    def along(self, values: Floats) -> Floats:
        """Values of the drawn x-blocks where they lie along the foil, 0 in between."""
        if self.places is None or not self.places.size:
            return values
        out = np.zeros(int(self.places[-1] - self.places[0]) + 1)
        out[self.places - self.places[0]] = values
        return out

    def draw(self, values: Floats) -> Floats:
        """Sum x-block values in each replicate; the last axis stays, if there are two."""
        draws = self.resampling.draws.astype(np.float64)
        # einsum adds in a fixed order; a threaded product of matrices would not.
        return np.asarray(np.einsum("rb,b...->r...", draws, values))

    def add(
        self,
        metric: str,
        value: float,
        interval: tuple[float, float],
        n: int,
        method: str,
        *,
        side: str = "",
        limit_um: float = NAN,
        note: str = "",
    ) -> None:
        """Add a metric with a given interval."""
        self.rows.append(
            {
                "metric": metric,
                "side": side,
                "value": value,
                "unit": REGISTRY[metric].unit,
                "ci_low": interval[0],
                "ci_high": interval[1],
                "segmentation_low": NAN,
                "segmentation_high": NAN,
                "n": n,
                "method": method,
                "resolution_limit_um": limit_um,
                "note": note,
            }
        )

    def value(self, metric: str, side: str = "") -> float:
        """Value of a metric that was added; NaN of one that was not."""
        found = [r["value"] for r in self.rows if (r["metric"], r["side"]) == (metric, side)]
        return float(found[-1]) if found else NAN

    def remark(self, metric: str, side: str, words: str) -> None:
        """Say something more with a metric that was added; nothing with one that was not."""
        for row in self.rows:
            if (row["metric"], row["side"]) == (metric, side):
                row["note"] = "; ".join(part for part in (row["note"], words) if part)

    def missing(self, metric: str, note: str, *, side: str = "", limit_um: float = NAN) -> None:
        """Add a metric that is not defined for this section."""
        self.add(metric, NAN, (NAN, NAN), 0, "", side=side, limit_um=limit_um, note=note)

    def all_missing(self, metrics: Iterable[str], note: str, **facts: Any) -> None:
        """Add several metrics that are not defined for this section."""
        for metric in metrics:
            self.missing(metric, note, **facts)

    def resampled(
        self,
        metric: str,
        value: float,
        replicates: Floats,
        n: int,
        *,
        side: str = "",
        bounds: tuple[float, float] = (-np.inf, np.inf),
        limit_um: float = NAN,
        note: str = "",
        influence: Floats | None = None,
    ) -> None:
        """Add a metric with the interval of its replicates.

        Where `influence` is given, what each drawn x-block adds beyond its share, the interval is
        widened by what the correlation between blocks of the bootstrap would have added.
        """
        if not np.isfinite(value):
            self.missing(metric, note or "not defined", side=side, limit_um=limit_um)
            return
        drawn = self.resampling
        low = bounds[0] if REGISTRY[metric].signed else max(bounds[0], 0.0)
        widen = drawn.widen
        if influence is not None:
            widen *= shortfall(influence, drawn.length)
        ends = percentile_interval(value, replicates, widen, low, bounds[1])
        notes = "; ".join(part for part in (note, drawn.note) if part)
        self.replicates[metric, side] = replicates
        self.add(metric, value, ends, n, drawn.method, side=side, limit_um=limit_um, note=notes)

    def ratio(
        self, metric: str, part: Floats, whole: Floats, n: int, *, factor: float = 1.0, **facts: Any
    ) -> None:
        """Add factor * sum(part) / sum(whole) over x-blocks."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = factor * float(np.divide(part.sum(), whole.sum()))
            replicates = factor * self.draw(part) / self.draw(whole)
        influence = part - value / factor * whole
        self.resampled(metric, value, replicates, n, influence=influence, **facts)

    def fraction(self, metric: str, part: Floats, whole: Floats, limit_um: float) -> None:
        """Add a phase fraction; the wider of bootstrap and covariance interval is published."""
        n = int(np.count_nonzero(whole))
        note = "none found" if not part.any() and n else ""
        self.ratio(metric, part, whole, n, bounds=(0.0, 1.0), limit_um=limit_um, note=note)
        row, other = self.rows[-1], fraction_interval(self.along(part), self.along(whole))
        low, high = other.ends
        if np.isfinite(low) and not high - low <= row["ci_high"] - row["ci_low"]:
            row["ci_low"], row["ci_high"] = low, high
            row["method"] = (
                f"two-point covariance of x-blocks along x, {other.independent:.0f} independent"
                f" of {n}; wider than the bootstrap"
            )

    def quantiles(
        self,
        metrics: list[str],
        values: Floats,
        weights: Floats,
        blocks: Any,
        shares: list[float],
        limit_um: float,
        *,
        side: str = "",
        note: str = "",
    ) -> Floats:
        """Add weighted quantiles of objects; returns their replicates, (replicates, shares)."""
        found, replicates = weighted_quantiles(
            values, weights, blocks, self.resampling.draws, np.array(shares)
        )
        bins = self.resampling.draws.shape[1]
        for k, metric in enumerate(metrics):
            beyond = weights * ((values <= found[k]) - shares[k])
            self.resampled(
                metric,
                float(found[k]),
                replicates[:, k],
                int(np.count_nonzero(weights)),
                limit_um=limit_um,
                side=side,
                note=note,
                influence=np.bincount(blocks, weights=beyond, minlength=bins).astype(np.float64),
            )
        return replicates

    def tables(self, keys: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Tables `metrics` and `replicates`, in the order of the registry."""
        order = {name: i for i, name in enumerate(REGISTRY)}
        rows = sorted(self.rows, key=lambda row: (order[row["metric"]], row["side"]))
        metrics = pd.DataFrame(rows).assign(**keys)[METRICS.names] if rows else METRICS.empty()
        parts = [
            pd.DataFrame(
                {
                    "replicate": np.arange(values.size, dtype=np.int32),
                    "metric": metric,
                    "side": side,
                    "value": values,
                }
            )
            for (metric, side), values in sorted(
                self.replicates.items(), key=lambda item: (order[item[0][0]], item[0][1])
            )
        ]
        if not parts:
            return metrics, REPLICATES.empty()
        replicates = pd.concat(parts, ignore_index=True).assign(**keys)
        return metrics, replicates[REPLICATES.names]
