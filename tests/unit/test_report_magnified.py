"""Fields of higher magnification on the page: as recorded, and where they lie."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from support.report_made import PX_UM, Made, fill
from support.report_section import fake_section
from transect.mosaic.tables import DETAILS
from transect.report.inputs import load_section
from transect.report.magnified import SHOWN, magnified, magnified_rows
from transect.report.section import section_page
from transect.storage.stores import new_store
from transect.storage.tables import write_table

SMALL = Made(rows=300, columns=900, grid=(1, 2))
SHAPE = (900, 1200)


def _with_fields(folder: Path, count: int = 2) -> Path:
    """Section with fields of detail of 12.5 nm, in two detectors; the last one placed by stage."""
    fake_section(folder, SMALL)
    names = [f"d{k:02d}" for k in range(count)]
    last = np.arange(2 * count) >= 2 * count - 2
    rows = fill(
        DETAILS, 2 * count, detail=np.repeat(names, 2), channel=["BSE", "SE"] * count,
        file=[f"f{k}.tif" for k in range(2 * count)], status="ok", pixel_nm=12.5,
        located_by=np.where(last, "stage", "image"), pixel_nm_refined=np.where(last, 12.5, 12.6),
        x_um=np.repeat(np.linspace(3, 28, count), 2), y_um=2.0, width_um=15.0, height_um=11.25,
        rotation_deg=np.where(last, 0.0, 0.5), se_um=np.where(last, 0.4, 0.003),
        reason=np.where(last, "no better than unrelated pictures", ""),
    )  # fmt: skip
    write_table(folder / "details.parquet", rows, DETAILS)
    with new_store(folder / "details.zarr", recipe=1, inputs={}) as store:
        for name in names:
            image = store.image(name, (2, *SHAPE), "uint8", 0.0126, channels=["BSE", "SE"])
            image.write(0, 0, np.full((2, *SHAPE), 90, np.uint8))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _with_fields(tmp_path_factory.mktemp("fields") / "B07" / "C1" / "s01")


def test_the_page_shows_each_field_and_where_it_lies(folder: Path) -> None:
    page = section_page(folder, "{}")
    assert "Fields at higher magnification" in page
    for name in ("d00", "d01"):
        assert f'id="field-{name}"' in page
        assert f'href="#field-{name}"' in page
    assert page.count('class="field" d="M') == 4
    assert "placed by the stage: no better than unrelated pictures" in page
    assert "found in the mosaic to 3.00 nm" in page


def test_outlines_are_those_of_the_table(folder: Path) -> None:
    first, last = magnified(load_section(folder))
    corners = np.array(re.findall(r"([-\d.]+) ([-\d.]+)", first.outline), dtype=float)
    middle = np.array([3 + 7.5, 2 + 5.625]) / PX_UM
    assert corners.mean(axis=0) == pytest.approx(middle, abs=0.1)
    side = corners[1] - corners[0]
    assert np.hypot(*side) == pytest.approx(15 / PX_UM, abs=0.1)
    # x towards y: the right end lies lower on the picture.
    assert np.degrees(np.arctan2(side[1], side[0])) == pytest.approx(0.5, abs=0.02)
    assert first.bar_um == 2
    assert last.place is not None
    assert last.place.window.col1 <= SMALL.columns


def test_the_table_has_a_row_for_every_image(folder: Path) -> None:
    rows = magnified_rows(load_section(folder))
    assert [row[0] for row in rows] == ["d00", "d00", "d01", "d01"]
    assert [row[1] for row in rows] == ["BSE", "SE", "BSE", "SE"]
    assert rows[0][4] == "+0.80\N{NO-BREAK SPACE}%"
    assert rows[3][4:6] == ["as\N{NO-BREAK SPACE}recorded", ""]
    assert rows[3][-1] == "stage: no better than unrelated pictures"


def test_many_fields_are_listed_but_not_all_pictured(tmp_path: Path) -> None:
    folder = _with_fields(tmp_path / "B07" / "C1" / "s01", SHOWN + 2)
    page = section_page(folder, "{}")
    assert f"The first {SHOWN} of {SHOWN + 2} are pictured." in page
    assert page.count('<figure class="detail" id="field-') == SHOWN
    assert len(magnified_rows(load_section(folder))) == 2 * (SHOWN + 2)


def test_without_fields_nothing_is_said(tmp_path: Path) -> None:
    page = section_page(fake_section(tmp_path / "B07" / "C1" / "s01", SMALL), "{}")
    assert "higher magnification" not in page.lower()
    assert "details.parquet" not in page
