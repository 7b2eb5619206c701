"""Indices of sections: their values, their intervals, and what they say where there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from support.foam import foam
from transect.config import StatisticsConfig
from transect.measure.transport.indices import INDICES, NO_PATH, NO_WINDOW, Index, indices_of
from transect.measure.transport.section import Transport, _place, _sizes, window_row
from transect.statistics.registry import REGISTRY

CONFIG = StatisticsConfig(replicates=200)
SAMPLE_UM = 0.1


def section(masks: list[np.ndarray | None]) -> Transport:
    """Section of windows on side a, left to right; None where there is no window."""
    nothing = np.zeros((1, 1), bool)
    rows = [_place(0, 0, 0.0, 1.0) | window_row(nothing, 1.0)]
    sizes = [_sizes(nothing, 0, 1.0)]
    for number, mask in enumerate(masks):
        if mask is not None:
            rows.append(_place(number, 0, 0.0, 1.0) | window_row(mask, SAMPLE_UM))
            sizes.append(_sizes(mask, number, SAMPLE_UM))
    windows = pd.DataFrame(rows).iloc[1:].reset_index(drop=True)
    return Transport(windows, pd.concat(sizes, ignore_index=True), len(masks))


def foams(count: int, share: float = 0.75) -> list[np.ndarray | None]:
    return [foam((64, 64), seed, share, 3.0) for seed in range(count)]


def shut() -> np.ndarray:
    mask = foam((64, 64), 1, 0.7, 3.0)
    mask[30] = False
    return mask


def test_every_index_has_a_definition_and_says_that_it_is_flat() -> None:
    found = indices_of(section(foams(3)), CONFIG)
    assert list(found) == list(INDICES)
    for name in INDICES:
        if name.startswith(("tau_f", "tau_g", "nonp")):
            assert "2-D index" in REGISTRY[name].definition


def test_indices_lie_in_their_intervals_and_above_one() -> None:
    found = indices_of(section(foams(40)), CONFIG)
    for index in found.values():
        assert index.low <= index.value <= index.high
        assert index.n == 40
        assert ("windows along x" in index.method) or index.method.startswith("Wilson")
    assert found["tau_factor_2d"].low > found["tau_bruggeman"].value > 1.0
    assert found["tau_geodesic_z"].value > 1.0
    assert found["pore_d10_um"].value < found["pore_d50_um"].value < found["pore_d90_um"].value


def test_the_interval_of_a_part_holds_the_value_of_the_whole() -> None:
    whole = indices_of(section(foams(120)), CONFIG)["tau_factor_2d"].value
    held = 0
    for start in range(0, 120, 20):
        part = indices_of(section(foams(120)[start : start + 20]), CONFIG)["tau_factor_2d"]
        held += part.low <= whole <= part.high
    assert held >= 5


def test_windows_without_a_path_make_it_larger_not_infinite() -> None:
    masks = foams(30)
    closed = [shut() if k % 3 == 0 else mask for k, mask in enumerate(masks)]
    opened, found = indices_of(section(masks), CONFIG), indices_of(section(closed), CONFIG)
    assert found["nonpercolating_windows_2d"].value == pytest.approx(1 / 3, abs=0.1)
    assert opened["tau_factor_2d"].value < found["tau_factor_2d"].value < np.inf


def test_a_section_with_one_way_in_many_has_no_upper_end() -> None:
    found = indices_of(section([*foams(1), *(shut() for _ in range(11))]), CONFIG)
    index = found["tau_factor_2d"]
    assert np.isfinite(index.value)
    assert index.high == np.inf
    assert "have no path" in index.note


def test_a_section_without_a_path_is_infinite_and_says_so() -> None:
    found = indices_of(section([shut() for _ in range(5)]), CONFIG)
    assert found["tau_factor_2d"].value == np.inf
    assert np.isnan(found["tau_geodesic_z"].value)
    assert found["tau_factor_2d"].note == found["tau_geodesic_z"].note == NO_PATH
    windows = found["nonpercolating_windows_2d"]
    assert (windows.value, windows.high, windows.method) == (1.0, 1.0, "Wilson score interval")
    assert 0.5 < windows.low < 0.6  # Five of five.
    assert found["nonpercolating_fraction_2d"].value == 1.0


@pytest.mark.parametrize("masks", [[], [None, None]])
def test_a_section_without_windows_has_no_index(masks: list[np.ndarray | None]) -> None:
    for index in indices_of(section(masks), CONFIG).values():
        assert np.isnan(index.value)
        assert index.note == NO_WINDOW


def test_windows_that_are_missing_between_others_change_nothing() -> None:
    masks = foams(12)
    gaps = [*masks[:5], None, *masks[5:], None]

    def ends(found: dict[str, Index]) -> list[tuple[float, float, float]]:
        return [(one.value, one.low, one.high) for one in found.values()]

    assert ends(indices_of(section(masks), CONFIG)) == ends(indices_of(section(gaps), CONFIG))
