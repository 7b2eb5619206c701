"""The global solve: robust, unbent, and honest about parts that nothing ties together."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transect.mosaic.align.place import fit_stage, identity, place
from transect.mosaic.align.solve import Graph, least_squares, solve
from transect.mosaic.layout import Layout, neighbours

STEP_PX = 1843.0


def made_grid(rows, columns, seed, *, outliers=0.03, noise_px=0.05):
    """True places, the stage's, pair shifts of which some are false, and which."""
    random = np.random.default_rng(seed)
    at = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    true = at * STEP_PX + random.normal(0, 15, at.shape)
    turn = np.deg2rad(0.3)
    stage = at * STEP_PX @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    number = np.arange(rows * columns).reshape(rows, columns)
    a = np.r_[number[:, :-1].ravel(), number[:-1].ravel()]
    b = np.r_[number[:, 1:].ravel(), number[1:].ravel()]
    graph = Graph(rows * columns, a, b)
    se = np.full((len(a), 2), noise_px)
    shift = graph.difference(true) + random.normal(0, noise_px, (len(a), 2))
    false = random.random(len(a)) < outliers
    shift[false] += random.uniform(-60, 60, (int(false.sum()), 2))
    # A false match correlates less than a true one does.
    vote = np.where(false, random.uniform(0.05, 0.2, len(a)), random.uniform(0.3, 1.0, len(a)))
    return true, stage, graph, shift, se, vote, false


@pytest.mark.parametrize(("rows", "columns"), [(3, 800), (40, 400)])
def test_a_wide_grid_with_false_pairs_is_solved_straight_and_fast(rows, columns):
    true, stage, graph, shift, se, vote, false = made_grid(rows, columns, seed=1)
    start = time.perf_counter()
    found = solve(graph, shift, se, vote, stage)
    seconds = time.perf_counter() - start

    missed = graph.difference(found.positions) - graph.difference(true)
    away = found.positions - true
    away -= np.median(away, axis=0)
    assert np.hypot(*missed.T).max() <= 0.3
    assert np.median(np.hypot(*away.T)) <= 1.0
    assert not found.trust[false].any() or found.trust[false].max() < 0.1
    assert seconds < 5


def test_exact_shifts_are_met_exactly_whatever_the_stage_says():
    true, stage, graph, _, se, vote, _ = made_grid(3, 40, seed=2, outliers=0)
    found = solve(graph, graph.difference(true), se, vote, stage + 500 * np.sin(true / 9e3))
    assert np.abs(found.residual).max() < 1e-4


def test_three_weak_pairs_outvote_a_sharp_false_one():
    true = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100]])
    graph = Graph(4, np.array([0, 0, 1, 2]), np.array([1, 2, 3, 3]))
    shift = graph.difference(true)
    # Tile 3 is tied by two pairs; a third, sharper, tie is false.
    graph = Graph(4, np.r_[graph.a, 0], np.r_[graph.b, 3])
    shift = np.r_[shift, [[140.0, 60.0]]]
    se = np.array([[0.1, 0.1]] * 4 + [[0.01, 0.01]])
    found = solve(graph, shift, se, np.ones(5), true)
    assert found.trust[-1] == 0
    assert np.abs(found.positions - found.positions[0] - true).max() < 0.01


@given(st.integers(2, 30), st.integers(0, 2**31), st.floats(-1e5, 1e5, allow_nan=False))
@settings(max_examples=25, deadline=None)
def test_least_squares_meets_any_consistent_tree(n, seed, size):
    random = np.random.default_rng(seed)
    values = random.uniform(-1, 1, n) * size
    b = np.arange(1, n)
    a = np.array([random.integers(0, k) for k in b])
    graph = Graph(n, a, b)
    found = least_squares(graph, graph.difference(values), np.ones(n - 1), np.full(n, 1e-9))
    assert np.abs(graph.difference(found) - graph.difference(values)).max() <= 1e-5 * (
        1 + abs(size)
    )


def test_edges_that_are_not_believed_tie_nothing_together():
    graph = Graph(5, np.array([0, 1, 3]), np.array([1, 2, 4]))
    part = graph.components(np.array([True, True, True]))
    assert part.tolist() == [0, 0, 0, 1, 1]
    part = graph.components(np.array([False, True, False]))
    assert part.tolist() == [1, 0, 0, 2, 3]


def test_the_stage_is_calibrated_by_the_tiles_that_are_placed():
    true, stage, *_ = made_grid(3, 100, seed=3, outliers=0)
    part = np.zeros(300, dtype=np.int64)
    tied = np.ones(300, dtype=np.bool_)
    blank = [17, 150, 299]
    part[blank], tied[blank] = [1, 2, 3], False
    solved = true + 777.0
    solved[blank] += 5000.0
    found = place(stage, np.zeros_like(stage), solved, part, tied, identity())
    away = found.positions - true
    away -= np.median(away, axis=0)
    assert found.model.rotation_deg == pytest.approx(-0.3, abs=0.03)
    assert found.model.error_px == pytest.approx(15, rel=0.15)
    assert np.abs(away[tied]).max() < 1e-6
    # A tile without pairs is as good as the stage's own error, not worse.
    assert np.abs(away[blank]).max() < 60
    assert found.positions.min() == 0


def test_one_row_of_tiles_turns_both_axes():
    stage = np.stack([np.arange(1, 30) * 1000.0, np.zeros(29)], axis=1)
    turn = np.deg2rad(0.5)
    turned = stage @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    model = fit_stage(stage, np.zeros_like(stage), turned)
    assert model.apply(np.array([[0.0, 1000.0]]), np.zeros((1, 2)))[0] == pytest.approx(
        [-1000 * np.sin(turn), 1000 * np.cos(turn)], abs=1.5
    )


def layout_of(stage):
    return Layout(
        tuple(map(str, range(len(stage)))), np.asarray(stage, float), (1000, 1000),
        np.ones(len(stage), np.bool_),
    )  # fmt: skip


def pairs_of(stage):
    pairs = neighbours(layout_of(stage))
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), pairs.axis.tolist(), strict=True))


def test_neighbours_are_beside_and_below_never_diagonal():
    assert pairs_of([(0, 0), (900, 10), (-5, 900), (905, 890)]) == [
        (0, 1, 0), (0, 2, 1), (1, 3, 1), (2, 3, 0),
    ]  # fmt: skip


def test_a_row_shifted_by_half_a_tile_keeps_both_tiles_below():
    assert pairs_of([(0, 0), (450, 900), (-450, 900)]) == [(0, 1, 1), (0, 2, 1), (2, 1, 0)]


def test_with_half_a_tile_of_overlap_the_next_but_one_is_no_neighbour():
    assert pairs_of([(0, 0), (500, 0), (1000, 0)]) == [(0, 1, 0), (1, 2, 0)]


def test_a_single_tile_has_no_neighbours():
    assert pairs_of([(0, 0)]) == []
