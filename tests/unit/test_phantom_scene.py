from __future__ import annotations

import numpy as np
import pytest

from transect.phantom.appearance import APPEARANCES, Appearance
from transect.phantom.scene import Scene
from transect.phantom.spec import Geometry, PhantomSpec
from transect.phases import COATING, Phase

CLEAN = Appearance.model_validate(APPEARANCES["clean"])
STILL = np.zeros(4000, dtype=np.float32)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(PhantomSpec(appearance=CLEAN, seed=3), 2650, 9000)


def test_a_window_shows_the_same_wherever_it_is_cut(scene: Scene) -> None:
    whole = scene.grey(100.3, 500.7, 700, 900, STILL)
    part = scene.grey(300.3, 700.7, 200, 300, STILL)
    np.testing.assert_array_equal(whole[200:400, 200:500], part)


def test_textures_belong_to_the_place_too() -> None:
    textured = Scene(PhantomSpec(seed=3), 2650, 9000)
    whole = textured.grey(100.25, 400.5, 700, 900, STILL)
    part = textured.grey(300.25, 600.5, 200, 300, STILL)
    np.testing.assert_allclose(whole[200:400, 200:500], part, atol=1e-3)


def test_soft_edges_hold_the_areas_of_the_labels(scene: Scene) -> None:
    labels = scene.labels(0, 2000, 2650, 3000)
    grey = scene.grey(2000.0, 0.0, 2650, 3000, STILL)
    look = scene.spec.appearance
    middle = (look.grey_active + look.grey_binder) / 2
    coating = np.isin(labels.phases, COATING)
    solid = labels.phases == Phase.ACTIVE_MATERIAL
    assert abs((grey[coating] > middle).mean() - solid[coating].mean()) < 0.003
    # Well inside a phase, the grey level is that of the phase.
    assert np.median(grey[solid]) == look.grey_active
    assert np.median(grey[labels.phases == Phase.COLLECTOR]) == look.grey_foil_al
    assert np.median(grey[labels.phases == Phase.BINDER]) == look.grey_binder
    assert np.median(grey[labels.phases == Phase.PORE]) == look.grey_pore


def test_hard_edges_show_only_the_levels_of_phases() -> None:
    hard = Appearance.model_validate({**APPEARANCES["clean"], "soft_edges": False})
    scene = Scene(PhantomSpec(appearance=hard, seed=3), 2650, 9000)
    look = hard
    levels = {
        Phase.OUTSIDE: look.grey_outside,
        Phase.COLLECTOR: look.grey_foil_al,
        Phase.ACTIVE_MATERIAL: look.grey_active,
        Phase.BINDER: look.grey_binder,
        Phase.PORE: look.grey_pore,
        Phase.SEPARATOR: look.grey_separator,
        Phase.CRACK: look.grey_pore,
        Phase.VOID: look.grey_pore,
        Phase.GAP: look.grey_pore,
    }
    labels = scene.labels(0, 2000, 2650, 1500)
    grey = scene.grey(2000.0, 0.0, 2650, 1500, STILL)
    expected = np.zeros(256)
    for phase, level in levels.items():
        expected[phase] = level
    np.testing.assert_allclose(grey, expected[labels.phases])


def test_every_coating_pixel_lies_between_base_and_surface(scene: Scene) -> None:
    labels = scene.labels(0, 1000, 2650, 2000)
    rows = np.arange(2650)[:, None] + 0.5
    curves = labels.boundaries
    between = (rows > curves[2]) & (rows < curves[3]) | (rows > curves[6]) & (rows < curves[7])
    np.testing.assert_array_equal(np.isin(labels.phases, COATING), between)


def test_films_of_binder_close_surface_and_base(scene: Scene) -> None:
    labels = scene.labels(0, 1000, 2650, 2000)
    surface = np.ceil(labels.boundaries[2] - 0.5).astype(int)
    base = np.ceil(labels.boundaries[3] - 0.5).astype(int) - 1
    columns = np.arange(2000)
    for row in (surface, base):
        assert not (labels.phases[row, columns] == Phase.PORE).any()


@pytest.mark.parametrize("width", [1.0, 2.0, 4.0, 6.0])
def test_cracks_have_the_area_of_their_width_and_length(width: float) -> None:
    shape = Geometry(cracked=1.0, voids=0.0, crack_width_px=(width, width), cracks_max=3)
    scene = Scene(PhantomSpec(appearance=CLEAN, geometry=shape, seed=2), 2650, 9000)
    labels = scene.labels(0, 3000, 2650, 4000)
    counted = (labels.phases == Phase.CRACK).sum()
    lines = labels.objects.lines
    seen = (lines[..., 0] > 3000) & (lines[..., 0] < 7000)
    pieces = np.hypot(*np.moveaxis(np.diff(lines, axis=1), -1, 0))
    length = (pieces * (seen[:, 1:] & seen[:, :-1])).sum()
    wide = labels.objects.cracks[:, 1]
    ends = np.pi / 4 * (wide[seen.all(axis=1)] ** 2).sum()
    expected = (pieces * (seen[:, 1:] & seen[:, :-1]) * wide[:, None]).sum() + ends
    assert length > 1000
    assert counted == pytest.approx(expected, rel=0.05)


def test_binder_rises_towards_the_surface() -> None:
    shape = Geometry(binder_gradient=1.0, agglomerates_per_mm2=0.0)
    scene = Scene(PhantomSpec(appearance=CLEAN, geometry=shape), 2650, 9000)
    labels = scene.labels(0, 0, 2650, 6000)
    curves = labels.boundaries
    rows = np.arange(2650)[:, None] + 0.5
    zeta = (rows - curves[3]) / (curves[2] - curves[3])
    share = []
    for low in (0.05, 0.65):
        band = (zeta > low) & (zeta < low + 0.3)
        binder = (labels.phases[band] == Phase.BINDER).sum()
        share.append(binder / (binder + (labels.phases[band] == Phase.PORE).sum()))
    assert share[0] == pytest.approx(0.62 * 0.7, abs=0.1)
    assert share[1] == pytest.approx(0.62 * 1.3, abs=0.1)


def test_without_foil_the_frame_is_all_coating() -> None:
    scene = Scene(PhantomSpec(appearance=CLEAN, geometry=Geometry(foil="none")), 600, 1400)
    labels = scene.labels(0, 0, 600, 1400)
    assert np.isin(labels.phases, COATING).all()
    assert 0.4 < (labels.phases == Phase.ACTIVE_MATERIAL).mean() < 0.85
