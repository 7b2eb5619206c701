from __future__ import annotations

import configparser
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from transect.parallel import Window
from transect.phantom import tables
from transect.phantom.appearance import APPEARANCES
from transect.phantom.make import make_phantom
from transect.phantom.scene import Scene
from transect.phantom.spec import PhantomSpec
from transect.phases import COATING, Phase
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table

SMALL = {
    "width_um": 90.0,
    "margin_um": 3.0,
    "seed": 5,
    "geometry": {
        "thickness_um": 20.0,
        "d50_um": 4.0,
        "d_max_um": 8.0,
        "foil_um": 6.0,
        "separator_um": 5.0,
        "agglomerate_um": (4.0, 6.0),
        "delamination": 0.3,
        "gap_run_um": 10.0,
        "cracked": 0.8,
    },
    "microscope": {"pixel_nm": 100.0, "tile_shape": (256, 320), "overlap": 0.2},
}


def small(appearance: str = "clean", **microscope: object) -> PhantomSpec:
    values = {
        **SMALL,
        "appearance": APPEARANCES[appearance],
        "microscope": {**SMALL["microscope"], **microscope},  # type: ignore[dict-item]
    }
    return PhantomSpec.model_validate(values)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "clean"
    make_phantom(out, small(), threads=2)
    return out


