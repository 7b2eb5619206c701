from __future__ import annotations

from pathlib import Path
from typing import Any

import cc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from transect.parallel import Window
from transect.phantom import tables
from transect.phantom.appearance import APPEARANCES
from transect.phantom.chemistries import CHEMISTRIES
from transect.phantom.habits import HABITS, PLATES, body
from transect.phantom.hashing import unit
from transect.phantom.make import make_phantom
from transect.phantom.neighbours import add, near_two, some_cells
from transect.phantom.network import grain_network
from transect.phantom.packing import nearest_two
from transect.phantom.scene import Labels, Scene
from transect.phantom.shapes import inside, outline, outline_area
from transect.phantom.spec import PhantomSpec, load_spec
from transect.phases import Phase
from transect.storage.images import open_image
from transect.storage.tables import read_table

STILL = np.zeros(1100, dtype=np.float32)
PRESSED = ("facets", "plates", "shards")
OF_PARTICLES = (Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID)


def spec_of(**geometry: Any) -> PhantomSpec:
    shape = {"foil": "none", "press": 0.08, "voids": 0.0, "cracked": 0.0, **geometry}
    values = {"geometry": shape, "appearance": APPEARANCES["clean"], "seed": 4}
    return PhantomSpec.model_validate(values)


def window(spec: PhantomSpec, size: int = 1000) -> Labels:
    return Scene(spec, size, size, alone=True).labels(0, 0, size, size)


def second_moments(mask: np.ndarray) -> tuple[float, float]:
    """Aspect and direction (radians) of the ellipse with the same moments."""
    rows, columns = np.nonzero(mask)
    spread, axes = np.linalg.eigh(np.cov(np.stack([columns, rows])))
    return float(np.sqrt(spread[1] / spread[0])), float(np.arctan2(axes[1, 1], axes[0, 1]))


@pytest.mark.parametrize("habit", HABITS)
def test_every_habit_fills_the_coating_like_an_electrode(habit: str) -> None:
    phases = window(spec_of(habit=habit, d50_um=4.0, d_max_um=9.0), 1400).phases
    assert 0.5 <= np.isin(phases, OF_PARTICLES).mean() <= 0.75


@pytest.mark.parametrize("habit", PRESSED)
@pytest.mark.parametrize("spread", [10.0, 90.0])
def test_every_particle_is_one_piece(habit: str, spread: float) -> None:
    labels = window(spec_of(habit=habit, aspect=(2.0, 6.0), orientation_spread_deg=spread))
    ids = labels.particles()
    pieces = cc3d.connected_components(ids, connectivity=8)
    sizes = np.bincount(pieces.ravel())[1:]
    owner = np.zeros(len(sizes) + 1, dtype=np.int64)
    owner[pieces.ravel()] = ids.ravel()
    # Those that the window cuts may well be in two pieces.
    rim = np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]])
    for particle in np.setdiff1d(ids, np.append(rim, 0)):
        own = np.sort(sizes[owner[1:] == particle])
        assert own[:-1].sum() <= max(0.002 * own.sum(), 2), particle


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**40), habit=st.integers(0, 4), r=st.floats(4, 200))
def test_bodies_have_the_area_asked_for_and_planes_that_hold_them(
    seed: int, habit: int, r: float
) -> None:
    edge, planes = body(habit, seed, r, 2.0, 6.0, 20.0, 0.04, 0.3, 14.0)
    assert outline_area(edge) == pytest.approx(np.pi * r * r, rel=0.06)
    angle = 2 * np.pi * np.arange(edge.size) / edge.size
    places = np.stack([edge * np.cos(angle), edge * np.sin(angle)])
    gauge = (planes @ places).max(axis=0)
    assert gauge.max() < 1.3
    assert gauge.min() > 0.7


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**40), aspect=st.floats(2, 8))
def test_plates_are_as_long_as_asked(seed: int, aspect: float) -> None:
    edge, _ = body(PLATES, seed, 60.0, aspect, aspect, 0.0, 0.0, 0.0, 14.0)
    angle = 2 * np.pi * np.arange(edge.size) / edge.size
    long = np.ptp(edge * np.cos(angle))
    thick = np.ptp(edge * np.sin(angle))
    assert long / thick == pytest.approx(aspect, rel=0.3)


def test_plates_lie_along_the_foil_as_far_as_asked() -> None:
    for spread, low, high in ((8.0, 0.0, 12.0), (90.0, 30.0, 60.0)):
        spec = spec_of(habit="plates", aspect=(3.0, 5.0), orientation_spread_deg=spread)
        ids = window(spec).particles()
        found = []
        for particle in np.unique(ids[ids > 0]):
            mask = ids == particle
            if mask.sum() > 400:
                _, turn = second_moments(mask)
                found.append(abs(np.degrees(np.arctan(np.tan(turn)))))
        assert len(found) > 30
        assert low <= np.median(found) <= high


