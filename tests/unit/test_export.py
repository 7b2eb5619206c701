"""Results as CSV, as a workbook and as one tidy file: values, units, and nothing half-written."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from support.report_made import fill
from support.results import FACTS, NAN, write_section
from transect.errors import ConfigError, InputError, StorageError
from transect.export import excel
from transect.export.sources import TABLES
from transect.export.steps import export
from transect.export.tidy import TIDY
from transect.measure.tables import PARTICLES, PORES
from transect.statistics.registry import REGISTRY
from transect.storage.tables import write_table

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    root = tmp_path / "results"
    for cell, value in (("C1", 0.3), ("C2", 0.35)):
        keys = dict(zip(("batch", "cell", "section"), ("A", cell, "S"), strict=True))
        folder = write_section(
            root, ("A", cell, "S"), {"porosity_total": value, "t_cv": NAN}, notes={"t_cv": "=1+1"}
        )
        rows = fill(PARTICLES, 3, **keys, particle=np.array([7, 8, 2**60], np.uint64),
                    side="a", ecd_um=[1.5, 2.5, NAN], cracked=[True, False, True])  # fmt: skip
        write_table(folder / "tables/particles.parquet", rows, PARTICLES, FACTS)
    write_table(folder / "tables/pores.parquet", fill(PORES, 0), PORES, FACTS)
    return root


def _column(place: str) -> int:
    """Number of a column from 0, of a place such as AB12."""
    number = 0
    for letter in place.rstrip("0123456789"):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def sheets(path: Path) -> dict[str, list[list[str]]]:
    """Cells of every sheet of a workbook, as text."""
    out = {}
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        for number, name in enumerate(names, 1):
            page = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(page.iter(f"{MAIN}f")), "a formula"
            out[name] = []
            for row in page.iter(f"{MAIN}row"):
                cells = {_column(c.attrib["r"]): "".join(c.itertext()) for c in row}
                out[name].append([cells.get(k, "") for k in range(max(cells, default=-1) + 1)])
    return out


def test_tidy_metrics_have_one_value_a_row(results: Path, tmp_path: Path) -> None:
    export([results], output=tmp_path / "out", formats=["tidy"])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "definitions.csv",
        "metrics.csv",
    ]
    frame = pd.read_csv(tmp_path / "out/metrics.csv")
    assert list(frame.columns) == TIDY.names
    assert list(frame.columns[:5]) == ["section", "cell", "batch", "metric", "side"]
    row = frame[(frame["cell"] == "C2") & (frame["metric"] == "porosity_total")].iloc[0]
    assert (row["value"], row["ci_low"], row["unit"]) == (0.35, pytest.approx(0.34), 1)
    assert row["px_um"] == 0.025
    assert "recipe join 5" in row["versions"]
    assert len(frame) == 4
    assert frame["value"].isna().sum() == 2


def test_csv_files_tell_their_units(results: Path, tmp_path: Path) -> None:
    export([results], output=tmp_path / "out", formats=["csv"])
    lines = (tmp_path / "out/particles.csv").read_text().splitlines()
    assert lines[0].split(",") == PARTICLES.names
    assert lines[1].split(",") == [c.unit for c in PARTICLES.columns]
    frame = pd.read_csv(tmp_path / "out/particles.csv", skiprows=[1])
    assert frame["ecd_um"].tolist()[:2] == [1.5, 2.5]
    assert frame["particle"].tolist() == [7, 8, 2**60] * 2
    assert len((tmp_path / "out/pores.csv").read_text().splitlines()) == 2
    known = pd.read_csv(tmp_path / "out/definitions.csv")
    assert {"particles", "tidy_metrics"} <= set(known["table"])
    assert known["definition"].notna().all()


def test_workbook_holds_the_same(results: Path, tmp_path: Path) -> None:
    export([results], output=tmp_path / "out")
    found = sheets(tmp_path / "out/results.xlsx")
    assert list(found)[:3] == ["about", "tidy_metrics", "particles"]
    rows = found["particles"]
    assert rows[0] == PARTICLES.names
    assert rows[1][PARTICLES.names.index("ecd_um")] == "um"
    assert len(rows) == 2 + 6
    values = [row[PARTICLES.names.index("ecd_um")] for row in rows[2:4]]
    assert [float(v) for v in values] == [1.5, 2.5]
    # More digits than Excel's numbers have.
    assert str(2**60) in rows[4]
    about = [" ".join(row) for row in found["about"]]
    assert any("pores" in line and "not there: A/C1/S" in line for line in about)
    assert any(REGISTRY["t_cv"].unit and "value" in line for line in about)


def test_same_results_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        export([results], output=tmp_path / name)
        found.append({p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())})
    assert found[0] == found[1]


def test_a_sheet_that_is_too_long_is_named(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "MOST", 7)
    export([results], output=tmp_path / "out")
    found = sheets(tmp_path / "out/results.xlsx")
    assert "particles" not in found
    assert any("too long" in " ".join(row) for row in found["about"])
    assert (tmp_path / "out/particles.csv").exists()


def test_a_failure_leaves_what_was_there(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    export([results], output=out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(excel, "_fill", full)
    with pytest.raises(StorageError, match="disk is full"):
        export([results], output=out)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert not list(tmp_path.glob("*.partial"))


def test_bad_input_is_refused(results: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no export"):
        export([results], output=results)
    assert (results / "batches").is_dir()
    with pytest.raises(InputError, match="no section in it"):
        (tmp_path / "empty").mkdir()
        export([tmp_path / "empty"], output=tmp_path / "out")
    with pytest.raises(ConfigError, match="unknown table grains"):
        export([results], output=tmp_path / "out", tables=["grains"])
    (results / "batches/A/C1/S/tables/particles.parquet").write_bytes(b"cut off")
    with pytest.raises(StorageError, match="not a readable table"):
        export([results], output=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_every_table_can_be_exported_at_once(results: Path, tmp_path: Path) -> None:
    export([results], output=tmp_path / "out", tables=list(TABLES))
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {f"{name}.csv" for name in TABLES} | {"definitions.csv", "results.xlsx"} == names
