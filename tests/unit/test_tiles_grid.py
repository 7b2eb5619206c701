"""Rows and columns come out right whatever the stage did."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transect.tiles.grid import gaps, rows_and_columns

TILE = (32.0, 24.0)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 6),
    columns=st.integers(1, 12),
    overlap=st.floats(0.0, 0.4),
    angle=st.floats(-2.0, 2.0),
    missing=st.floats(0.0, 0.3),
    seed=st.integers(0, 10_000),
)
def test_grid_is_found(
    rows: int, columns: int, overlap: float, angle: float, missing: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    cells = np.array([(r, c) for r in range(rows) for c in range(columns)])
    keep = rng.random(len(cells)) >= missing
    keep[0] = keep[-1] = True
    if not (
        set(cells[keep][:, 0]) == set(range(rows)) and set(cells[keep][:, 1]) == set(range(columns))
    ):
        return
    cells = rng.permutation(cells[keep])
    step = np.array(TILE) * (1 - overlap)
    turn = np.deg2rad(angle)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    # 3 % of a tile: 60 px of 2048, the worst of the real grids.
    centres = (cells[:, ::-1] * step) @ spin + rng.uniform(-0.03, 0.03, cells.shape) * TILE + 5e3
    found, steps = rows_and_columns(centres, TILE)
    np.testing.assert_array_equal(found, cells)
    assert steps.shape == (2, 2)


def test_a_wide_mosaic_that_is_turned_keeps_its_rows() -> None:
    rng = np.random.default_rng(2)
    cells = np.array([(r, c) for r in range(3) for c in range(800)])
    cells = cells[rng.random(len(cells)) > 0.05]
    # Half a degree over 800 columns lifts the last one by nine rows.
    x, y = cells[:, 1] * 28.8, cells[:, 0] * 21.6
    centres = np.stack([x, y + 0.0087 * x], axis=1) + rng.normal(0, 0.4, cells.shape)
    np.testing.assert_array_equal(rows_and_columns(centres, TILE)[0], cells)


def test_rows_where_most_of_the_middle_is_missing() -> None:
    cells = np.array([(0, c) for c in range(5)] + [(1, 2), (1, 3), (2, 0), (2, 1), (2, 4)])
    rng = np.random.default_rng(4)
    centres = cells[:, ::-1] * np.array([28.8, 21.6]) + rng.normal(0, 0.4, cells.shape)
    np.testing.assert_array_equal(rows_and_columns(centres, TILE)[0], cells)


def test_one_tile_and_one_pair() -> None:
    assert rows_and_columns(np.array([[3.0, 4.0]]), TILE)[0].tolist() == [[0, 0]]
    pair = np.array([[0.0, 0.0], [0.3, -21.0]])
    assert rows_and_columns(pair, TILE)[0].tolist() == [[1, 0], [0, 0]]


def test_gaps_of_a_rectangle_and_of_an_outline() -> None:
    full = [(r, c) for r in range(3) for c in range(5)]
    cells = np.array([cell for cell in full if cell not in {(0, 0), (1, 2)}])
    assert gaps(cells) == [(0, 0), (1, 2)]
    # A cross is no rectangle with missing corners.
    cross = np.array([(4, c) for c in range(9)] + [(r, 4) for r in range(9) if r != 4])
    assert gaps(cross) == []
