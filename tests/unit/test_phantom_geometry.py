from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transect.phantom.curves import BOUNDARIES, make_layers
from transect.phantom.hashing import patch_noise, patch_quantiles, unit
from transect.phantom.packing import nearest_two, pack
from transect.phantom.scene import Scene
from transect.phantom.shapes import crack_line, inside, outline, outline_area
from transect.phantom.spec import Geometry, PhantomSpec


def test_boundaries_are_ordered_and_thickness_is_theirs() -> None:
    spec = PhantomSpec(seed=4, geometry=Geometry(delamination=0.4, tilt_deg=2.0))
    layers = make_layers(spec, 3000, 9000)
    x = np.arange(0.5, 9000)
    rows = layers.boundaries(x)
    assert rows.shape == (len(BOUNDARIES), x.size)
    assert (np.diff(rows, axis=0) >= 0).all()
    measured = (rows[3] - rows[2]) * np.cos(np.radians(2.0)) * spec.px_um
    expected = layers.thickness_px("a", x) * spec.px_um
    np.testing.assert_allclose(measured, expected, rtol=1e-12)


def test_thickness_has_the_mean_and_spread_asked_for() -> None:
    spec = PhantomSpec(geometry=Geometry(thickness_um=40.0, thickness_variation=0.05))
    x = np.arange(0.5, 4_000_000, 97.0)
    found = make_layers(spec, 3000, 9000).thickness_px("a", x) * spec.px_um
    assert found.mean() == pytest.approx(40.0, rel=2e-3)
    assert found.std() / found.mean() == pytest.approx(0.05, rel=0.03)


def test_a_layer_is_the_same_in_every_frame_of_x() -> None:
    layers = make_layers(PhantomSpec(geometry=Geometry(delamination=0.3)), 3000, 9000)
    whole = layers.boundaries(np.arange(0.5, 2000))
    part = layers.boundaries(np.arange(700.5, 900))
    np.testing.assert_array_equal(whole[:, 700:900], part)


def test_gaps_cover_the_share_asked_for() -> None:
    spec = PhantomSpec(geometry=Geometry(delamination=0.3))
    gaps = make_layers(spec, 3000, 9000).gaps["a"]
    found = gaps.between(0.0, 2_000_000.0)
    assert sum(end - start for start, end, _ in found) / 2e6 == pytest.approx(0.3, abs=0.02)
    for start, end, height in found[:20]:
        middle = np.array([(start + end) / 2])
        assert gaps.height(middle)[0] == pytest.approx(height)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), dense=st.floats(0.2, 0.75))
def test_packed_discs_never_overlap_and_stay_inside(seed: int, dense: float) -> None:
    width, tall = 600.0, 400.0
    limits = np.array([np.zeros(601), np.full(601, tall)])
    radii = np.sort([12 + 40 * unit(seed, n, 9) for n in range(int(dense * 90))])[::-1]
    fixed = np.array([[-10.0, 200.0, 40.0], [620.0, 100.0, 45.0]])
    discs = pack(radii, fixed, 0.0, width, limits, 0.0, seed)
    assert len(discs) > 0
    everything = np.concatenate([fixed, discs[:, :3]])
    for n, (x, y, r) in enumerate(discs[:, :3]):
        others = np.delete(everything, n + len(fixed), axis=0)
        _, gap, _, _ = nearest_two(others, len(others), x, y, r)
        assert gap >= -0.03
        assert r - 1e-9 <= y <= tall - r + 1e-9
        assert 0 <= x < width


def test_most_particles_touch_another() -> None:
    scene = Scene(PhantomSpec(), 2600, 9000)
    discs = scene.strips.discs(0, 2)
    touching = [
        nearest_two(np.delete(discs[:, :3], n, axis=0), len(discs) - 1, *discs[n, :3])[1] < 0.1
        for n in range(len(discs))
    ]
    assert np.mean(touching) > 0.85


def test_a_strip_does_not_depend_on_which_was_made_first() -> None:
    spec = PhantomSpec(seed=9)
    first, second = Scene(spec, 2600, 90000).strips, Scene(spec, 2600, 90000).strips
    late = [second.strip(k) for k in (7, 3, 5, 4)][-1]
    early = first.strip(4)
    for name in ("discs", "ids", "edges", "voids", "cracks", "lines"):
        np.testing.assert_array_equal(getattr(early, name), getattr(late, name))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**40), r=st.floats(5, 300))
def test_outlines_close_and_have_the_mean_radius(seed: int, r: float) -> None:
    edge = outline(seed, r, 0.04, 0.3, 14.0)
    assert edge.min() > 0.5 * r
    assert float(edge.mean()) == pytest.approx(r, rel=1e-4)
    assert abs(float(edge[0] - edge[-1])) < 0.12 * r
    sectors = 0.5 * edge.astype(float) ** 2 * (2 * np.pi / edge.size)
    assert outline_area(edge) == pytest.approx(sectors.sum(), rel=5e-3)


def test_cracks_stay_in_their_particle_and_apart() -> None:
    scene = Scene(PhantomSpec(geometry=Geometry(cracked=1.0)), 2600, 9000)
    objects = scene.strips.strip(1)
    assert len(objects.cracks) > 50
    for (n, width, crack), line in zip(objects.cracks, objects.lines, strict=True):
        k = int(n)
        edge = objects.edges[objects.edge_start[k] : objects.edge_start[k + 1]]
        assert inside(line - objects.discs[k, :2], edge, width / 2)
        assert int(crack) // 8 == objects.ids[k]


def test_binder_noise_exceeds_its_quantiles_as_often_as_said() -> None:
    levels = patch_quantiles(3, np.array([0.2, 0.5, 0.8]))
    spots = [(unit(5, n, 1) * 3000, unit(5, n, 2) * 3000) for n in range(4000)]
    found = np.array([patch_noise(3, x, y) for x, y in spots])
    for level, share in zip(levels, (0.2, 0.5, 0.8), strict=True):
        assert (found > level).mean() == pytest.approx(share, abs=0.03)


def test_crack_lines_differ_between_seeds() -> None:
    edge = outline(1, 80.0, 0.0, 0.0, 14.0)
    assert not np.array_equal(crack_line(1, edge, 80.0, 10.0), crack_line(2, edge, 80.0, 10.0))
