"""What a section's page says of its detectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from transect.report.detectors import detector_facts, lacking, measured_tiles
from transect.report.inputs import Section


def section_of(*names, shift=(1.3, -0.7), se=0.02, gone=()):
    tiles = ["r00_c00", "r00_c01", "r00_c02"]
    rows = [
        {
            "tile": tile, "channel": name, "present": (name, tile) not in gone,
            "reason": "not recorded" if (name, tile) in gone else "",
            "gain": 0.98 + 0.02 * n, "shift_x_px": shift[0] if k else 0.0,
            "shift_y_px": shift[1] if k else 0.0, "shift_se_px": se if k else np.nan,
        }
        for k, name in enumerate(names)
        for n, tile in enumerate(tiles)
    ]  # fmt: skip
    levels = pd.DataFrame(rows)
    found = levels[["tile", "channel"]].assign(status="ok")
    return Section(
        "B", "C", "S", {"levels": levels, "tiles": found},
        facts={"levels": {"reference": names[0]}}, index={"channels": list(names)},
    )  # fmt: skip


def test_one_detector_is_not_named():
    assert detector_facts(section_of("BSE")) == [
        ("Brightness of tiles corrected by", "0.980 to 1.020")
    ]


def test_each_further_detector_says_where_it_lies_and_what_it_lacks():
    section = section_of("BSE", "SE", gone={("SE", "r00_c01")})
    facts = dict(detector_facts(section))
    assert facts["SE lies off by"] == "1.30, −0.70 px (standard error 0.02 px)"
    assert facts["Tiles without SE"] == "1"
    assert "Tiles without BSE" not in facts
    assert lacking(section) == [["r00_c01", "SE", "not recorded"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"se": np.nan}, "not known: it shows nothing"), ({"shift": (0.0, 0.0)}, "0.00, 0.00 px")],
)
def test_a_shift_that_is_not_known_or_nothing_says_so(change, words):
    assert dict(detector_facts(section_of("BSE", "SE", **change)))["SE lies off by"].startswith(
        words
    )


def test_tiles_are_counted_once_by_the_measured_detector():
    assert len(measured_tiles(section_of("BSE", "SE"))) == 3
    assert set(measured_tiles(section_of("BSE", "SE"))["channel"]) == {"BSE"}
