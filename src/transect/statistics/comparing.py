"""The table that compares groups of cells, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.statistics.bootstrap import LEVEL
from transect.statistics.hierarchy import cell_metrics
from transect.statistics.registry import REGISTRY
from transect.statistics.sampled import Sampled, difference, sampled
from transect.statistics.tables import COMPARISON
from transect.statistics.twogroups import adjusted, hedges, permutation, welch

Floats = npt.NDArray[np.float64]

NAN = float("nan")
ALPHA = 1 - LEVEL
ONE_CELL = "one cell in a group: within-section sampling only, nothing is said of other cells"


@dataclass(frozen=True)
class Measured:
    """Metrics of all sections that are compared.

    Attributes
    ----------
    metrics
        Rows of the tables `metrics`, with `group` and `key`, the name of the section.
    replicates
        Replicates by metric and side, then by `key`.
    """

    metrics: pd.DataFrame
    replicates: Mapping[tuple[str, str], dict[str, Floats]]


def comparison_table(
    measured: Measured, pairs: list[tuple[str, str]], margins: Mapping[str, float], seed: int
) -> pd.DataFrame:
    """Rows of the table `comparison`: every metric and side of every pair of groups.

    False discoveries are held over all tests of the table.

    Parameters
    ----------
    measured
        Metrics of all sections.
    pairs
        Groups to compare: the first is the one that differences are taken from.
    margins
        Largest difference that does not matter, by metric, in its unit.
    seed
        Of permutations and of the order of replicates.
    """
    frame = measured.metrics
    order = {name: i for i, name in enumerate(REGISTRY)}
    names = sorted(
        set(zip(frame["metric"], frame["side"], strict=True)),
        key=lambda name: (order.get(name[0], len(order)), name),
    )
    by_name = dict(tuple(frame.groupby(["metric", "side"], sort=False)))
    rows = [
        _row(name, by_name[name], pair, measured, margins.get(name[0], NAN), seed)
        for pair in pairs
        for name in names
    ]
    if not rows:
        return COMPARISON.empty()
    table = pd.DataFrame(rows)
    table["q_value"] = adjusted(table["p_welch"].to_numpy(np.float64))
    table["q_equivalence"] = adjusted(table["p_equivalence"].to_numpy(np.float64))
    table["verdict"] = [_verdict(row) for row in table.to_dict("records")]
    return table[COMPARISON.names]


def pairs_of(groups: list[str], reference: str | None) -> list[tuple[str, str]]:
    """Every two groups, or each with the reference."""
    if reference is None:
        return list(combinations(groups, 2))
    return [(reference, group) for group in groups if group != reference]


def _row(
    name: tuple[str, str],
    sections: pd.DataFrame,
    pair: tuple[str, str],
    measured: Measured,
    margin: float,
    seed: int,
) -> dict[str, Any]:
    parts = [sections[sections["group"] == group] for group in pair]
    known = [part[np.isfinite(part["value"])] for part in parts]
    means = [_means(part) for part in known]
    row: dict[str, Any] = {
        "metric": name[0],
        "side": name[1],
        "unit": sections["unit"].iloc[0],
        "group_a": pair[0],
        "group_b": pair[1],
        "margin": margin,
    }
    for letter, part, values in zip("ab", known, means, strict=True):
        row[f"value_{letter}"] = float(values.mean()) if values.size else NAN
        row[f"sd_{letter}"] = float(values.std(ddof=1)) if values.size > 1 else NAN
        row[f"n_cells_{letter}"] = values.size
        row[f"n_sections_{letter}"] = len(part)
    blank = dict.fromkeys(_TESTS, NAN)
    sizes = [values.size for values in means]
    if min(sizes) == 0:
        lacks = [k for k in range(2) if not sizes[k]]
        notes = [f"no value in {pair[k]}{_reason(parts[k])}" for k in lacks]
        return row | blank | {"method": "", "note": "; ".join(notes)}
    left = [len(part) - len(some) for part, some in zip(parts, known, strict=True)]
    note = f"{sum(left)} sections without a value are left out" if sum(left) else ""
    if min(sizes) == 1:
        both = [_sampled(name, part, measured, seed + k) for k, part in enumerate(known)]
        return row | blank | _from_sections(both[0], both[1], note)
    return row | blank | _from_cells(means[0], means[1], margin, seed, note)


_TESTS = ("difference", "ci_low", "ci_high", "p_welch", "p_permutation", "hedges_g", "g_low",
          "g_high", "p_equivalence")  # fmt: skip


def _means(sections: pd.DataFrame) -> Floats:
    """Mean of each cell over its sections."""
    if not len(sections):
        return np.empty(0)
    return cell_metrics(sections)["value"].to_numpy(np.float64)


def _reason(sections: pd.DataFrame) -> str:
    notes = sorted({note for note in sections["note"] if note})
    return f" ({notes[0]})" if notes else ""


def _sampled(
    name: tuple[str, str], sections: pd.DataFrame, measured: Measured, seed: int
) -> Sampled:
    return sampled(sections, measured.replicates.get(name, {}), seed)


def _from_sections(first: Sampled, second: Sampled, note: str) -> dict[str, Any]:
    found, low, high = difference(first, second)
    drawn = first.replicates.size and second.replicates.size
    method = "replicates of the sections" if drawn else "intervals of the sections"
    return {
        "difference": found,
        "ci_low": low,
        "ci_high": high,
        "method": method,
        "note": "; ".join(part for part in (ONE_CELL, note) if part),
    }


def _from_cells(
    first: Floats, second: Floats, margin: float, seed: int, note: str
) -> dict[str, Any]:
    found = welch(first, second)
    p, least = permutation(first, second, seed)
    g, g_low, g_high = hedges(first, second)
    notes = [note]
    if not found.error > 0:
        notes.append("no cell differs from another of its group: nothing to test with")
    elif least > ALPHA:
        notes.append(f"so few cells cannot bring a permutation test below {least:.2g}")
    return {
        "difference": found.difference,
        "ci_low": found.interval[0],
        "ci_high": found.interval[1],
        "p_welch": found.p,
        "p_permutation": p,
        "hedges_g": g,
        "g_low": g_low,
        "g_high": g_high,
        "p_equivalence": found.equivalence(margin),
        "method": "Welch's t over cell means",
        "note": "; ".join(part for part in notes if part),
    }


def _verdict(row: Mapping[Any, Any]) -> str:
    """Say what the row allows; differing and being equivalent do not exclude each other."""
    if not np.isfinite(row["difference"]):
        return "no value"
    if not np.isfinite(row["p_welch"]):
        if ONE_CELL not in row["note"]:
            return "not testable"
        apart = row["ci_low"] > 0 or row["ci_high"] < 0
        return "sections differ" if apart else "not decidable"
    words = []
    if row["q_value"] < ALPHA:
        words.append("differ")
    if row["q_equivalence"] < ALPHA:
        words.append("equivalent within the margin")
    return ", ".join(words) or "not decidable"
