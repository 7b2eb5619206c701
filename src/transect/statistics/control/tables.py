"""Tables of control: lots on their charts, and the capability of each metric."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

_METRIC = (
    Column("metric", "string", "", "name of the metric"),
    Column("side", "string", "", "coating side a (above the foil) or b; blank for both"),
    Column("unit", "string", "", "unit of the metric"),
)


def _chart(name: str, words: str, centre: str) -> tuple[Column, ...]:
    lead = f"{name}_" if name else ""
    return (
        Column(name or "value", "float64", "unit column", words),
        Column(f"{lead}centre", "float64", "unit column", centre),
        Column(f"{lead}low", "float64", "unit column", "lower control limit; NaN if none"),
        Column(f"{lead}high", "float64", "unit column", "upper control limit"),
    )


CONTROL = Schema(
    "control",
    1,
    "Every lot on the control charts of every metric (ISO 7870)",
    (
        *_METRIC,
        Column("lot", "int32", "1", "place in the order of the sheet, from 1"),
        Column("batch", "string", "", "batch, which is the lot"),
        Column("n_cells", "int64", "1", "cells with a value"),
        Column("chart", "string", "", "individuals (one cell a lot) or means (two and more)"),
        *_chart("", "mean of the lot's cells", "centre of the baseline's lots"),
        *_chart(
            "spread",
            "moving range (individuals), or standard deviation between cells (means)",
            "its mean over the baseline",
        ),
        *_chart("ewma", "exponentially weighted mean, weight 0.2", "centre, likewise"),
        Column("in_baseline", "bool", "", "whether limits were made from this lot too"),
        Column("provisional", "bool", "", "whether the baseline is shorter than it should be"),
        Column("signals", "string", "", "rules that are broken, by '; '; blank if none"),
    ),
)

CAPABILITY = Schema(
    "capability",
    1,
    "Whether each metric is in control, and how its spread compares with the limits (ISO 22514)",
    (
        *_METRIC,
        Column("state", "string", "", "in control, signals, too few lots, or does not vary"),
        Column("provisional", "bool", "", "whether the baseline is shorter than it should be"),
        Column("n_lots", "int64", "1", "lots with a value"),
        Column("n_signals", "int64", "1", "lots at which a rule is broken"),
        Column("centre", "float64", "unit column", "centre of the baseline's lots"),
        Column(
            "sigma",
            "float64",
            "unit column",
            "standard deviation of lots (individuals) or of cells in a lot (means)",
        ),
        Column(
            "limit_low", "float64", "unit column", "lower limit of the limits file; NaN if none"
        ),
        Column("limit_high", "float64", "unit column", "upper limit, likewise"),
        Column("cp", "float64", "1", "distance of the limits over 6 sigma; NaN with one limit"),
        Column(
            "cpk",
            "float64",
            "1",
            "distance of the nearer limit from the centre over 3 sigma; NaN out of control",
        ),
        Column("cpk_low", "float64", "1", "lower end of its 95 % interval"),
        Column("cpk_high", "float64", "1", "upper end"),
        Column("note", "string", "", "what the reader must know; blank if nothing"),
    ),
)