def test_depth_in_plates_is_measured_across_their_sides() -> None:
    spec = spec_of(habit="plates", aspect=(4.0, 6.0), packing=0.1, press=0.0)
    labels = window(spec)
    ids = labels.particles()
    true = distance_transform_edt(ids > 0)
    # The edges of the window are no edges of particles.
    near = (true > 0) & (true < 5)
    near[:12] = near[-12:] = near[:, :12] = near[:, -12:] = False
    error = labels.canvas.depth[near] + 0.5 - true[near]
    assert np.median(np.abs(error)) < 0.6
    assert np.percentile(np.abs(error), 95) < 2.0


@pytest.mark.parametrize("habit", ["round", "plates"])
def test_a_window_is_the_same_wherever_it_is_cut(habit: str) -> None:
    spec = spec_of(habit=habit, cracked=0.6, grain_cracks=0.4, hollow=0.2, open_cracks=0.5)
    for alone in (True, False):
        scene = Scene(spec, 900, 1000, alone=alone)
        whole, part = scene.labels(0, 0, 900, 1000), scene.labels(200, 300, 400, 500)
        cut = np.s_[200:600, 300:800]
        np.testing.assert_array_equal(whole.phases[cut], part.phases)
        np.testing.assert_array_equal(whole.particles()[cut], part.particles())
        grey = scene.grey(0, 0, 900, 1000, STILL)
        again = scene.grey(300, 200, 400, 500, STILL)
        np.testing.assert_allclose(grey[cut], again, atol=1e-3)


def test_a_strip_of_plates_does_not_depend_on_which_was_made_first() -> None:
    spec = spec_of(habit="plates", foil="al")
    first, second = (Scene(spec, 2600, 90000).strips for _ in range(2))
    late = [second.strip(k) for k in (7, 3, 5, 4)][-1]
    early = first.strip(4)
    for name in ("discs", "ids", "edges", "full", "voids", "cracks", "lines", "second"):
        np.testing.assert_array_equal(getattr(early, name), getattr(late, name))


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_the_second_material_has_its_share(share: float) -> None:
    two = {"share": share, "habit": "shards", "d50_um": 3.0, "d_max_um": 5.0}
    spec = spec_of(d50_um=3.0, d_max_um=5.0, second=two)
    labels = window(spec, 1600)
    held = labels.particles() > 0
    assert labels.second()[held].mean() == pytest.approx(share, abs=0.05)
    assert not labels.second()[~held].any()


def test_electrolyte_fills_the_space_between_particles() -> None:
    spec = spec_of(filler="electrolyte", binder=0.9, binder_gradient=0.0, agglomerates_per_mm2=0)
    phases = window(spec).phases
    assert not (phases == Phase.BINDER).any()
    filled, open_ = ((phases == p).mean() for p in (Phase.SEPARATOR, Phase.PORE))
    assert filled / (filled + open_) == pytest.approx(0.9, abs=0.05)


def test_cells_find_the_neighbours_that_all_discs_give() -> None:
    random = np.random.default_rng(2)
    discs = np.empty((900, 4))
    discs[:, :2] = random.uniform(0, 500, (900, 2))
    discs[:, 2] = random.lognormal(1.3, 0.6, 900)
    cells = some_cells(discs, 0, discs[:, 2].copy(), 0.0, 500.0, 0.0, 500.0)
    for n in range(900):
        add(cells, discs, n)
    for x, y, r in random.uniform((0, 0, 2), (500, 500, 20), (300, 3)):
        full = nearest_two(discs, 900, x, y, r)
        quick = near_two(discs, cells, x, y, r)
        if full[3] <= 1.2 * r + 4:
            assert quick[0] == full[0]
            assert quick[2] == full[2]
            assert quick[1::2] == pytest.approx(full[1::2])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**40), x=st.floats(-500, 500), opens=st.booleans())
