"""Tables of metrics: per section, their bootstrap replicates, verdicts and aggregates."""

from __future__ import annotations

from transect.storage.tables import Column, Schema

KEYS = (
    Column("batch", "string", "", "batch that the section belongs to"),
    Column("cell", "string", "", "cell that the section was cut from; blank above cell level"),
    Column("section", "string", "", "cross-section"),
)
_METRIC = (
    Column("metric", "string", "", "name of the metric"),
    Column("side", "string", "", "coating side a (above the foil) or b; blank for both"),
)
_INTERVAL = (
    Column("ci_low", "float64", "unit column", "lower end of the 95 % interval"),
    Column("ci_high", "float64", "unit column", "upper end of the 95 % interval"),
)
_SEGMENTATION = (
    Column(
        "segmentation_low",
        "float64",
        "unit column",
        "lowest value when limits between phases move from 0.5 to 0.4 and 0.6; NaN where the metric"
        " does not depend on them or this is not known",
    ),
    Column("segmentation_high", "float64", "unit column", "highest value, likewise"),
)
_VALUE = Column("value", "float64", "unit column", "value; NaN where it is not defined, see note")
_UNIT = Column("unit", "string", "", "unit of value and interval")

METRICS = Schema(
    "metrics",
    2,
    "Metrics of one section in long form",
    (
        *KEYS,
        *_METRIC,
        _VALUE,
        _UNIT,
        *_INTERVAL,
        *_SEGMENTATION,
        Column("n", "int64", "1", "sample size: what `method` resamples or counts"),
        Column("method", "string", "", "how the interval was made"),
        Column("resolution_limit_um", "float64", "um", "size below which objects are not seen"),
        Column("note", "string", "", "what the reader must know; blank if nothing"),
    ),
)

REPLICATES = Schema(
    "replicates",
    1,
    "Moving-block bootstrap over x-blocks; a replicate resamples the same blocks in all metrics",
    (
        *KEYS,
        Column("replicate", "int32", "1", "number of the replicate, from 0"),
        *_METRIC,
        _VALUE,
    ),
)

VERDICTS = Schema(
    "verdicts",
    2,
    "Metrics against limits, by guard band",
    (
        *KEYS,
        *_METRIC,
        _VALUE,
        *_INTERVAL,
        Column(
            "guard_low",
            "float64",
            "unit column",
            "lower end of what is judged: the half widths of all components of the budget, as the"
            " root of the sum of their squares",
        ),
        Column("guard_high", "float64", "unit column", "upper end, likewise"),
        _UNIT,
        Column("limit_low", "float64", "unit column", "lower limit; NaN if none"),
        Column("limit_high", "float64", "unit column", "upper limit; NaN if none"),
        Column("verdict", "string", "", "pass, fail, not decidable, no limit, or does not apply"),
    ),
)

BUDGET = Schema(
    "budget",
    1,
    "What each value may be off by (95 %), by its reason; a verdict is on all of them together",
    (
        *KEYS,
        *_METRIC,
        _VALUE,
        _UNIT,
        Column(
            "component",
            "string",
            "",
            "sampling (the interval), segmentation (limits between phases), pixel size, slant (of"
            " the cut), or stitching (misplaced tiles)",
        ),
        Column("low", "float64", "unit column", "lower end; the value where nothing is known"),
        Column("high", "float64", "unit column", "upper end, likewise"),
        Column("share", "float64", "1", "its half width squared over the sum of all components'"),
    ),
)

AGGREGATES = Schema(
    "aggregates",
    1,
    "Metrics of a cell, a batch or the trend: means over sections or cells",
    (
        *KEYS[:2],
        *_METRIC,
        Column("value", "float64", "unit column", "mean over sections (cell) or cells (batch)"),
        Column(
            "sd_between", "float64", "unit column", "standard deviation between them; NaN for 1"
        ),
        *_INTERVAL,
        Column("n_sections", "int64", "1", "sections with a value"),
        Column("n_cells", "int64", "1", "cells with a value"),
        _UNIT,
        Column("method", "string", "", "how the interval was made"),
    ),
)

COMPARISON = Schema(
    "comparison",
    1,
    "Groups of cells compared on cell means; false discoveries are held over the whole table",
    (
        *_METRIC,
        _UNIT,
        Column("group_a", "string", "", "group that differences are taken from"),
        Column("group_b", "string", "", "group that is compared with it"),
        *(
            Column(f"{name}_{letter}", kind, unit, f"{words}, group {letter}")
            for letter in "ab"
            for name, kind, unit, words in (
                ("value", "float64", "unit column", "mean of the cells' means; NaN without a cell"),
                ("sd", "float64", "unit column", "standard deviation between cells; NaN for 1"),
                ("n_cells", "int64", "1", "cells with a value"),
                ("n_sections", "int64", "1", "sections with a value"),
            )
        ),
        Column("difference", "float64", "unit column", "group b minus group a"),
        *_INTERVAL,
        Column(
            "p_welch", "float64", "1", "Welch's t test, two-sided; NaN with one cell in a group"
        ),
        Column("p_permutation", "float64", "1", "permutation test of the cells, two-sided"),
        Column("q_value", "float64", "1", "p_welch adjusted by Benjamini and Hochberg"),
        Column("hedges_g", "float64", "1", "difference over pooled standard deviation, unbiased"),
        Column("g_low", "float64", "1", "lower end of its 95 % interval, noncentral t"),
        Column("g_high", "float64", "1", "upper end"),
        Column(
            "margin",
            "float64",
            "unit column",
            "largest difference that does not matter; NaN if none is set",
        ),
        Column("p_equivalence", "float64", "1", "two one-sided tests (TOST) against the margin"),
        Column("q_equivalence", "float64", "1", "p_equivalence adjusted likewise"),
        Column(
            "verdict",
            "string",
            "",
            "differ, equivalent within the margin, both, not decidable, not testable, no value; or"
            " sections differ, where a group has one cell",
        ),
        Column("method", "string", "", "how difference and interval were made"),
        Column("note", "string", "", "what the reader must know; blank if nothing"),
    ),
)

VARIANCE_SHARES = Schema(
    "variance_shares",
    1,
    "Where the variance of each metric of a batch comes from, by the method of moments",
    (
        KEYS[0],
        *_METRIC,
        _UNIT,
        Column("value", "float64", "unit column", "mean of the cells' means"),
        Column("var_cell", "float64", "unit column squared", "variance between cells"),
        Column("var_section", "float64", "unit column squared", "between sections of a cell"),
        Column("var_within", "float64", "unit column squared", "sampling within a section"),
        Column(
            "share_cell",
            "float64",
            "1",
            "share of the sum; with one section a cell it holds the sections', which are NaN then",
        ),
        Column("share_section", "float64", "1", "likewise"),
        Column("share_within", "float64", "1", "likewise: what a wider section would take away"),
        Column("icc", "float64", "1", "correlation of sections of one cell: the share of cells"),
        Column("n_eff", "float64", "1", "independent sections that the batch's mean is worth"),
        Column("n_cells", "int64", "1", "cells with a value"),
        Column("n_sections", "int64", "1", "sections with a value"),
        Column("note", "string", "", "what cannot be told apart; blank if nothing"),
    ),
)
