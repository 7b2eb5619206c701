"""The grid of windows and the blocks: every pixel once, whatever the number of blocks."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from transect.parallel import MOSAIC_SHARD, WINDOW, Window, block_columns, run, windows

SHAPES = st.tuples(st.integers(1, 9000), st.integers(1, 50_000))


@given(shape=SHAPES, blocks=st.integers(1, 9))
def test_blocks_share_out_the_windows(shape: tuple[int, int], blocks: int) -> None:
    found: list[Window] = []
    edge = 0
    for block in range(blocks):
        first, last = block_columns(shape[1], block, blocks)
        assert first == edge or first >= last
        assert first % MOSAIC_SHARD == 0 or first >= last
        edge = max(edge, last)
        if last > first:
            found += windows(shape, first, last)
    assert edge == shape[1]
    order = sorted(found, key=lambda w: (w.row0, w.col0))
    assert order == windows(shape)
    assert sum(w.shape[0] * w.shape[1] for w in order) == shape[0] * shape[1]
    assert all(w.row0 % WINDOW == 0 and w.col0 % WINDOW == 0 for w in order)


@given(shape=SHAPES, halo=st.integers(0, 300))
def test_halo_is_cut_off_again(shape: tuple[int, int], halo: int) -> None:
    window = windows(shape)[-1]
    outer = window.padded(halo, shape)
    cut = np.zeros(outer.shape, np.uint8)[window.inside(outer)]
    assert cut.shape == window.shape
    assert outer.row0 >= 0
    assert outer.row1 <= shape[0]


def test_results_come_in_order_and_blas_has_one_thread() -> None:
    seen: set[int] = set()

    def work(number: int) -> tuple[int, int]:
        seen.add(threading.get_ident())
        blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
        return number, max(blas, default=1)

    np.ones((4, 4)) @ np.ones((4, 4))
    results = list(run(work, range(50), 2, "numbers"))
    assert [number for number, _ in results] == list(range(50))
    assert {threads for _, threads in results} == {1}
    assert threading.get_ident() not in seen or len(seen) > 1


def test_one_thread_works_in_order() -> None:
    started: list[int] = []
    for _ in run(started.append, range(40), 1, "numbers"):
        pass
    assert started == list(range(40))


def test_nothing_runs_on_after_a_failure() -> None:
    running = threading.Event()
    ended: list[int] = []

    def work(number: int) -> None:
        if number == 1:
            running.wait(5)
            raise ZeroDivisionError
        running.set()
        time.sleep(0.2)
        ended.append(number)

    with pytest.raises(ZeroDivisionError):
        list(run(work, [0, 1], 2, "numbers"))
    assert ended == [0]
