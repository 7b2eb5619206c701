"""A made section by two detectors, from raw tiles to its page."""

from __future__ import annotations

import numpy as np

from support.chain import report, stitch
from transect.phantom.make import make_phantom
from transect.phantom.spec import PhantomSpec
from transect.storage.images import open_image
from transect.storage.tables import read_table

SMALL = {
    "width_um": 90.0,
    "margin_um": 3.0,
    "seed": 5,
    "labels": False,
    # So few tiles cannot tell shading from steps.
    "appearance": {"shading": 0.0, "gain_step": 0.04},
    "geometry": {"thickness_um": 20.0, "d50_um": 4.0, "d_max_um": 8.0, "agglomerate_um": (5, 8)},
    "microscope": {"pixel_nm": 100.0, "tile_shape": (256, 320), "overlap": 0.2},
}


def made(folder, *detectors):
    scope = {**SMALL["microscope"], "detectors": detectors}
    make_phantom(folder, PhantomSpec.model_validate({**SMALL, "microscope": scope}), threads=2)
    return folder


def _steps_are_gone(raw, levels):
    truth = read_table(raw / "truth" / "tiles.parquet")
    both = levels.merge(truth, on=["tile", "channel"], suffixes=("", "_true"))
    mine = both[both["channel"] == "BSE COMPO"]
    before = 205 * mine["gain_true"] + mine["offset_true"]
    after = before * mine["gain"] + mine["offset"]
    assert after.std() < 0.8 * before.std()


def test_a_second_detector_is_placed_and_leaves_what_is_measured(tmp_path):
    alone = stitch(made(tmp_path / "alone"), tmp_path / "one")
    second = {"name": "A secondary", "shift_px": (2.4, -1.3), "faults": {"r00_c01": "missing"}}
    both = report(made(tmp_path / "both", second), tmp_path / "two")

    mosaic = open_image(both / "mosaic.zarr")
    assert mosaic.channels == ("BSE COMPO", "A secondary")
    for name, differing in (("", 1e-3), ("labels/valid", 0.0)):
        first, same = (open_image(p / "mosaic.zarr", name).whole(0, 0) for p in (alone, both))
        # A shift leaves less room for the joints between tiles: few pixels are blended otherwise.
        assert (first != same).mean() <= differing
    levels = read_table(both / "levels.parquet")
    shift = levels[(levels["channel"] == "A secondary") & levels["present"]]
    assert np.abs(shift["shift_x_px"] - 2.4).max() < 0.15
    assert np.abs(shift["shift_y_px"] + 1.3).max() < 0.15
    _steps_are_gone(tmp_path / "both", levels)
    page = (both / "report.html").read_text()
    assert "A secondary lies off by" in page
    assert "Tiles without A secondary" in page
