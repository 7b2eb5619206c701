"""Bad sample sheets: every fault at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.raw_folder import write_hitachi
from transect.errors import SheetError, StorageError
from transect.sheet import Section, append, read_sheet
from transect.sheet_steps import add_batch

HEADER = "batch\tcell\tsection\tfolder\tchemistry\tblocks\ttiles\tpixel_nm"


def _faults(tmp_path: Path, *lines: str, header: str = HEADER) -> str:
    (tmp_path / "raw").mkdir(exist_ok=True)
    sheet = tmp_path / "sections.tsv"
    text = "\n".join([header, *lines]).replace("RAW", str(tmp_path / "raw"))
    sheet.write_text(text)
    with pytest.raises(SheetError) as error:
        read_sheet(sheet)
    return str(error.value)


def test_all_faults_at_once(tmp_path: Path) -> None:
    message = _faults(
        tmp_path,
        "B1\tc\t../x\tRAW",
        "B1\t<script>\ts\tRAW",
        "B1\t\ts\tRAW",
        "B1\tc\ts\tRAW\tunobtainium\t2.5",
        "B1\tc\ts\tRAW\tnmc\t1",
        "B1\tC\tS\tRAW\tnmc\t1",
        "B1\tc\tt\tnowhere\tnmc\t0\t-3\tnan",
        "B1\tc\tu\t",
        "B1\tc\tv\tmissing",
        "\t".join("abcdefghij"),
    )
    for expected in (
        "12 faults",
        "line 2: section '../x' is no safe name",
        "line 3: cell '<script>' is no safe name",
        "line 4: cell is blank",
        "line 5: unknown chemistry 'unobtainium'; known: nmc, nmc-single, lfp, lmno",
        "line 5: blocks is '2.5', expected a whole number of 1 or more",
        "line 7: section B1/C/S is there on line 6 already",
        "line 8: blocks is '0'",
        "line 8: tiles is '-3'",
        "line 8: pixel_nm is 'nan', expected a number above 0, in nm",
        "line 9: folder is blank",
        "line 10: folder missing: no such folder",
        "line 11: 10 cells, but 8 columns",
    ):
        assert expected in message


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("batch\tcell\tsection", "line 1: column folder is missing"),
        (HEADER + "\tcolour", "line 1: unknown column colour; known columns: batch, cell"),
        (HEADER + "\tbatch", "line 1: column batch is there twice"),
        (HEADER.replace("\t", ","), "line 1: unknown column batch,cell"),
        ("", "column batch is missing"),
    ],
)
def test_bad_header(tmp_path: Path, header: str, expected: str) -> None:
    assert expected in _faults(tmp_path, "B1\tc\ts\tRAW", header=header)


@pytest.mark.parametrize(
    "name", ["..", ".", "-rf", "a/b", "a b", "a\\b", "é", "a\u200b", "{x}", "a;b"]
)
def test_hostile_names(tmp_path: Path, name: str) -> None:
    assert "line 2: batch" in _faults(tmp_path, f"{name}\tc\ts\tRAW")


def test_sheet_that_is_not_there_or_empty_or_binary(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no such sample sheet; make one with `transect add-batch"):
        read_sheet(tmp_path / "none.tsv")
    assert "no section; add one" in _faults(tmp_path)
    binary = tmp_path / "binary.tsv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(SheetError, match="not a readable sheet in UTF-8"):
        read_sheet(binary)


def test_add_batch_to_a_broken_sheet_changes_nothing(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "B1" / "c" / "s", 1, 1).parents[1]
    sheet = tmp_path / "sections.tsv"
    sheet.write_text(HEADER + "\tcolour\nB0\tc\ts\traw\n")
    before = sheet.read_bytes()
    with pytest.raises(SheetError, match="unknown column colour"):
        add_batch(raw, sheet=sheet)
    assert sheet.read_bytes() == before


def test_add_batch_with_bad_options(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "B1" / "c" / "s", 1, 1).parents[1]
    for options, message in (
        ({"chemistry": "zinc"}, "unknown chemistry 'zinc'"),
        ({"pixel_nm": -1.0}, "expected a number above 0"),
        ({"batch": "///"}, "batch '///' is no safe name"),
        ({"batch": "../x"}, r"batch '\.\./x' is no safe name"),
        ({"cell": "<script>"}, "cell '<script>' is no safe name"),
    ):
        with pytest.raises(SheetError, match=message):
            add_batch(raw, sheet=tmp_path / "sections.tsv", **options)
    assert not (tmp_path / "sections.tsv").exists()


def test_append_that_would_lose_a_value(tmp_path: Path) -> None:
    sheet = tmp_path / "sections.tsv"
    sheet.write_text("batch\tcell\tsection\tfolder\n")
    append(sheet, [Section("B", "c", "s", "raw")])
    with pytest.raises(SheetError, match="column chemistry, pixel_nm is missing"):
        append(sheet, [Section("B", "c", "t", "raw", "lfp", 1, 3, 5.0)])
    assert sheet.read_text() == "batch\tcell\tsection\tfolder\nB\tc\ts\traw\n"


def test_sheet_in_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="could not be written"):
        append(tmp_path / "file" / "sections.tsv", [Section("B", "c", "s", "raw")])
