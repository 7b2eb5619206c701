"""The step of transport: its files, what comes of them in the metrics, and wrong input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.sections import NO_LUMPS, PX_UM, SETTINGS, Labels, bare_lines, partials_of
from transect.errors import StorageError
from transect.measure.joined import Joined
from transect.measure.partials import merge
from transect.measure.section import section_tables
from transect.measure.transport.indices import INDICES, NO_PATH, NO_WINDOW
from transect.measure.transport.section import transport_of
from transect.measure.transport.tables import read_transport, write_transport
from transect.parallel import windows
from transect.phases import Phase
from transect.statistics.registry import REGISTRY
from transect.storage.images import Image, open_image
from transect.storage.stores import new_store

SHAPE = (400, 2400)
KEYS = {"batch": "b", "cell": "c", "section": "s"}


def stored(folder: Path, phases: np.ndarray) -> Image:
    with new_store(folder / "labels.zarr", recipe=1, inputs={}) as store:
        image = store.image("phases", phases.shape, np.uint8, PX_UM, kind="labels")
        for window in windows(phases.shape):
            image.write(window.row0, window.col0, phases[window.slices])
    return open_image(folder / "labels.zarr", "phases")


def laminate(share: float) -> np.ndarray:
    """Pores straight through a coating, of a share of its width."""
    # Windows end within a pore: a chord that starts at a border would have one end only.
    column = (np.arange(SHAPE[1]) + 5) % 40 < 40 * share
    return np.broadcast_to(
        np.where(column, int(Phase.PORE), int(Phase.BINDER)).astype(np.uint8), SHAPE
    ).copy()


def metrics_of(phases: np.ndarray, folder: Path) -> pd.DataFrame:
    """Metrics of a section that is all coating, transport written and read between."""
    lines = bare_lines(SHAPE)
    found = transport_of(stored(folder, phases), lines)
    write_transport(folder / "transport", found, {})
    labels = Labels(phases, np.zeros(SHAPE, np.uint64), np.full(SHAPE, 100, np.uint8))
    merged = merge(partials_of(labels, lines, 2048))
    joined = Joined(KEYS, merged, lines, SHAPE, SETTINGS, 1.0, np.empty((0, 4)))
    tables = section_tables(joined, NO_LUMPS, read_transport(folder / "transport"))
    assert set(INDICES) <= set(tables["metrics"]["metric"])
    return tables["metrics"].set_index("metric")


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_laminate_conducts_as_its_share_of_pores(share: float, tmp_path: Path) -> None:
    found = metrics_of(laminate(share), tmp_path)["value"]
    assert found["tau_factor_2d"] == pytest.approx(1.0, rel=0.005)
    assert found["tau_geodesic_z"] == pytest.approx(1.0, rel=0.005)
    assert found["tau_bruggeman"] == pytest.approx(share**-0.5, rel=0.005)
    assert found["chord_x_um"] == pytest.approx(40 * share * PX_UM, rel=0.005)
    assert found["nonpercolating_fraction_2d"] == 0.0
    assert found["pore_d90_um"] == pytest.approx(40 * share * PX_UM, rel=0.02)


def test_a_film_shuts_all_paths_and_the_note_says_so(tmp_path: Path) -> None:
    phases = laminate(0.5)
    phases[200:204] = Phase.BINDER
    found = metrics_of(phases, tmp_path)
    for name in ("tau_factor_2d", "tau_geodesic_z"):
        assert np.isnan(found.loc[name, "value"])
        assert found.loc[name, "note"] == f"{NO_PATH} in 6 windows"
        assert found.loc[name, "n"] == 0
    assert found.loc["nonpercolating_windows_2d", "value"] == 1.0
    assert found.loc["chord_z_um", "value"] == pytest.approx(198 * PX_UM)


def test_a_section_shorter_than_a_window_says_so(tmp_path: Path) -> None:
    lines = bare_lines((400, 300))
    found = transport_of(stored(tmp_path, laminate(0.5)[:, :300]), lines)
    write_transport(tmp_path / "transport", found, {})
    again = read_transport(tmp_path / "transport")
    assert (len(again.windows), again.count) == (0, 0)
    labels = Labels.empty((400, 300))
    merged = merge(partials_of(labels, lines, 2048))
    joined = Joined(KEYS, merged, lines, (400, 300), SETTINGS, 1.0, np.empty((0, 4)))
    metrics = section_tables(joined, NO_LUMPS, again)["metrics"].set_index("metric")
    assert metrics.loc["tau_factor_2d", "note"] == NO_WINDOW
    assert np.isnan(metrics.loc["pore_d50_um", "value"])


def test_another_table_is_named(tmp_path: Path) -> None:
    found = transport_of(stored(tmp_path, laminate(0.5)), bare_lines(SHAPE))
    write_transport(tmp_path / "transport", found, {})
    (tmp_path / "transport/windows.parquet").replace(tmp_path / "transport/pore_thickness.parquet")
    with pytest.raises(StorageError, match="windows.parquet"):
        read_transport(tmp_path / "transport")


def test_every_index_tells_its_unit() -> None:
    for name in INDICES:
        assert REGISTRY[name].unit == ("um" if name.endswith("_um") else "1")