def test_networks_run_from_corner_to_corner_of_the_grains(seed: int, x: float, opens: bool) -> None:
    edge, size = outline(seed, 90.0, 0.04, 0.2, 14.0), 13.0
    lines = grain_network(seed, edge, size, x, 40.0, 5, 3.0, opens)
    i, j = (n.ravel() for n in np.mgrid[-9:10, -9:10] + np.array([x, 40.0])[:, None, None] // size)
    sites = np.array(
        [
            (
                a + 0.15 + 0.7 * unit(seed, int(a), int(b)),
                b + 0.15 + 0.7 * unit(seed + 1, int(a), int(b)),
            )
            for a, b in zip(i, j, strict=True)
        ]
    )
    assert len(lines) > 0
    for line in lines:
        corners = line if inside(line[-1:], edge, 0.5) else line[:-1]
        # A line that ends on the outline may be filled up with that end.
        corners = corners[[inside(p[None], edge, 0.5) for p in corners]]
        away = np.hypot(*((corners + [x, 40.0])[:, None] / size - sites).transpose(2, 0, 1))
        near = np.sort(away, axis=1)[:, :3]
        np.testing.assert_allclose(near, near[:, :1] * np.ones(3), atol=1e-6)
        assert opens or inside(line, edge, 3.0)


CELL: dict[str, Any] = {
    "width_um": 70.0,
    "margin_um": 2.0,
    "seed": 5,
    "geometry": {
        "habit": "plates",
        "thickness_um": 18.0,
        "d50_um": 3.0,
        "d_min_um": 1.0,
        "d_max_um": 6.0,
        "foil_um": 5.0,
        "separator_um": 4.0,
        "agglomerate_um": (3.0, 5.0),
        "cracked": 0.8,
        "grain_cracks": 0.5,
        "open_cracks": 0.5,
        "cleavage": 0.5,
        "crack_min_diameter_um": 1.5,
        "hollow": 0.2,
        "press": 0.1,
        "second": {"share": 0.3, "d50_um": 2.0, "d_max_um": 4.0},
    },
    "appearance": APPEARANCES["clean"],
    "microscope": {"pixel_nm": 60.0, "tile_shape": (256, 320), "overlap": 0.2},
}


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("habits") / "cell"
    make_phantom(out, PhantomSpec.model_validate(CELL), threads=1)
    return out / "truth"


def whole(truth: Path, name: str) -> np.ndarray:
    image = open_image(truth / "labels.zarr", name)
    return image.read(Window(0, image.shape[0], 0, image.shape[1]))


def test_tables_agree_with_the_labels(cell: Path) -> None:
    particles = read_table(cell / "particles.parquet", tables.PARTICLES)
    image = whole(cell, "particles")
    ids, sizes = np.unique(image[image > 0], return_counts=True)
    assert set(ids) == set(particles["particle"])
    counted = particles.set_index("particle")["area_filled_um2"].loc[ids] / 0.06**2
    np.testing.assert_allclose(counted, sizes, rtol=1e-9)
    ecd = np.sqrt(4 / np.pi * particles["area_filled_um2"])
    np.testing.assert_allclose(particles["ecd_um"], ecd)
    assert 0.15 < particles["second"].mean() < 0.8


def test_uncut_particles_hold_what_shows_of_their_outline(cell: Path) -> None:
    particles = read_table(cell / "particles.parquet", tables.PARTICLES)
    inner = particles[particles["complete"] & particles["zeta"].between(0.25, 0.75)]
    assert len(inner) > 20
    ratio = inner["area_filled_um2"] / inner["outline_area_um2"]
    assert ratio.median() == pytest.approx(1.0, abs=0.03)
    assert ratio.between(0.85, 1.15).mean() > 0.95


def test_joined_cracks_are_one_and_as_long_as_their_area_says(cell: Path) -> None:
    cracks = read_table(cell / "cracks.parquet", tables.CRACKS)
    image = whole(cell, "cracks")
    assert cracks["crack"].is_unique
    assert set(np.unique(image[image > 0])) == set(cracks["crack"])
    expected = (cracks["length_um"] * cracks["width_um"]).sum()
    assert cracks["area_um2"].sum() == pytest.approx(expected, rel=0.12)


def test_a_section_without_any_crack_has_an_empty_table(tmp_path: Path) -> None:
    geometry = {**CELL["geometry"], "cracked": 0.0, "hollow": 0.0, "voids": 0.0}
    make_phantom(tmp_path / "p", PhantomSpec.model_validate({**CELL, "geometry": geometry}))
    assert len(read_table(tmp_path / "p/truth/cracks.parquet", tables.CRACKS)) == 0


@pytest.mark.parametrize("name", sorted(CHEMISTRIES))
def test_every_chemistry_makes_a_window(name: str) -> None:
    spec = load_spec(None, {"geometry.foil": "none"}, "good", name)
    labels, grey = Scene(spec, 400, 400, alone=True).both(0, 0, 400, 400, STILL[:400])
    assert np.isin(labels.phases, OF_PARTICLES).mean() > 0.4
    assert grey.shape == (400, 400)
    assert np.isfinite(grey).all()
    # Without the change of foil it must make a whole section too.
    assert load_spec(None, {}, "clean", name).appearance.grain_contrast == 0
