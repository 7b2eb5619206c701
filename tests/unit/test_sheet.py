"""The sample sheet, and the command that adds a batch to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from support.raw_folder import texture, write_hitachi
from transect.errors import InputError, SheetError
from transect.sheet import COLUMNS, NAME, Section, append, read_sheet
from transect.sheet_steps import add_batch, find_sections


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    for cell in ("A01", "A02"):
        for section in ("s1", "s2"):
            write_hitachi(tmp_path / "B07" / cell / section, 2, 2)
    return tmp_path / "B07"


def test_rows_become_sections(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    sheet = tmp_path / "sections.tsv"
    sheet.write_text(
        "# made by hand\n"
        "section\tcell\tbatch\tfolder\tblocks\tpixel_nm\n"
        f"s1\tA01\tB07\t{tmp_path / 'raw'}\t4\t12.5\n"
        "\n"
        f"s2\tA01\tB07\t{tmp_path / 'raw'}\n"
    )
    first, second = read_sheet(sheet)
    assert first.key == ("B07", "A01", "s1")
    assert (first.blocks, first.pixel_nm, first.tiles, first.chemistry) == (4, 12.5, None, "nmc")
    assert (second.blocks, second.pixel_nm) == (1, None)
    assert first.results(Path("results")) == Path("results/batches/B07/A01/s1")


def test_import_is_light() -> None:
    heavy = [
        "numpy",
        "pandas",
        "zarr",
        "dask",
        "numba",
        "cv2",
        "scipy",
        "pyarrow",
        "tifffile",
        "pydantic",
    ]
    code = f"import sys, transect.sheet; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


NAMES = st.from_regex(NAME, fullmatch=True).filter(lambda name: len(name) < 20)


@given(
    keys=st.lists(
        st.tuples(NAMES, NAMES, NAMES),
        min_size=1,
        max_size=5,
        unique_by=lambda k: "/".join(k).lower(),
    ),
    blocks=st.integers(1, 99),
    pixel_nm=st.none() | st.floats(0.1, 1000).map(lambda x: float(f"{x:g}")),
)
def test_what_is_appended_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    keys: list[tuple[str, str, str]],
    blocks: int,
    pixel_nm: float | None,
) -> None:
    sheet = tmp_path_factory.mktemp("sheet") / "sections.tsv"
    sections = [Section(*key, "raw", "lfp", blocks, None, pixel_nm) for key in keys]
    append(sheet, sections[:1])
    append(sheet, sections[1:])
    assert read_sheet(sheet, folders=False) == sections


def test_add_batch_makes_the_sheet(batch: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "config" / "sections.tsv"
    add_batch(batch, sheet=sheet, chemistry="lfp")
    sections = read_sheet(sheet)
    assert sheet.read_text().splitlines()[0] == "\t".join(COLUMNS)
    assert [s.key for s in sections] == [
        ("B07", cell, section) for cell in ("A01", "A02") for section in ("s1", "s2")
    ]
    assert {(s.chemistry, s.blocks, s.tiles, s.pixel_nm) for s in sections} == {("lfp", 1, 4, None)}
    assert [Path(s.folder) for s in sections][0] == batch / "A01" / "s1"


def test_add_batch_again_adds_what_is_new_only(batch: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sections.tsv"
    add_batch(batch, sheet=sheet)
    before = sheet.read_text()
    with pytest.raises(SheetError, match="nothing to add: 4 in the sheet already"):
        add_batch(batch, sheet=sheet)
    assert sheet.read_text() == before
    write_hitachi(batch / "A03" / "s1", 1, 2)
    add_batch(batch, sheet=sheet)
    assert sheet.read_text().startswith(before)
    assert read_sheet(sheet)[-1].key == ("B07", "A03", "s1")


def test_add_batch_refuses_a_name_that_is_taken(batch: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sections.tsv"
    add_batch(batch, sheet=sheet)
    before = sheet.read_bytes()
    other = tmp_path / "elsewhere" / "B07"
    write_hitachi(other / "A01" / "s1", 1, 1)
    write_hitachi(other / "A09" / "s1", 1, 1)
    with pytest.raises(
        SheetError, match="duplicate sections, nothing added: B07/A01/s1 is that of"
    ):
        add_batch(other, sheet=sheet)
    assert sheet.read_bytes() == before
    add_batch(other, batch="B08", sheet=sheet)
    assert [s.key for s in read_sheet(sheet)][-2:] == [("B08", "A01", "s1"), ("B08", "A09", "s1")]


def test_add_batch_lists_what_it_cannot_read(
    batch: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (batch / "A01" / "s2").glob("*.tif"):
        path.write_bytes(b"")
    (batch / "A02" / "s1" / "img_000.tif").write_bytes(b"")
    (batch / "notes").mkdir()
    (batch / "notes" / "readme.txt").write_text("nothing")
    sheet = tmp_path / "sections.tsv"
    with caplog.at_level("WARNING", "transect"):
        add_batch(batch, sheet=sheet)
    assert [s.key[1:] for s in read_sheet(sheet)] == [("A01", "s1"), ("A02", "s1"), ("A02", "s2")]
    assert "s2: no usable tile; img_000.tif and 3 more: empty file" in caplog.text
    assert "img_000.tif will be left out: empty file" in caplog.text
    # The sheet counts images, as the index does.
    assert [s.tiles for s in read_sheet(sheet)] == [4, 4, 4]


def test_pixel_size_is_written_only_where_it_is_not_recorded(batch: Path, tmp_path: Path) -> None:
    plain = batch / "A03" / "s1"
    plain.mkdir(parents=True)
    cv2.imwrite(str(plain / "r0_c0.png"), texture(1))
    sheet = tmp_path / "sections.tsv"
    add_batch(batch, sheet=sheet, pixel_nm=8.0)
    assert [s.pixel_nm for s in read_sheet(sheet)] == [None] * 4 + [8.0]


def test_blocks_follow_from_the_pixels(tmp_path: Path) -> None:
    folder = tmp_path / "B1" / "c" / "s"
    folder.mkdir(parents=True)
    # 30,000 x 30,000 px that take no room: a hole in the file.
    tifffile.memmap(folder / "r0_c0.tif", shape=(30_000, 30_000), dtype="uint8").flush()
    for k in range(1, 5):
        (folder / f"r0_c{k}.tif").symlink_to(folder / "r0_c0.tif")
    sheet = tmp_path / "sections.tsv"
    add_batch(tmp_path / "B1", sheet=sheet, pixel_nm=5)
    assert read_sheet(sheet)[0].blocks == 3


@pytest.mark.parametrize(
    ("given", "batch_name", "cell", "expected"),
    [
        ("B07", None, None, ("B07", "A01", "s1")),
        ("B07/A01", "B07", "A01", ("B07", "A01", "s1")),
        ("B07/A01", "B07", None, ("B07", "s1", "s1")),
        ("B07/A01/s1", None, None, ("s1", "s1", "s1")),
        ("B07/A01/s1", "B07", "A01", ("B07", "A01", "s1")),
        ("", "all", None, ("all", "B07", "A01_s1")),
    ],
)
def test_names_follow_from_the_folders(
    batch: Path, given: str, batch_name: str | None, cell: str | None, expected: tuple[str, ...]
) -> None:
    first = find_sections(batch.parent / given, batch_name, cell)[0]
    assert (first.batch, first.cell, first.section) == expected


def test_names_are_made_safe(tmp_path: Path) -> None:
    write_hitachi(tmp_path / "Batch 7 (März)" / "cell <1>" / "s 1", 1, 1)
    (found,) = find_sections(tmp_path / "Batch 7 (März)")
    assert (found.batch, found.cell, found.section) == ("Batch_7_M_rz", "cell_1", "s_1")


def test_truth_and_stores_are_no_sections(batch: Path) -> None:
    for name in ("A01/s1/truth", "A01/x.zarr", ".hidden"):
        write_hitachi(batch / name, 1, 1)
    assert len(find_sections(batch)) == 4


def test_add_batch_without_anything(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        add_batch(tmp_path / "x")
    with pytest.raises(InputError, match="no image"):
        add_batch(tmp_path)
