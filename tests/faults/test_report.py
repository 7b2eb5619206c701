"""Reports on broken results: one clear error, or a page that says what is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.report_made import Made
from support.report_section import fake_section
from transect.errors import ConfigError, InputError, StorageError
from transect.mosaic.tables import POSITIONS
from transect.report.batch import batch_page
from transect.report.section import section_page
from transect.report.steps import report_section
from transect.storage.tables import Column, Schema, read_metadata, read_table, write_table


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Made(rows=300, columns=900, grid=(1, 2))
    return fake_section(tmp_path_factory.mktemp("faults") / "s", made)


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "B" / "C" / "s"))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing of a section here; expected tiles\.json"):
        section_page(tmp_path, "{}")
    with pytest.raises(InputError, match="no section of a batch here"):
        batch_page(tmp_path, tmp_path / "report.html", "{}")


def test_what_registration_found_is_on_the_page(folder: Path) -> None:
    path = folder / "positions.parquet"
    places, facts = read_table(path, POSITIONS), read_metadata(path)
    wrong = "swapped with r00_c01: <b>.tif shows the place of a.tif"
    places.loc[0, ["fault", "placed_by", "n_pairs"]] = [wrong, "stage", 0]
    places.loc[1, ["placed_by", "n_pairs"]] = ["stage", 0]
    said = [f"r00_c00 is left out: {wrong}", "all 4 tiles of row 1 lie 235 px farther right"]
    write_table(path, places, POSITIONS, facts | {"findings": json.dumps(said)})
    text = section_page(folder, "{}")
    for words in (
        "Found while stitching",
        "all 4 tiles of row 1 lie 235 px farther right",
        "Tiles left out of the mosaic: 1",
        "swapped with r00_c01: &lt;b&gt;.tif shows the place of a.tif",
        "Tiles placed by the stage only: 1",
    ):
        assert words in text
    assert "<b>.tif" not in text


@pytest.mark.parametrize(
    "piece",
    [
        "tables/metrics.parquet",
        "tables/particles.parquet",
        "tables/columns.parquet",
        "tables/profile.parquet",
        "tables/pores.parquet",
        "verdicts.parquet",
        "budget.parquet",
        "layers.parquet",
        "positions.parquet",
        "seams.parquet",
        "tiles.parquet",
        "tiles.json",
        "mosaic.zarr",
        "labels.zarr",
    ],
)
def test_any_piece_may_be_missing(folder: Path, piece: str) -> None:
    path = folder / piece
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    text = section_page(folder, "{}")
    assert "Not there when this page was made" in text
    assert piece.split("/")[-1].split(" ")[0] in text


def test_only_the_index_is_there(tmp_path: Path) -> None:
    (tmp_path / "tiles.json").write_text("{}", encoding="utf-8")
    assert "Nothing was measured" in section_page(tmp_path, "{}")


@pytest.mark.parametrize(
    ("piece", "data", "words"),
    [
        ("tables/metrics.parquet", b"PAR1 no", "not a readable table"),
        ("tiles.json", b"{", "not readable JSON"),
        ("mosaic.zarr/zarr.json", b"{}", "no image at the root of a finished store"),
    ],
)
def test_a_broken_piece_is_named(folder: Path, piece: str, data: bytes, words: str) -> None:
    (folder / piece).write_bytes(data)
    with pytest.raises(StorageError, match=words) as caught:
        section_page(folder, "{}")
    assert piece.split("/zarr.json")[0] in str(caught.value)


def test_a_table_of_another_shape_is_named(folder: Path) -> None:
    other = Schema("particles", 1, "", (Column("particle", "uint64", "", ""),))
    path = folder / "tables" / "particles.parquet"
    write_table(path, other.empty(), other)
    with pytest.raises(StorageError, match=r"particles\.parquet: no column \['area_um2'"):
        section_page(folder, "{}")


@pytest.mark.parametrize("settings", ["{", "[1]", "3"])
def test_settings_that_are_no_object(folder: Path, settings: str) -> None:
    with pytest.raises(ConfigError, match="--settings"):
        section_page(folder, settings)


def test_a_page_that_cannot_be_written(folder: Path) -> None:
    with pytest.raises(StorageError, match="could not be written"):
        report_section(folder=folder, output=folder / "tiles.json" / "report.html")


def test_a_failed_report_leaves_the_old_page(folder: Path) -> None:
    page = folder / "report.html"
    page.write_text("old", encoding="utf-8")
    (folder / "tables" / "metrics.parquet").write_bytes(b"")
    with pytest.raises(StorageError):
        report_section(folder=folder, output=page)
    assert page.read_text(encoding="utf-8") == "old"
