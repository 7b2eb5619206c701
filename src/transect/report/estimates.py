"""Metrics and verdicts as they are written on the page."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from transect.report import digits
from transect.report.labels import KEY_METRICS, definition, label, order, side_words
from transect.statistics.limits import NOT_HERE
from transect.statistics.registry import applies

Row = Mapping[Hashable, Any]
"""One row of a table, by column."""

VERDICT_ORDER = ("fail", "not decidable", "pass", "no limit")
VERDICT_SIGNS = {"pass": "✓", "fail": "✕", "not decidable": "?", "no limit": "–"}


@dataclass(frozen=True)
class Estimate:
    """One number: value and interval as numbers (percent where so shown) and as text."""

    metric: str
    side: str
    name: str
    group: str
    unit: str
    value: float
    low: float
    high: float
    text: str
    interval: str
    segmentation: str
    n: str
    method: str
    note: str
    definition: str
    raw: float

    @property
    def side_words(self) -> str:
        """Words for the side of the foil, empty for both."""
        return side_words(self.side)

    @property
    def full_name(self) -> str:
        """Name with the side."""
        return f"{self.name}, {self.side_words}" if self.side else self.name


@dataclass(frozen=True)
class Verdict:
    """An estimate against its limits, and where everything lies on a bar of 0 to 100.

    What is drawn from `low_at` to `high_at` is what was judged: sampling and segmentation together.
    """

    estimate: Estimate
    verdict: str
    sign: str
    limits: str
    limit_low: float
    limit_high: float
    value_at: float
    low_at: float
    high_at: float
    limit_low_at: float
    limit_high_at: float


def estimate(row: Row) -> Estimate:
    """Put a row of a table of metrics into words.

    Parameters
    ----------
    row
        Metric, side, value, unit, ci_low, ci_high and, where the table has them,
        segmentation_low, segmentation_high, n, method and note.
    """
    metric, side = _text(row, "metric"), _text(row, "side")
    shown = label(metric)
    scale = 100 if shown.percent else 1
    raw = _number(row, "value")
    value, low, high = raw * scale, _number(row, "ci_low") * scale, _number(row, "ci_high") * scale
    decimals = digits.decimals_for(value, low, high)
    known = math.isfinite(low) and math.isfinite(high)
    whole = metric.startswith("n_") and metric != "n_A_per_mm2" and not known
    text = digits.count(value) if whole else digits.written(value, decimals)
    lowest, highest = (_number(row, f"segmentation_{end}") * scale for end in ("low", "high"))
    n = _number(row, "n")
    return Estimate(
        metric,
        side,
        shown.words,
        shown.group,
        "%" if shown.percent else digits.unit(_text(row, "unit")),
        value,
        low,
        high,
        text,
        _span(low, high, decimals),
        _span(lowest, highest, decimals),
        digits.count(n) if math.isfinite(n) else "",
        _text(row, "method"),
        _text(row, "note"),
        definition(metric),
        raw,
    )


def _span(low: float, high: float, decimals: int) -> str:
    """Write both ends; nothing where one is not known."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    # A dash between negative numbers would read as another minus.
    between = " to " if low < 0 else " – "
    return digits.written(low, decimals) + between + digits.written(high, decimals)


def estimates(rows: pd.DataFrame) -> list[Estimate]:
    """List all numbers of a table, ordered for reading."""
    found = [estimate(row) for row in rows.to_dict("records")]
    return sorted(found, key=lambda e: (*order(e.metric), e.side))


def grouped(found: Sequence[Estimate]) -> list[tuple[str, list[Estimate]]]:
    """Put numbers under the headings of their groups."""
    groups = dict.fromkeys(e.group for e in found)
    return [(group, [e for e in found if e.group == group]) for group in groups]


def usual_method(found: Sequence[Estimate]) -> str:
    """Find the method that most intervals were made by."""
    methods = sorted(e.method for e in found if e.interval)
    return max(methods, key=methods.count, default="")


