"""The command compare: cell means only, what one cell allows, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from support.results import FACTS, NAN, write_section
from transect.errors import AnalysisError, ConfigError, InputError, TransectError
from transect.statistics.compare_steps import compare, read_margins
from transect.statistics.tables import COMPARISON
from transect.storage.tables import read_metadata, read_table

FRESH, AGED = [0.30, 0.31, 0.32, 0.305], [0.35, 0.36, 0.345, 0.37]


def cells(root: Path, batch: str, values: list[float], sections: int = 1, **more: float) -> None:
    for i, value in enumerate(values):
        for s in range(sections):
            metrics = {"porosity_total": value + 0.002 * (s - (sections - 1) / 2), **more}
            write_section(root, (batch, f"C{i}", f"S{s}"), metrics, seed=10 * i + s)


def run(root: Path, **options: object) -> pd.DataFrame:
    output = root / "comparison.parquet"
    compare([root], output=output, **{"sheet": root / "none.tsv", **options})
    return read_table(output, COMPARISON)


def test_groups_are_compared_on_cell_means(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells(tmp_path, "A", FRESH, sections=3)
    cells(tmp_path, "B", AGED)
    row = run(tmp_path).iloc[0]
    theirs = stats.ttest_ind(AGED, FRESH, equal_var=False)
    # Three sections of a cell are not three cells.
    assert (row["n_cells_a"], row["n_cells_b"]) == (4, 4)
    assert (row["n_sections_a"], row["n_sections_b"]) == (12, 4)
    assert row["difference"] == pytest.approx(np.mean(AGED) - np.mean(FRESH))
    assert row["p_welch"] == pytest.approx(theirs.pvalue)
    assert row["p_permutation"] == pytest.approx(2 / 70)
    assert row["verdict"] == "differ"
    assert row["hedges_g"] > 2
    printed = capsys.readouterr().out
    assert "B minus A" in printed
    assert "porosity_total" in printed
    facts = read_metadata(tmp_path / "comparison.parquet")
    assert facts["table"] == "comparison"
    assert facts["schema_version"] == "1"


def test_equivalence_needs_a_margin(tmp_path: Path) -> None:
    cells(tmp_path, "A", [0.30, 0.301, 0.302, 0.299])
    cells(tmp_path, "B", [0.301, 0.300, 0.302, 0.300])
    assert run(tmp_path).iloc[0]["verdict"] == "not decidable"
    row = run(tmp_path, margins=["porosity_total=0.01"]).iloc[0]
    assert row["verdict"] == "equivalent within the margin"
    assert row["p_equivalence"] < 0.05 < row["p_welch"]
    narrow = run(tmp_path, margins=["porosity_total=0.0005"]).iloc[0]
    assert narrow["verdict"] == "not decidable"


def test_one_cell_is_within_section_sampling_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells(tmp_path, "A", [0.30])
    cells(tmp_path, "B", [0.36])
    row = run(tmp_path).iloc[0]
    assert row["verdict"] == "sections differ"
    assert np.isnan(row["p_welch"])
    assert np.isnan(row["q_value"])
    assert "within-section sampling only" in row["note"]
    assert "within-section sampling only" in capsys.readouterr().out
    # Two independent intervals of half width 0.01.
    half = (row["ci_high"] - row["ci_low"]) / 2
    assert half == pytest.approx(0.01 * np.sqrt(2), rel=0.15)


def test_replicates_are_as_wide_as_what_is_published(tmp_path: Path) -> None:
    for batch, value in (("A", 0.30), ("B", 0.31)):
        folder = write_section(tmp_path, (batch, "C", "S"), {"porosity_total": value}, seed=3)
        path = folder / "tables/replicates.parquet"
        from transect.statistics.tables import REPLICATES
        from transect.storage.tables import write_table

        table = read_table(path, REPLICATES)
        # A tenth as wide as the interval, and the same draws in both sections.
        table["value"] = value + 0.1 * (table["value"] - value)
        write_table(path, table, REPLICATES)
    row = run(tmp_path).iloc[0]
    assert (row["ci_high"] - row["ci_low"]) / 2 == pytest.approx(0.01 * np.sqrt(2), rel=0.15)


def test_cells_of_one_batch_against_each_other(tmp_path: Path) -> None:
    cells(tmp_path, "A", [0.30, 0.33, 0.36])
    table = run(tmp_path, by="cell")
    assert list(zip(table["group_a"], table["group_b"], strict=True)) == [
        ("A/C0", "A/C1"), ("A/C0", "A/C2"), ("A/C1", "A/C2"),
    ]  # fmt: skip
    against = run(tmp_path, by="cell", reference="A/C1")
    assert set(against["group_a"]) == {"A/C1"}
    assert len(against) == 2


def test_conditions_come_from_the_sheet(tmp_path: Path) -> None:
    cells(tmp_path, "A", [0.30, 0.31])
    cells(tmp_path, "B", [0.35, 0.36])
    sheet = tmp_path / "sections.tsv"
    head = "batch\tcell\tsection\tfolder\tcondition\n"
    rows = [f"{b}\tC{c}\tS0\traw\t{'aged' if c else 'fresh'}" for b in "AB" for c in range(2)]
    sheet.write_text(head + "\n".join(rows) + "\n")
    row = run(tmp_path, sheet=sheet).iloc[0]
    assert (row["group_a"], row["group_b"]) == ("aged", "fresh")
    assert row["difference"] == pytest.approx(-0.01)
    assert set(run(tmp_path, sheet=sheet, by="batch")["group_a"]) == {"A"}
    sheet.write_text(head + "\n".join(rows[:-1]) + "\nB\tC1\tS0\traw\n")
    with pytest.raises(AnalysisError, match="no condition of B/C1/S0"):
        run(tmp_path, sheet=sheet)


def test_a_cell_of_two_conditions_is_refused(tmp_path: Path) -> None:
    cells(tmp_path, "A", [0.30], sections=2)
    sheet = tmp_path / "sections.tsv"
    sheet.write_text(
        "batch\tcell\tsection\tfolder\tcondition\nA\tC0\tS0\traw\tfresh\nA\tC0\tS1\traw\taged\n"
    )
    with pytest.raises(AnalysisError, match="cell A/C0 has the conditions aged and fresh"):
        run(tmp_path, sheet=sheet)


def test_missing_values_have_an_answer(tmp_path: Path) -> None:
    cells(tmp_path, "A", FRESH, t_cv=0.02)
    cells(tmp_path, "B", AGED, t_cv=NAN)
    write_section(tmp_path, ("B", "C9", "S0"), {"porosity_total": NAN, "gap_max_um": 1.0})
    table = run(tmp_path).set_index("metric")
    assert table.loc["t_cv", "verdict"] == "no value"
    assert "no value in B" in table.loc["t_cv", "note"]
    assert table.loc["gap_max_um", "note"] == "no value in A"
    assert table.loc["porosity_total", "n_cells_b"] == 4
    assert "1 sections without a value" in table.loc["porosity_total", "note"]


def test_a_metric_that_one_cell_has_is_not_tested(tmp_path: Path) -> None:
    cells(tmp_path, "A", FRESH)
    cells(tmp_path, "B", AGED)
    write_section(tmp_path, ("A", "C9", "S0"), {"t_cv": 0.02, "porosity_total": 0.3})
    write_section(tmp_path, ("B", "C9", "S0"), {"t_cv": 0.05, "porosity_total": 0.35})
    table = run(tmp_path).set_index("metric")
    assert np.isnan(table.loc["t_cv", "p_welch"])
    assert np.isfinite(table.loc["t_cv", "ci_low"])
    assert np.isfinite(table.loc["porosity_total", "p_welch"])


def test_constant_cells_are_not_testable(tmp_path: Path) -> None:
    cells(tmp_path, "A", [0.3, 0.3])
    cells(tmp_path, "B", [0.4, 0.4])
    row = run(tmp_path).iloc[0]
    assert row["verdict"] == "not testable"
    assert row["difference"] == pytest.approx(0.1)


def test_unequal_pixels_and_recipes_are_refused(tmp_path: Path) -> None:
    cells(tmp_path, "A", [0.3, 0.31])
    write_section(
        tmp_path, ("B", "C", "S"), {"porosity_total": 0.3}, facts=FACTS | {"px_um": "0.05"}
    )
    with pytest.raises(
        AnalysisError, match="unequal pixel sizes: 25 nm in A/C0/S0, 50 nm in B/C/S"
    ):
        run(tmp_path)
    write_section(tmp_path, ("B", "C", "S"), {"porosity_total": 0.3}, facts=FACTS | {"recipe": "4"})
    with pytest.raises(AnalysisError, match="unequal recipes"):
        run(tmp_path)
    write_section(tmp_path, ("B", "C", "S"), {"porosity_total": 0.3}, facts={"recipe": "5"})
    with pytest.raises(AnalysisError, match="do not say their pixel size"):
        run(tmp_path)
    assert not (tmp_path / "comparison.parquet").exists()


def test_bad_input_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        run(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no section in it"):
        run(tmp_path / "empty")
    cells(tmp_path, "A", [0.3])
    with pytest.raises(AnalysisError, match="one group only, A"):
        run(tmp_path)
    cells(tmp_path, "B", [0.3])
    with pytest.raises(AnalysisError, match="--reference C: no such group; there are: A, B"):
        run(tmp_path, reference="C")
    with pytest.raises(ConfigError, match="unknown metric porosity"):
        run(tmp_path, metrics=["porosity"])
    (tmp_path / "batches/A/C0/S0/tables/metrics.parquet").write_bytes(b"no table")
    with pytest.raises(TransectError, match="not a readable table"):
        run(tmp_path)


def test_margins_of_the_configuration_are_replaced(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("compare:\n  margins: {porosity_total: 0.02, t_cv: 0.01}\nresults: r\n")
    found = read_margins(config, ["t_cv=0.5"])
    assert found == {"porosity_total": 0.02, "t_cv": 0.5}
    assert read_margins(None, []) == {}
    config.write_text("results: r\ncompare:\n")
    assert read_margins(config, []) == {}
    for text, words in (("t_cv", "METRIC=VALUE"), ("t_cv=-1", "above 0"), ("x=1", "unknown metric"),
                        ("t_cv=a", "number")):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            read_margins(None, [text])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_margins(tmp_path / "none.yaml", [])
