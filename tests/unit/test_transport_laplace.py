"""Diffusion through windows whose conductance is known in closed form, or by a direct solver."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from support.foam import foam
from transect.measure.transport.laplace import NO_PATH, NO_PHASE, diffuse
from transect.measure.transport.paths import connected, prune

EXACT = 1e-5
"""What the solver's tolerance leaves of the flow."""


def direct(conductivity: np.ndarray) -> float:
    """Effective conductivity by a direct solver, of pixels that are connected to both faces."""
    rows, columns = conductivity.shape
    node = np.arange(conductivity.size).reshape(rows, columns)
    pairs = [(node[1:], node[:-1]), (node[:, 1:], node[:, :-1])]
    a = np.concatenate([one.ravel() for one, _ in pairs])
    b = np.concatenate([other.ravel() for _, other in pairs])
    flat = conductivity.ravel()
    total = flat[a] + flat[b]
    weight = np.divide(2 * flat[a] * flat[b], total, out=np.zeros(len(a)), where=total > 0)
    links = sparse.coo_matrix((weight, (a, b)), (flat.size, flat.size))
    links = (links + links.T).tocsr()
    inlet, ground = np.zeros((rows, columns)), np.zeros((rows, columns))
    inlet[0] = 2 * conductivity[0]
    ground[-1] = 2 * conductivity[-1]
    keep = np.flatnonzero(connected(conductivity > 0))
    diagonal = np.asarray(links.sum(axis=1)).ravel() + (inlet + ground).ravel()
    matrix = (sparse.diags(diagonal) - links)[keep][:, keep].tocsc()
    supply = inlet.ravel()[keep]
    return float((supply * (1 - spsolve(matrix, supply))).sum()) * rows / columns


@pytest.mark.parametrize("width", [1, 2, 7])
def test_straight_channels_have_no_tortuosity(width: int) -> None:
    mask = np.zeros((61, 40), bool)
    mask[:, 3 : 3 + width] = mask[:, 20 : 20 + width] = True
    found = diffuse(mask)
    assert found.tau_factor == pytest.approx(1.0, rel=EXACT)
    assert found.relative == pytest.approx(2 * width / 40, rel=EXACT)
    assert found.isolated == 0


@pytest.mark.parametrize(("channels", "width"), [(700, 1), (300, 3)])
def test_many_ways_side_by_side_take_no_longer(channels: int, width: int) -> None:
    mask = np.zeros((300, channels * (width + 1)), bool)
    mask.reshape(300, channels, width + 1)[:, :, :width] = True
    found = diffuse(mask)
    assert found.tau_factor == pytest.approx(1.0, rel=EXACT)
    assert found.iterations < 20


def test_a_full_window_conducts_like_the_bulk() -> None:
    assert diffuse(np.ones((333, 257), bool)).relative == pytest.approx(1.0, rel=EXACT)


@pytest.mark.parametrize(("turns", "edge"), [(3, 8), (5, 20)])
def test_a_path_one_pixel_wide_has_the_square_of_its_length(turns: int, edge: int) -> None:
    mask = np.zeros((4 * turns + 1, edge), bool)
    for turn in range(turns):
        mask[4 * turn] = True
        mask[4 * turn : 4 * turn + 3, 0] = True
        mask[4 * turn + 2] = True
        mask[4 * turn + 2 : 4 * turn + 5, -1] = True
    mask[0, 1:] = mask[-1, :-1] = False
    length = int(mask.sum())
    assert diffuse(mask).tau_factor == pytest.approx((length / len(mask)) ** 2, rel=EXACT)


def test_layers_one_after_another_add_their_resistances() -> None:
    values = np.array([1.0, 0.2, 0.05, 3.0])
    medium = np.repeat(values, 25)[:, None] * np.ones((1, 30))
    expected = 1 / np.mean(1 / values)
    # Closed form to far better than the 0.5 % that a laminate may be wrong by.
    assert diffuse(medium).relative == pytest.approx(expected, rel=EXACT)


def test_layers_side_by_side_add_their_conductances() -> None:
    values = np.array([1.0, 0.2, 0.05, 3.0])
    medium = np.repeat(values, 25)[None] * np.ones((30, 1))
    assert diffuse(medium).relative == pytest.approx(values.mean(), rel=EXACT)


