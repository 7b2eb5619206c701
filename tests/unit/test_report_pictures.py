"""Pictures of the reports: what is shown where."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from support.report_made import PX_UM, Made
from support.report_section import fake_section
from transect.phases import COLORS, Phase
from transect.report import viewer
from transect.report.details import COLUMNS, ROWS, details
from transect.report.images import CRACKED_RGB, INTACT_RGB, grey_uri, outlines_uri, phases_uri
from transect.report.inputs import Section, load_section
from transect.report.viewer import interfaces, overview


def decoded(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.split(",", 1)[1])
    return np.asarray(Picture.open(io.BytesIO(data)).convert("RGBA"))


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    return load_section(fake_section(tmp_path_factory.mktemp("pictures") / "s01"))


def test_phases_get_their_colours_and_outside_is_clear() -> None:
    labels = np.array([list(Phase)], np.uint8)
    pixels = decoded(phases_uri(labels))[0]
    for phase, pixel in zip(Phase, pixels, strict=True):
        if phase in (Phase.OUTSIDE, Phase.INVALID):
            assert pixel[3] == 0
        else:
            assert tuple(pixel) == (*COLORS[phase], 255)


def test_outlines_run_inside_particles_and_tell_cracked_ones() -> None:
    labels = np.zeros((12, 20), np.uint64)
    labels[2:8, 2:8] = 5
    labels[2:8, 8:14] = 2**40
    pixels = decoded(outlines_uri(labels, np.array([2**40], np.uint64)))
    assert (pixels[..., 3] > 0).sum() == 20 + 20
    assert tuple(pixels[2, 2]) == (*INTACT_RGB, 255)
    assert tuple(pixels[2, 13]) == (*CRACKED_RGB, 255)
    assert pixels[4, 4, 3] == 0
    assert pixels[0, 0, 3] == 0


def test_grey_is_stretched_between_the_limits() -> None:
    pixels = np.array([[100, 400], [1000, 5000]], np.uint16).repeat(16, 0).repeat(16, 1)
    found = decoded(grey_uri(pixels, (100, 1000), 95))[..., 0].astype(int)
    assert np.abs(found[8::16, 8::16] - [[0, 85], [255, 255]]).max() <= 4


def test_the_overview_stays_in_its_budget(
    section: Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = overview(section)
    assert full is not None
    assert (full.step, full.outlined, full.coloured) == (2, True, True)
    monkeypatch.setattr(viewer, "BUDGET_PX", 100_000)
    monkeypatch.setattr(viewer, "PIECE_PX", 200)
    small = overview(section)
    assert small is not None
    assert small.step == 8
    # Particles of 40 px are 5 px at this scale: outlines would be confetti.
    assert not small.outlined
    assert len(small.pieces) == -(-650 // 200)
    assert sum(p.width for p in small.pieces) == pytest.approx(100)
    assert small.pieces[1].left == pytest.approx(100 * 200 / 650)


def test_interfaces_lie_where_the_layers_are(section: Section) -> None:
    layers = section.tables["layers"]
    lines, gaps = interfaces(layers, 1000, 1400)
    first = dict(lines)["a_base"].split("L")[0].removeprefix("M").split()
    assert [float(v) for v in first] == pytest.approx([0.5, layers["a_base_px"][1000]], abs=0.1)
    assert gaps == ""
    assert interfaces(layers, 1500, 1600)[1].count("Z") == 1


def test_details_show_what_they_say(section: Section) -> None:
    found = {name: d for d in details(section) for name in d.names}
    assert {"Typical", "Most cracked", "Largest gap", "Thinnest", "Worst seam"} <= set(found)
    layers = section.tables["layers"]
    for name, size in (
        ("Largest gap", layers["foil_top_px"] - layers["a_base_px"]),
        ("Thinnest", layers["a_surface_px"] - layers["a_base_px"]),
    ):
        window = found[name].window
        assert window.col0 <= int(layers["column_px"][size.argmax()]) < window.col1
    assert all(d.window.shape == (ROWS, COLUMNS) for d in found.values())
    assert decoded(found["Typical"].phases).shape[:2] == (ROWS, COLUMNS)
    assert found["Typical"].bar_px * PX_UM == pytest.approx(found["Typical"].bar_um)


def test_most_cracked_has_the_most_cracks(section: Section) -> None:
    window = next(d.window for d in details(section) if "Most cracked" in d.names)
    cracks = section.tables["cracks"]
    x, y = (np.array(cracks[f"mosaic_{k}_um"]) / PX_UM for k in "xy")

    def seen(row0: float, col0: float) -> float:
        inside = (y >= row0) & (y < row0 + ROWS) & (x >= col0) & (x < col0 + COLUMNS)
        return float(cracks["length_um"][inside].sum())

    grid = [seen(r, c) for r in range(0, 420, 60) for c in range(0, 4480, 90)]
    # The search moves by half a window, so a place in between may have a little more.
    assert seen(window.row0, window.col0) >= 0.75 * max(grid)


def test_a_mosaic_smaller_than_a_detail(tmp_path: Path) -> None:
    made = Made(rows=300, columns=500, grid=(1, 1))
    found = details(load_section(fake_section(tmp_path / "s", made)))
    assert found
    assert all(d.window.shape == (300, 500) for d in found)
