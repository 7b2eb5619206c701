"""One row per section, metric and side: what statistics programs take as it is."""

from __future__ import annotations

import pandas as pd

from transect.statistics.results import Sections
from transect.statistics.tables import METRICS
from transect.storage.tables import Column, Schema

TIDY = Schema(
    "tidy_metrics",
    1,
    "Metrics of all sections, one value a row",
    (
        *(c for name in ("section", "cell", "batch") for c in METRICS.columns if c.name == name),
        *(
            c
            for name in ("metric", "side", "value", "unit", "ci_low", "ci_high", "method", "n")
            for c in METRICS.columns
            if c.name == name
        ),
        Column("note", "string", "", "what the reader must know; blank if nothing"),
        Column("px_um", "float64", "um", "pixel size of the section"),
        Column(
            "versions",
            "string",
            "",
            "of transect, of the table of metrics and of the recipe that the values were made by",
        ),
    ),
)


def tidy_metrics(sections: Sections) -> pd.DataFrame:
    """Rows of the tidy table, in the order of sections and of the registry.

    Parameters
    ----------
    sections
        Sections of the results.
    """
    frame = sections.metrics.copy()
    facts = sections.facts
    frame["px_um"] = [float(facts[key].get("px_um", "nan")) for key in frame["key"]]
    said = {
        key: f"transect {known.get('transect', '?')}; metrics {known.get('schema_version', '?')};"
        f" recipe join {known.get('recipe', '?')}"
        for key, known in facts.items()
    }
    frame["versions"] = frame["key"].map(said)
    frame = frame.sort_values(["batch", "cell", "section"], kind="stable", ignore_index=True)
    return frame[TIDY.names]
