"""Agglomerates: lumps count, webs do not, chunks do not matter."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pandas as pd
import pytest

from transect.measure.agglomerates import agglomerates
from transect.phases import Phase


def _section() -> np.ndarray:
    """Three lumps of 12, 10 and 5 um on a web 1 um wide, in samples of 0.25 um."""
    rows, columns = np.mgrid[:200, :400] * 0.25
    phases = np.full((200, 400), Phase.ACTIVE_MATERIAL, np.uint8)
    phases[(rows % 8 < 1) | (columns % 9 < 1)] = Phase.BINDER
    for y, x, diameter in ((20, 30, 12.0), (25, 64, 10.0), (36, 84, 5.0)):
        phases[(rows - y) ** 2 + (columns - x) ** 2 < diameter**2 / 4] = Phase.BINDER
    return phases


@pytest.mark.parametrize("chunk", [400, 150])
def test_lumps_are_counted_and_sized(chunk: int) -> None:
    found = agglomerates(da.from_array(_section(), chunks=chunk), 0.25, 8.0)
    assert found["size_um"].tolist() == pytest.approx([12.0, 10.0], rel=0.05)
    assert found["row"].tolist() == pytest.approx([20 / 0.25, 25 / 0.25], abs=1.5)
    assert found["column"].tolist() == pytest.approx([30 / 0.25, 64 / 0.25], abs=1.5)
    width = (found["column1"] - found["column0"]) * 0.25
    assert width.tolist() == pytest.approx([12.0, 10.0], abs=0.8)
    whole = agglomerates(da.from_array(_section(), chunks=(200, 400)), 0.25, 8.0)
    pd.testing.assert_frame_equal(found, whole)


def test_web_alone_is_no_agglomerate() -> None:
    phases = _section()
    phases[:, 200:] = Phase.PORE
    phases[60:110, 90:150] = Phase.PORE
    assert agglomerates(da.from_array(phases, chunks=200), 0.25, 8.0).empty


def test_no_binder_no_agglomerate() -> None:
    empty = da.zeros((100, 100), dtype=np.uint8, chunks=50)
    assert agglomerates(empty, 0.25, 8.0).empty


def test_a_section_smaller_than_the_disc_holds_none() -> None:
    binder = da.full((44, 60), Phase.BINDER, dtype=np.uint8, chunks=44)
    assert agglomerates(binder, 0.02, 8.0).empty