def key_numbers(found: Sequence[Estimate]) -> list[list[Estimate]]:
    """Choose what a reader looks for first; the sides of one metric stand together."""
    groups = [[e for e in found if e.metric == metric] for metric in KEY_METRICS]
    chosen = []
    for group in groups:
        both = [e for e in group if not e.side and math.isfinite(e.value)]
        sides = [e for e in group if e.side and math.isfinite(e.value)]
        if both or sides:
            chosen.append(both[:1] or sides)
    return chosen


def verdicts(rows: pd.DataFrame) -> list[Verdict]:
    """List all verdicts, the gravest first."""
    found = [_verdict(row) for row in rows.to_dict("records")]
    return sorted(
        found,
        key=lambda v: (_rank(v.verdict), *order(v.estimate.metric), v.estimate.side),
    )


def overall(found: Sequence[Verdict]) -> str:
    """Choose the gravest verdict: fail, not decidable, pass, or no limit."""
    return worst([v.verdict for v in found])


def worst(words: Sequence[str]) -> str:
    """Choose the gravest of some verdicts; no limit where there are none."""
    return min((w for w in words if w != NOT_HERE), key=_rank, default="no limit")


def undefined(found: Sequence[Estimate]) -> list[tuple[str, str]]:
    """List why key numbers have no value: the reason and the names it holds for."""
    key = [e for e in found if e.metric in KEY_METRICS and applies(e.note)]
    without = [e for e in key if not math.isfinite(e.value)]
    reasons = dict.fromkeys(e.note or "not defined" for e in without)
    return [
        (why, ", ".join(e.full_name for e in without if (e.note or "not defined") == why))
        for why in reasons
    ]


def elsewhere(found: Sequence[Estimate]) -> tuple[str, str]:
    """Say what this coating cannot have: the reason and the names of its metrics."""
    out = [e for e in found if not applies(e.note)]
    return (out[0].note if out else ""), ", ".join(dict.fromkeys(e.name for e in out))


def _rank(verdict: str) -> int:
    return VERDICT_ORDER.index(verdict) if verdict in VERDICT_ORDER else len(VERDICT_ORDER)


def _verdict(row: Row) -> Verdict:
    shown = estimate(row)
    scale = 100 if label(shown.metric).percent else 1
    low, high = _number(row, "limit_low") * scale, _number(row, "limit_high") * scale
    lowest, highest = (_number(row, f"guard_{end}") * scale for end in ("low", "high"))
    known = [v for v in (shown.value, lowest, highest, low, high) if math.isfinite(v)]
    start, stop = (min(known), max(known)) if known else (0.0, 1.0)
    pad = (stop - start) * 0.18 or abs(start) * 0.1 or 1.0

    def at(value: float) -> float:
        place = 100 * (value - start + pad) / (stop - start + 2 * pad)
        return round(place, 1) if math.isfinite(place) else math.nan

    verdict = _text(row, "verdict")
    return Verdict(
        shown,
        verdict,
        VERDICT_SIGNS.get(verdict, "?"),
        _limits(low, high, shown.unit),
        low,
        high,
        at(shown.value),
        at(lowest),
        at(highest),
        at(low),
        at(high),
    )


def _limits(low: float, high: float, unit: str) -> str:
    tail = f" {unit}" if unit else ""
    if math.isfinite(low) and math.isfinite(high):
        return f"{digits.limit(low)} to {digits.limit(high)}{tail}"
    if math.isfinite(low):
        return f"at least {digits.limit(low)}{tail}"
    return f"at most {digits.limit(high)}{tail}" if math.isfinite(high) else ""


def _text(row: Row, name: str) -> str:
    value = row.get(name, "")
    return "" if pd.isna(value) else str(value)


def _number(row: Row, name: str) -> float:
    value = row.get(name, math.nan)
    return math.nan if pd.isna(value) else float(value)
