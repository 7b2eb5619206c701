"""Numbers and axes of the reports."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transect.report import digits
from transect.report.axes import axis, log_axis
from transect.report.charts import band_path, bars_path, line_path, runs


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (23.4561, 22.96, 23.96, "23.5"),  # half-width 0.50 keeps one digit
        (23.4561, 23.30, 23.62, "23.46"),  # half-width 0.16 keeps two
        (1234.5, 1100.0, 1400.0, "1\u202f234"),
        (0.00251, 0.00240, 0.00262, "0.00251"),
        (8.0, math.nan, math.nan, "8.00"),
        (-0.0001, -0.5, 0.5, "0.0"),
        (math.nan, math.nan, math.nan, "–"),
    ],
)
def test_as_many_digits_as_the_interval_deserves(
    value: float, low: float, high: float, text: str
) -> None:
    assert digits.written(value, digits.decimals_for(value, low, high)) == text


def test_short_rounds_before_it_counts_digits() -> None:
    assert digits.short(0.9996) == "1.00"
    assert digits.short(-12.34) == "−12.3"
    assert digits.short(0.0) == "0"
    assert digits.short(math.inf) == "–"


def test_lengths_and_units_read_as_people_write() -> None:
    assert digits.length(0.25) == "250 nm"
    assert digits.length(12.0) == "12.0 µm"
    assert digits.length(40_000.0) == "40.0 mm"
    assert [digits.unit(u) for u in ("1", "um", "um2/mm", "1/mm2", "1/um")] == [
        "",
        "µm",
        "µm²/mm",
        "/mm²",
        "/µm",
    ]
    assert [digits.limit(v) for v in (5.0, 0.25, 1.5, 100.0)] == ["5", "0.25", "1.5", "100"]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    st.booleans(),
)
@example([5e-324], True)
def test_an_axis_holds_its_values_and_its_ticks(values: list[float], zero: bool) -> None:
    found = axis(values, 0, 500, zero=zero)
    # A millionth of the axis is nothing on a screen.
    hair = 1e-6 * max(map(abs, values)) + 1e-12
    assert found.low <= min(values) + hair
    assert found.high >= max(values) - hair
    assert all(-0.1 <= tick.at <= 500.1 for tick in found.ticks)
    assert 2 <= len(found.ticks) <= 20


def test_an_axis_of_nothing_is_still_an_axis() -> None:
    assert axis([math.nan], 0, 300).ticks
    assert axis([], 300, 0, zero=True).ticks


@given(st.floats(1e-4, 1e4), st.floats(1, 1e5))
def test_a_logarithmic_axis_has_round_ticks_inside(low: float, ratio: float) -> None:
    found = log_axis(low, low * ratio, 0, 344)
    places = [tick.at for tick in found.ticks]
    assert places == sorted(places)
    assert all(-0.1 <= p <= 344.1 for p in places)
    assert len(places) <= 8


def test_lines_and_bands_break_where_values_are_missing() -> None:
    x = np.arange(5.0)
    y = np.array([1, 2, np.nan, 4, 5])
    assert line_path(x, y) == "M0.0 1.0L1.0 2.0M3.0 4.0L4.0 5.0"
    assert band_path(x, y, y + 1).count("Z") == 2
    assert line_path(x[:1], y[:1]) == "M0.0 1.0L0.0 1.0"
    assert line_path(x, np.full(5, np.nan)) == ""


def test_bars_of_no_height_are_left_out() -> None:
    edges, tops = np.array([0.0, 10, 20, 30]), np.array([5.0, 100.0, np.nan])
    assert bars_path(edges, tops, 100.0).count("M") == 1


def test_runs_of_true_values() -> None:
    mask = np.array([1, 1, 0, 1], bool)
    assert [(r.start, r.stop) for r in runs(mask)] == [(0, 2), (3, 4)]
    assert runs(np.zeros(3, bool)) == []
