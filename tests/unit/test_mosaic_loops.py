"""Pairs that a loop checks, and tiles that hang on pairs that none does."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.made_grid import made_grid
from transect.mosaic.align.loops import hanging, in_loops
from transect.mosaic.align.solve import Graph
from transect.mosaic.frames import seams_frame
from transect.mosaic.layout import Layout
from transect.mosaic.steps import register as command


def graph_of(n: int, edges: list[tuple[int, int]]) -> Graph:
    a, b = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    return Graph(n, a, b)


def ladder(columns: int, rows: int = 2, first: int = 0) -> list[tuple[int, int]]:
    number = first + np.arange(rows * columns).reshape(rows, columns)
    across = zip(number[:, :-1].ravel().tolist(), number[:, 1:].ravel().tolist(), strict=True)
    down = zip(number[:-1].ravel().tolist(), number[1:].ravel().tolist(), strict=True)
    return [*across, *down]


def test_a_ladder_checks_all_its_pairs():
    graph = graph_of(14, ladder(7))
    looped = in_loops(graph)
    assert looped.all()
    assert not hanging(graph, looped).any()


def test_a_chain_checks_none():
    graph = graph_of(9, ladder(9, rows=1))
    looped = in_loops(graph)
    assert not looped.any()
    # All parts are alike: the first tile is the one that the others hang on.
    assert hanging(graph, looped).tolist() == [False] + [True] * 8


def test_two_ladders_joined_by_one_pair_leave_only_that_unchecked():
    edges = [*ladder(4), (3, 8), *ladder(6, first=8)]
    graph = graph_of(20, edges)
    looped = in_loops(graph)
    assert [edge for edge, fine in zip(edges, looped, strict=True) if not fine] == [(3, 8)]
    assert np.flatnonzero(hanging(graph, looped)).tolist() == list(range(8))


def test_islands_do_not_hang_and_two_pairs_of_the_same_tiles_check_each_other():
    graph = graph_of(7, [(0, 1), (1, 0), (3, 4), (4, 5), (5, 3)])
    looped = in_loops(graph)
    assert looped.all()
    assert not hanging(graph, looped).any()
    assert in_loops(graph_of(3, [])).shape == (0,)


@given(st.integers(2, 9), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=16))
@settings(max_examples=200, deadline=None)
def test_a_pair_is_checked_when_its_ends_stay_tied_without_it(n, drawn):
    edges = [(a % n, b % n) for a, b in drawn if a % n != b % n]
    graph = graph_of(n, edges)
    for number, fine in enumerate(in_loops(graph)):
        part = graph.components(np.arange(len(edges)) != number)
        assert fine == (part[graph.a[number]] == part[graph.b[number]])


def test_twenty_thousand_tiles_take_less_than_a_second():
    graph = graph_of(20_000, ladder(500, rows=40))
    start = time.perf_counter()
    assert in_loops(graph).all()
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(("rows", "checked"), [(2, True), (1, False)])
def test_seams_say_whether_they_are_checked(rows, checked):
    grid = made_grid(5, rows, 3)
    found = grid.register()
    layout = Layout(tuple(t.tile for t in grid.entries), grid.stage, (320, 400), grid.usable)
    seams = seams_frame(layout, found, ["BSE"] * len(found.seams.pairs))
    assert seams["accepted"].all()
    assert (seams["checked"] == checked).all()
    assert len(found.unchecked_tiles) == (0 if checked else 2)


def test_tiles_that_hang_are_named_in_one_warning(caplog):
    found = made_grid(5, 1, 9).register()
    with caplog.at_level("WARNING", logger="transect"):
        command._tell(found, [f"t{n}" for n in range(9)])
    said = [r.getMessage() for r in caplog.records if "hang on" in r.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("8 of 9 tiles hang on seams that no loop of seams checks")
    assert said[0].endswith("t1, t2, t3, t4, t5, t6 and 2 more")
