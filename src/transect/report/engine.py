"""Which engine decided on phases, and whether its word can be taken."""

from __future__ import annotations

import math

import pandas as pd

from transect.report.digits import count, short, written
from transect.report.inputs import Section

APART = 0.02
"""Difference of a phase fraction between the engines from which a reader is warned."""

SOLIDS = {"active_material": "active material", "binder": "binder", "pore": "pore"}
LIMITS = (40, 60)
TONES = {"bright": "brighter", "dark": "darker"}


def engine_facts(section: Section) -> list[tuple[str, str]]:
    """Say which engine it was, how sure and how familiar, and what the other one finds."""
    row = _row(section.tables["engine"])
    if row is None:
        return []
    polarity = ("Active material against pores", _polarity(row))
    if row["engine"] != "network":
        return [("Phases decided by", "thresholds of grey values (classical engine)"), polarity]
    facts = [
        ("Phases decided by", f"network ({row['runtime']})"),
        ("Digest of the model", str(row["model"])),
        ("Coating whose phase has a probability below 0.6", _percent(row["unsure_fraction"])),
        (
            "Windows unlike all of the training",
            f"{count(row['strange'])} of {count(row['judged'])}",
        ),
        polarity,
    ]
    for name, words in SOLIDS.items():
        ends = sorted(float(row[f"{name}_fraction_{p}"]) for p in LIMITS)
        facts.append(
            (
                f"{words.capitalize()}, if active material begins at 40 to 60 % probability",
                f"{_percent(ends[0])} to {_percent(ends[1])}",
            )
        )
    for name, words in SOLIDS.items():
        values = [_percent(row[f"{e}_{name}_fraction"]) for e in ("network", "classical")]
        what = f"{words.capitalize()} by the network and by thresholds"
        facts.append((what, " and ".join(values)))
    return facts


def engine_warnings(table: pd.DataFrame) -> list[str]:
    """Say what a reader must know of the engine before any number, by its table of a section."""
    row = _row(table)
    if row is None:
        return []
    if row["engine"] != "network":
        return _facing(row)
    said = [*_facing(row), *_scale(row), *_strange(row), *_apart(row)]
    if row["unsure_fraction"] > 0.2:
        said.append(
            f"The network is not sure of {_percent(row['unsure_fraction'])} of the coating"
            " (probability of the phase below 0.6)."
        )
    return said


def _row(table: pd.DataFrame) -> pd.Series | None:
    return table.iloc[0] if len(table) else None


def _polarity(row: pd.Series) -> str:
    """Polarity as set, and as shapes say."""
    found = {"undecided": "shapes do not tell"}.get(
        row["polarity_found"], f"{TONES.get(row['polarity_found'])} by its shapes"
    )
    return f"{TONES[row['polarity']]} as set, {found} (score {short(row['polarity_score'])})"


def _facing(row: pd.Series) -> list[str]:
    """Warn where shapes do not say what was set."""
    if row["polarity_found"] == row["polarity"]:
        return []
    taken = f"Active material is taken to be {TONES[row['polarity']]} than pores"
    if row["polarity_found"] == "undecided":
        return [f"{taken}, and shapes in the image do not tell whether it is: look at the overlay."]
    return [
        f"{taken}, and shapes in the image say the opposite: unless its pores are rounder than its"
        " particles, all numbers are wrong."
    ]


def _scale(row: pd.Series) -> list[str]:
    if row["px_nm_low"] <= row["px_nm"] <= row["px_nm_high"]:
        return []
    return [
        f"Pixels of {short(row['px_nm'])} nm, and the network was trained for"
        f" {short(row['px_nm_low'])} to {short(row['px_nm_high'])} nm: it was shown ones"
        " of such a size, and what is smaller than those or wider than its view may be wrong."
    ]


def _strange(row: pd.Series) -> list[str]:
    if not row["judged"]:
        return ["No window shows enough to tell whether the network has been trained for its like."]
    if not row["strange"]:
        return []
    return [
        f"{count(row['strange'])} of {count(row['judged'])} windows look unlike anything that the"
        " network was trained on: look at its phases there before you believe the numbers."
    ]


def _apart(row: pd.Series) -> list[str]:
    if not row["compared"]:
        return ["The network was not compared with the classical engine: no window was chosen."]
    found = []
    for name, words in SOLIDS.items():
        off = row[f"network_{name}_fraction"] - row[f"classical_{name}_fraction"]
        if math.isfinite(off) and abs(off) > APART:
            found.append(f"{words} {'more' if off > 0 else 'less'} by {written(100 * abs(off), 1)}")
    if not found:
        return []
    return [
        f"The network and the classical engine differ: {', '.join(found)} points of the coating, on"
        f" {count(row['compared'])} windows. Look at the overlay to see which is right."
    ]


def _percent(value: float) -> str:
    return f"{written(100 * float(value), 1)} %" if math.isfinite(value) else "not known"
