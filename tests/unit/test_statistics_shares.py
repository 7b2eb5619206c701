"""Shares of variance against simulated cells, sections and sampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.results import NAN, metric_row, write_section
from transect.statistics.compare_steps import shares
from transect.statistics.counts import poisson, rate
from transect.statistics.shares import variance_shares
from transect.statistics.tables import VARIANCE_SHARES
from transect.storage.tables import read_table

CELL, SECTION, WITHIN = 0.03, 0.02, 0.01


def made(cells: int, sections: int, seed: int, sd: tuple[float, ...] = (CELL, SECTION, WITHIN)):
    rng, rows = np.random.default_rng(seed), []
    for c in range(cells):
        middle = 0.3 + sd[0] * rng.normal()
        for s in range(sections):
            value = middle + sd[1] * rng.normal() + sd[2] * rng.normal()
            row = metric_row("porosity_total", value, 1.96 * sd[2])
            rows.append(row | {"batch": "A", "cell": f"C{c}", "section": f"S{s}"})
    return pd.DataFrame(rows)


def test_components_are_unbiased() -> None:
    found = pd.concat([variance_shares(made(12, 3, seed)) for seed in range(200)])
    for name, sd in (("cell", CELL), ("section", SECTION), ("within", WITHIN)):
        assert found[f"var_{name}"].mean() == pytest.approx(sd**2, rel=0.08)
    total = found[["share_cell", "share_section", "share_within"]].sum(axis=1)
    assert total.to_numpy() == pytest.approx(1)


def test_effective_sections_lie_between_cells_and_sections() -> None:
    """12 cells of 4 sections: 48 independent ones if cells are alike, 12 if they are all."""
    alike = pd.concat([variance_shares(made(12, 4, s, (0.0, 0.02, 0.01))) for s in range(60)])
    apart = pd.concat([variance_shares(made(12, 4, s, (0.05, 0.0, 0.001))) for s in range(60)])
    assert alike["n_eff"].median() == pytest.approx(48, rel=0.25)
    assert apart["n_eff"].median() == pytest.approx(12, rel=0.05)


def test_one_section_a_cell_cannot_tell_cells_from_sections() -> None:
    row = variance_shares(made(6, 1, 1)).iloc[0]
    assert np.isnan(row["share_section"])
    assert "holds that of sections" in row["note"]
    assert row["share_cell"] + row["share_within"] == pytest.approx(1)


def test_one_cell_and_no_values_have_an_answer() -> None:
    one = variance_shares(made(1, 3, 1)).iloc[0]
    assert "one cell" in one["note"]
    assert np.isnan(one["share_cell"])
    assert np.isfinite(one["var_section"])
    none = variance_shares(made(2, 2, 1).assign(value=NAN)).iloc[0]
    assert none["note"] == "no section has a value"
    same = variance_shares(made(3, 2, 1, (0.0, 0.0, 0.0))).iloc[0]
    assert "no variance" in same["note"]
    assert not len(variance_shares(made(1, 1, 1).iloc[:0]))


def test_the_command_writes_the_table(tmp_path: Path) -> None:
    for c in range(3):
        write_section(tmp_path, ("A", f"C{c}", "S"), {"porosity_total": 0.3 + 0.02 * c})
    shares([tmp_path], output=tmp_path / "shares.parquet")
    row = read_table(tmp_path / "shares.parquet", VARIANCE_SHARES).iloc[0]
    assert (row["n_cells"], row["n_sections"]) == (3, 3)


@given(st.integers(0, 50), st.floats(0.01, 100))
def test_rate_of_a_count(count: int, area: float) -> None:
    value, (low, high), note = rate(count, area)
    assert low <= value <= high
    assert (low * area, high * area) == pytest.approx(poisson(count))
    assert bool(note) == (count == 0)
    if not count:
        # Four square millimetres without a find: below 0.75 per mm2.
        assert rate(0, 4.0)[2].endswith("below 0.75 per mm2")
