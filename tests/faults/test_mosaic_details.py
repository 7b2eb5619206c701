"""Fields of detail that cannot be found: placed by the stage, with the reason, and never lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from support.magnified import FINE_NM, OVERVIEW_NM, Place, Specimen, Stitched
from support.raw_folder import sidecar
from transect.errors import StorageError
from transect.storage.images import open_image

HERE = Place((300.3, 200.7))
ERROR = np.array([6.0, -5.0])


@pytest.fixture(scope="module")
def stitched(tmp_path_factory: pytest.TempPathFactory) -> Stitched:
    return Stitched.make(tmp_path_factory.mktemp("overview"))


@pytest.fixture
def raw(stitched: Stitched, tmp_path: Path) -> Path:
    return stitched.copy(tmp_path / "raw")


def _by_stage(stitched: Stitched, row: pd.Series, place: Place, within_px: float = 12.0) -> None:
    """Check that a field lies where the stage says, and that nothing claims more."""
    assert row["located_by"] == "stage"
    centre = np.array([row["x_um"] + row["width_um"] / 2, row["y_um"] + row["height_um"] / 2])
    away = centre * 1000 / OVERVIEW_NM - stitched.origin_px - place.centre
    assert np.abs(away).max() < within_px
    assert row["rotation_deg"] == 0
    assert row["pixel_nm_refined"] == pytest.approx(row["pixel_nm"])
    assert np.isnan(row["pixel_nm_se"])
    assert row["se_um"] > 0


def test_a_wrong_pixel_size_is_told(stitched: Stitched, raw: Path) -> None:
    stitched.specimen.write_field(raw, "d", HERE, recorded_nm=FINE_NM / 1.1)
    row = stitched.locate(raw, raw.parent).loc["d.tif"]
    _by_stage(stitched, row, HERE)
    assert row["reason"] == "its pixels are 10.0 % larger than recorded"


@pytest.mark.parametrize("wrong", [0.6, 0.9, 1.4])
def test_a_wrong_pixel_size_is_never_believed(stitched: Stitched, raw: Path, wrong: float) -> None:
    stitched.specimen.write_field(raw, "d", HERE, recorded_nm=FINE_NM / wrong)
    row = stitched.locate(raw, raw.parent).loc["d.tif"]
    _by_stage(stitched, row, HERE)
    assert row["reason"]


def test_a_field_turned_by_hand_is_told(stitched: Stitched, raw: Path) -> None:
    place = Place(HERE.centre, turn_deg=4.0)
    stitched.specimen.write_field(raw, "d", place)
    row = stitched.locate(raw, raw.parent).loc["d.tif"]
    _by_stage(stitched, row, place)
    assert row["reason"] == "it is turned by 4.0 degrees"


def test_a_field_of_another_specimen_is_not_found(stitched: Stitched, raw: Path) -> None:
    other = Specimen(1, 2, seed=9)
    for k, x in enumerate((200.0, 350.0)):
        grey = other.field(Place((x, 110.0)))
        stitched.specimen.write(raw, f"d{k}", grey, Place((x, 200.0)), FINE_NM, ERROR)
    rows = stitched.locate(raw, raw.parent)
    for k, x in enumerate((200.0, 350.0)):
        _by_stage(stitched, rows.loc[f"d{k}.tif"], Place((x, 200.0)))
        assert rows.loc[f"d{k}.tif", "reason"] == "no better than unrelated pictures"


def test_blank_resin_is_placed_by_the_stage(stitched: Stitched, raw: Path) -> None:
    stitched.specimen.write(raw, "d", np.full((480, 640), 90, np.float32), HERE, FINE_NM, ERROR)
    stitched.specimen.write_field(raw, "good", Place((520.2, 160.9)))
    rows = stitched.locate(raw, raw.parent)
    _by_stage(stitched, rows.loc["d.tif"], HERE)
    assert rows.loc["d.tif", ["status", "reason"]].tolist() == [
        "blank", "no contrast beyond the noise"
    ]  # fmt: skip
    assert rows.loc["good.tif", "located_by"] == "image"
    # What is blank was recorded all the same.
    image = open_image(raw.parent / "details.zarr", rows.loc["d.tif", "detail"])
    np.testing.assert_array_equal(image.whole(0), tifffile.imread(raw / "d.tif"))


def test_pixels_that_cannot_be_decoded_are_quarantined(stitched: Stitched, raw: Path) -> None:
    stitched.specimen.write_field(raw, "d", HERE)
    stitched.specimen.write_field(raw, "good", Place((520.2, 160.9)))
    tifffile.imwrite(raw / "d.tif", tifffile.imread(raw / "d.tif"), compression="zlib")
    data = bytearray((raw / "d.tif").read_bytes())
    data[2000:90000] = b"\x55" * 88000
    (raw / "d.tif").write_bytes(data)
    rows = stitched.locate(raw, raw.parent)
    _by_stage(stitched, rows.loc["d.tif"], HERE)
    assert rows.loc["d.tif", "status"] == "quarantined"
    assert "pixels cannot be decoded" in rows.loc["d.tif", "reason"]
    assert rows.loc["good.tif", "located_by"] == "image"
    with pytest.raises(StorageError, match="no image"):
        open_image(raw.parent / "details.zarr", rows.loc["d.tif", "detail"])


def test_one_detector_of_two_cannot_be_read(stitched: Stitched, raw: Path) -> None:
    stitched.specimen.write_field(raw, "bse", HERE)
    stitched.specimen.write_field(raw, "se", HERE, SignalName="SE")
    tifffile.imwrite(raw / "bse.tif", tifffile.imread(raw / "bse.tif"), compression="zlib")
    data = bytearray((raw / "bse.tif").read_bytes())
    data[2000:90000] = b"\x55" * 88000
    (raw / "bse.tif").write_bytes(data)
    rows = stitched.locate(raw, raw.parent)
    assert rows.loc["bse.tif", "status"] == "quarantined"
    assert rows.loc["se.tif", ["status", "located_by", "reason"]].tolist() == ["ok", "image", ""]
    assert open_image(raw.parent / "details.zarr", "d00").channels == ("SE",)


def test_too_small_and_too_far_from_the_stage(stitched: Stitched, raw: Path) -> None:
    specimen = stitched.specimen
    specimen.write(raw, "tiny", specimen.field(HERE, (120, 160)), HERE, FINE_NM, ERROR)
    far = Place((520.2, 160.9))
    specimen.write(raw, "far", specimen.field(far), far, FINE_NM, np.array([-140.0, 90.0]))
    rows = stitched.locate(raw, raw.parent)
    assert rows.loc["tiny.tif", "reason"] == "too small in the mosaic to be found"
    assert rows.loc["far.tif", "located_by"] == "stage"
    # The setting reaches farther.
    (raw.parent / "far").mkdir()
    rows = stitched.locate(raw, raw.parent / "far", detail_shift_um=20.0)
    assert rows.loc["far.tif", ["located_by", "reason"]].tolist() == ["image", ""]


def test_where_no_tile_was_recorded(stitched: Stitched, raw: Path) -> None:
    nowhere = Place((690.0, 20.0))
    grey = stitched.specimen.field(HERE)
    x, y = np.array([nowhere.centre[0] + 80, -30.0]) * OVERVIEW_NM + (3.2e6, -1.7e6)
    tifffile.imwrite(raw / "d.tif", np.clip(grey, 0, 255).astype(np.uint8))
    text = sidecar("d.tif", x, y, (480, 640), PixelSize=f"{FINE_NM}")
    (raw / "d.txt").write_text(text)
    row = stitched.locate(raw, raw.parent).loc["d.tif"]
    assert row["reason"] == "the mosaic has no picture there"