@pytest.mark.parametrize("slope", [0.5, 1.0])
def test_an_inclined_channel_is_longer_and_narrower(slope: float) -> None:
    def resistance(rows: int, width: int = 120) -> float:
        r, c = np.mgrid[:rows, : int(slope * rows) + width + 2]
        along = c - np.floor(slope * (r + 0.5)) - 1
        mask = (along >= 0) & (along < width)
        return rows / mask.shape[1] / diffuse(mask).relative * width

    # The difference of two leaves out the ends, where the flow turns. What is left is that of
    # the steps along the walls, which dead water fills: half a pixel on either side.
    per_row = (resistance(600) - resistance(300)) / 300
    assert per_row == pytest.approx(1 + slope**2, rel=0.012)


def test_an_array_of_round_obstacles_conducts_as_rayleigh_says() -> None:
    radius, pitch = 120, 400
    r, c = np.mgrid[:pitch, :pitch] + 0.5 - pitch / 2
    mask = np.hypot(r, c) >= radius
    f = np.pi * radius**2 / pitch**2
    # Perrins, McKenzie and McPhedran 1979, for insulating cylinders.
    closed = 1 - 2 * f / (1 + f - 0.305827 * f**4 / (1 - 1.402958 * f**8) - 0.013362 * f**8)
    assert diffuse(mask).relative == pytest.approx(closed, rel=0.005)


def test_a_checkerboard_conducts_as_the_geometric_mean() -> None:
    squares = np.kron(np.array([[1, 0], [0, 1]]), np.ones((128, 128)))
    medium = np.where(squares > 0, 4.0, 1.0)
    assert diffuse(medium).relative == pytest.approx(2.0, rel=0.005)


def test_pixels_that_touch_at_corners_do_not_conduct() -> None:
    found = diffuse(np.indices((20, 20)).sum(axis=0) % 2 == 0)
    assert (found.relative, found.tau_factor, found.isolated) == (0.0, np.inf, 1.0)
    assert found.note == NO_PATH


def test_without_a_path_the_answer_is_infinite_at_once() -> None:
    mask = np.ones((300, 200), bool)
    mask[150] = False
    found = diffuse(mask)
    assert found.tau_factor == np.inf
    assert (found.isolated, found.iterations, found.note) == (1.0, 0, NO_PATH)


def test_without_the_phase_there_is_no_answer() -> None:
    found = diffuse(np.zeros((30, 20), bool))
    assert np.isnan(found.tau_factor)
    assert np.isnan(found.isolated)
    assert found.note == NO_PHASE


def test_islands_and_dead_ends_count_as_area_only() -> None:
    mask = np.zeros((40, 60), bool)
    mask[:, 10:20] = True
    alone = diffuse(mask)
    mask[20, 20:50] = True  # A dead end.
    mask[5:10, 30:40] = True  # An island.
    found = diffuse(mask)
    assert found.isolated == pytest.approx(50 / mask.sum())
    assert found.relative == pytest.approx(alone.relative, rel=EXACT)


def test_pruning_leaves_no_dead_end() -> None:
    mask = connected(foam((120, 90), 5, 0.7, 1.0))
    left = mask.copy()
    prune(left)
    ways = ndimage.convolve(left.astype(int), [[0, 1, 0], [1, 0, 1], [0, 1, 0]], mode="constant")
    ways[0] += 1
    ways[-1] += 1
    assert left.any()
    assert (ways[left] > 1).all()


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 2**31),
    share=st.floats(0.5, 1.0),
    grain=st.floats(0.4, 4.0),
)
def test_any_window_agrees_with_a_direct_solver(
    shape: tuple[int, int], seed: int, share: float, grain: float
) -> None:
    mask = foam(shape, seed, share, grain)
    found = diffuse(mask)
    if found.relative:
        assert found.relative == pytest.approx(direct(mask.astype(float)), rel=EXACT)
        assert found.iterations < 30
    else:
        assert not mask.any() or not connected(mask).any()


def test_any_conductivities_agree_with_a_direct_solver() -> None:
    medium = np.exp(np.random.default_rng(7).normal(0, 2, (90, 110)))
    assert diffuse(medium).relative == pytest.approx(direct(medium), rel=EXACT)


def test_mirror_images_conduct_alike() -> None:
    mask = foam((150, 130), 3, 0.75, 3.0)
    expected = diffuse(mask)
    assert expected.relative > 0
    for mirrored in (mask[::-1], mask[:, ::-1]):
        found = diffuse(mirrored)
        assert found.relative == pytest.approx(expected.relative, rel=EXACT)
        assert found.isolated == expected.isolated


def test_threads_do_not_change_a_bit() -> None:
    masks = [foam((100, 100), seed, 0.8, 2.0) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(diffuse, masks)) == [diffuse(mask) for mask in masks]