def _digest(folder: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        state.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return state.hexdigest()


def test_threads_do_not_change_a_byte(tmp_path: Path) -> None:
    for name, threads in (("one", 1), ("three", 3)):
        make_phantom(tmp_path / name, small("poor"), threads=threads)
    assert _digest(tmp_path / "one") == _digest(tmp_path / "three")


def test_another_seed_gives_another_section(tmp_path: Path, clean: Path) -> None:
    other = small().model_copy(update={"seed": 6})
    make_phantom(tmp_path / "other", other)
    assert _digest(tmp_path / "other") != _digest(clean)


def test_tables_hold_what_the_labels_hold(clean: Path) -> None:
    truth = clean / "truth"
    images = {n: open_image(truth / "labels.zarr", n) for n in ("phases", "particles", "cracks")}
    rows, columns = images["phases"].shape
    window = Window(0, rows, 0, columns)
    phases, ids, cracks = (images[n].read(window) for n in ("phases", "particles", "cracks"))
    px2 = images["phases"].px_um ** 2

    particles = read_table(truth / "particles.parquet", tables.PARTICLES)
    names, counts = np.unique(ids[ids > 0], return_counts=True)
    assert list(particles["particle"]) == list(names)
    np.testing.assert_allclose(particles["area_filled_um2"], counts * px2)
    split = particles[["area_um2", "crack_area_um2", "void_area_um2"]].sum(axis=1)
    np.testing.assert_allclose(split, particles["area_filled_um2"])

    table = read_table(truth / "cracks.parquet", tables.CRACKS)
    names, counts = np.unique(cracks[cracks > 0], return_counts=True)
    assert dict(zip(table["crack"], table["area_um2"], strict=True)) == pytest.approx(
        dict(zip(names.tolist(), counts * px2, strict=True))
    )
    assert set(table["particle"]) <= set(particles["particle"])

    facts = json.loads((truth / "summary.json").read_text())
    coating = np.isin(phases, COATING).sum()
    for name, phase in (("binder", Phase.BINDER), ("active_material", Phase.ACTIVE_MATERIAL)):
        share = (phases == phase).sum() / coating
        assert facts[f"phase_fraction_{name}"] == pytest.approx(share)
    empty = np.isin(phases, [Phase.PORE, Phase.CRACK, Phase.VOID]).sum() / coating
    assert facts["porosity_total"] == pytest.approx(empty)
    profile = read_table(truth / "profile.parquet", tables.PROFILE)
    assert profile["area_um2"].sum() == pytest.approx(coating * px2)


def test_uncut_particles_hold_the_area_of_their_outline(clean: Path) -> None:
    particles = read_table(clean / "truth" / "particles.parquet")
    particles = particles[particles["complete"] & particles["zeta"].between(0.35, 0.65)]
    ratio = particles["area_filled_um2"].sum() / particles["outline_area_um2"].sum()
    # Where particles press on each other, both lose a little.
    assert 0.95 < ratio <= 1.002


def test_columns_and_gaps_agree_with_the_labels(clean: Path) -> None:
    truth = clean / "truth"
    columns = read_table(truth / "columns.parquet", tables.COLUMNS)
    image = open_image(truth / "labels.zarr", "phases")
    phases = image.read(Window(0, image.shape[0], 0, image.shape[1]))
    side = columns[columns["side"] == "a"]
    middle = (side["foil_px"] + side["collector_um"] / image.px_um / 2).mean()
    above = np.isin(phases[: int(middle)], COATING).sum(axis=0)
    found = (side["base_px"] - side["surface_px"]).to_numpy()
    assert np.abs(above - found).max() <= 1.0
    facts = json.loads((truth / "summary.json").read_text())
    share = columns.groupby("side")["delaminated"].mean()
    for name in ("a", "b"):
        assert facts["delamination"][name]["delam_fraction"] == pytest.approx(share[name])
    gaps = read_table(truth / "gaps.parquet", tables.GAPS)
    counted = (phases == Phase.GAP).sum() * image.px_um**2
    assert gaps["area_um2"].sum() == pytest.approx(counted, rel=0.02)


def test_tiles_lie_where_the_truth_says(clean: Path) -> None:
    tiles = read_table(clean / "truth" / "tiles.parquet", tables.TILES)
    tiles = tiles.set_index("tile")
    a, b = (tifffile.imread(clean / f"{n}.tif").astype(float) for n in ("r00_c00", "r00_c01"))
    dx, dy = tiles.loc["r00_c01", ["x_px", "y_px"]] - tiles.loc["r00_c00", ["x_px", "y_px"]]
    assert abs(dx - round(dx)) > 0.02
    moved = cv2.warpAffine(
        b, np.array([[1.0, 0, dx], [0, 1.0, dy]]), (a.shape[1], a.shape[0]), flags=cv2.INTER_LINEAR
    )
    first = int(np.ceil(dx)) + 2
    ours, theirs = a[12:-12, first:], moved[12:-12, first:]
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.98
    # Half a pixel off is already worse.
    assert (
        np.abs(ours - theirs).mean() < 0.5 * np.abs(a[12:-12, first:] - np.roll(theirs, 2)).mean()
    )


def test_stage_misses_by_no_more_than_said(clean: Path) -> None:
    tiles = read_table(clean / "truth" / "tiles.parquet", tables.TILES)
    for true, stage in (("x_px", "stage_x_um"), ("y_px", "stage_y_um")):
        away = tiles[true] - tiles[stage] / 0.1
        away -= (away.max() + away.min()) / 2
        assert 1.0 < away.abs().max() <= 6.0 + 0.01


def test_a_turned_scan_shears_the_grid_of_tiles(tmp_path: Path) -> None:
    make_phantom(tmp_path / "p", small(rotation_deg=3.0, stage_error_px=0.0))
    tiles = read_table(tmp_path / "p" / "truth" / "tiles.parquet", tables.TILES)
    row = tiles[tiles["row"] == 0]
    fall = np.diff(row["y_px"]) / np.diff(row["x_px"])
    np.testing.assert_allclose(fall, np.tan(np.radians(3.0)), rtol=1e-6)


@pytest.mark.parametrize(
    ("form", "encoding", "bar"),
    [("tif", "ascii", 0), ("bmp", "utf-16", 40), ("jpg", "iso-8859-1", 16)],
)
def test_sidecars_are_written_as_by_the_microscope(
    tmp_path: Path, form: str, encoding: str, bar: int
) -> None:
    make_phantom(tmp_path / "p", small(format=form, encoding=encoding, data_bar=bar))
    data = (tmp_path / "p" / "r00_c01.txt").read_bytes()
    assert data.startswith(b"\xff\xfe") == (encoding == "utf-16")
    text = data.decode(encoding)
    assert text.count("\r\n") == text.count("\n")
    values = configparser.ConfigParser(interpolation=None)
    values.optionxform = str  # type: ignore[assignment,method-assign]
    values.read_string(text)
    fields = values["SemImageFile"]
    assert fields["ImageName"] == f"r00_c01.{form}"
    assert fields["DataSize"] == f"320x{256 + bar}"
    assert float(fields["PixelSize"]) == 100.0
    image = cv2.imread(str(tmp_path / "p" / fields["ImageName"]), cv2.IMREAD_UNCHANGED)
    assert image.shape == (256 + bar, 320)
    tiles = read_table(tmp_path / "p" / "truth" / "tiles.parquet").set_index("tile")
    assert tiles.loc["r00_c01", "stage_x_um"] == float(fields["StagePositionX"]) / 1000


def test_clean_tiles_repeat_and_noise_is_a_tile_s_own(tmp_path: Path) -> None:
    make_phantom(tmp_path / "p", small("good", stage_error_px=0.0, overlap=0.5))
    a, b = (tifffile.imread(tmp_path / "p" / f"r00_c0{n}.tif").astype(float) for n in (0, 1))
    left, right = a[:, 160:], b[:, :160]
    noise = (left - left.mean()) - (right - right.mean())
    assert np.abs(noise).mean() > 1.0
    assert np.corrcoef(left.ravel(), right.ravel())[0, 1] > 0.95


def test_a_further_detector_sees_the_same_place_shifted_and_in_its_own_greys(
    tmp_path: Path,
) -> None:
    further = [
        {"name": "BSE topo", "appearance": {}, "shift_px": (3.0, -2.0)},
        {"name": "SE", "shift_error_px": 1.0, "faults": {"r00_c01": "missing"}},
    ]
    make_phantom(tmp_path / "p", small(detectors=further))
    names = ("r00_c00.tif", "r00_c00_BSE topo.tif", "r00_c00_SE.tif")
    first, same, edges = (tifffile.imread(tmp_path / "p" / n) for n in names)
    assert np.array_equal(first[:-2, 3:], same[2:, :-3])
    assert np.median(edges[first > 180]) < 140 < edges.max()
    assert not (tmp_path / "p" / "r00_c01_SE.tif").exists()
    tiles = read_table(tmp_path / "p" / "truth" / "tiles.parquet", tables.TILES)
    x = tiles.set_index(["channel", "tile"])["x_px"]
    assert np.allclose(x["BSE topo"] - x["BSE COMPO"], 3.0)
    assert 0 < (x["SE"] - x["BSE COMPO"]).abs().max() <= 1.0


def test_labels_may_be_left_out_but_the_tables_stay(tmp_path: Path, clean: Path) -> None:
    make_phantom(tmp_path / "p", small().model_copy(update={"labels": False}))
    assert not (tmp_path / "p" / "truth" / "labels.zarr").exists()
    name = "particles.parquet"
    assert (tmp_path / "p/truth" / name).read_bytes() == (clean / "truth" / name).read_bytes()


def test_without_foil_there_is_no_thickness_and_no_gap(tmp_path: Path) -> None:
    values = small().model_dump()
    values["geometry"]["foil"] = "none"
    make_phantom(tmp_path / "p", PhantomSpec.model_validate(values))
    facts = json.loads((tmp_path / "p/truth/summary.json").read_text())
    assert "thickness" not in facts
    assert facts["coating_area_um2"] == pytest.approx(facts["rows"] * facts["columns"] * 0.01)
    columns = read_table(tmp_path / "p/truth/columns.parquet", tables.COLUMNS)
    assert set(columns["side"]) == {"a"}
    assert (columns["base_px"] == facts["rows"]).all()
    assert (columns["surface_px"] == 0).all()


@pytest.mark.parametrize("side", ["a", "b"])
def test_one_side_alone(tmp_path: Path, side: str) -> None:
    values = small().model_dump()
    values["geometry"] |= {"sides": side, "foil": "cu", "separator": "both"}
    make_phantom(tmp_path / "p", PhantomSpec.model_validate(values))
    facts = json.loads((tmp_path / "p/truth/summary.json").read_text())
    assert facts["thickness"][side]["t_mean_um"] == pytest.approx(20.0, rel=0.15)
    particles = read_table(tmp_path / "p/truth/particles.parquet", tables.PARTICLES)
    assert set(particles["side"]) == {side}


def test_magnified_fields_show_the_same_section_with_finer_pixels(tmp_path: Path) -> None:
    spec = small(details=3, detail_pixel_nm=20.0, stage_error_px=0.0)
    make_phantom(tmp_path / "p", spec)
    fields = read_table(tmp_path / "p" / "truth" / "details.parquet", tables.DETAILS)
    assert fields["file"].tolist() == ["d00.tif", "d01.tif", "d02.tif"]
    tiles = read_table(tmp_path / "p" / "truth" / "tiles.parquet", tables.TILES)
    assert set(tiles["tile"]).isdisjoint({"d00", "d01", "d02"})
    frame = read_metadata(tmp_path / "p" / "truth" / "tiles.parquet")
    scene = Scene(spec, int(frame["rows"]), int(frame["columns"]))
    for row in fields.to_dict("records"):
        image = tifffile.imread(tmp_path / "p" / row["file"]).astype(np.float32)
        assert (row["width_px"], row["height_px"], row["pixel_nm"]) == (64, 256 / 5, 20)
        means = cv2.resize(image[:255], (64, 51), interpolation=cv2.INTER_AREA)
        seen = scene.grey(row["x_px"], row["y_px"], 51, 64, np.zeros(51, np.float32))
        # Sharper edges than those of the coarse pixels, at the same places.
        assert np.corrcoef(means.ravel(), seen.ravel())[0, 1] > 0.98
        for away in ((1, 0), (0, 1)):
            other = np.roll(seen, away, axis=(0, 1))
            assert np.corrcoef(means.ravel(), other.ravel())[0, 1] < 0.98


def test_a_field_that_is_not_finer_is_refused() -> None:
    with pytest.raises(ValueError, match="detail_pixel_nm: must be below pixel_nm, 100"):
        small(details=1, detail_pixel_nm=100.0)
