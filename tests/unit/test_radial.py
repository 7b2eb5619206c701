"""Layers of particles from rim to core: closed forms, any windows, particles beyond a crop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.sections import NO_LUMPS, PX_UM, SETTINGS, Labels, bare_lines, disc, partials_of
from transect.measure.joined import Joined
from transect.measure.partials import merge
from transect.measure.radial import section
from transect.measure.radial.layers import LAYERS, layer_sums
from transect.measure.radial.profile import INDICES
from transect.measure.radial.section import Labelled, radial_sums
from transect.measure.radial.steps import radial
from transect.measure.radial.tables import RADIAL_SUMS
from transect.measure.section import section_tables
from transect.parallel import windows
from transect.phases import Phase
from transect.storage.images import open_image
from transect.storage.stores import new_store
from transect.storage.tables import read_table, table_parts

SHAPE = (600, 900)


def stored(labels: Labels, folder: Path) -> tuple[Path, Path]:
    """Stores of labels and of greys, with their levels."""
    layers = {"phases": labels.phases, "particles": labels.basins}
    for name, images in (("labels.zarr", layers), ("mosaic.zarr", {"": labels.grey})):
        with new_store(folder / name, recipe=1, inputs={}) as store:
            for image, pixels in images.items():
                kind = "labels" if image else "intensity"
                writer = store.image(image, pixels.shape, pixels.dtype, PX_UM, kind=kind, levels=3)
                for window in windows(pixels.shape):
                    writer.write(window.row0, window.col0, pixels[window.slices])
    return folder / "labels.zarr", folder / "mosaic.zarr"


def opened(labels: Path, mosaic: Path) -> Labelled:
    both = (open_image(labels, name) for name in ("phases", "particles"))
    return Labelled(*both, open_image(mosaic))


def cracked() -> Labels:
    """Discs with a crack around the core of the first, a round void in the second; a bright rim."""
    labels = Labels.empty(SHAPE)
    for row, column, radius in ((300, 250, 200.0), (200, 650, 90.0), (480, 600, 40.0)):
        labels.paint(disc(SHAPE, row, column, radius))
    ring = disc(SHAPE, 300, 250, 70) & ~disc(SHAPE, 300, 250, 62)
    labels.phases[ring] = Phase.CRACK
    labels.phases[disc(SHAPE, 200, 650, 15)] = Phase.VOID
    labels.grey[labels.phases == Phase.ACTIVE_MATERIAL] = 150
    labels.grey[disc(SHAPE, 300, 250, 42)] = 180
    return labels


def test_layers_of_a_disc_are_rings_of_equal_width() -> None:
    inside = disc((410, 410), 205, 205, 200)
    phases = np.where(inside, int(Phase.ACTIVE_MATERIAL), 0).astype(np.uint8)
    sums = layer_sums(inside, phases, np.full(inside.shape, 7, np.uint8))
    edges = 1 - np.arange(LAYERS + 1) / LAYERS
    wanted = np.pi * 200**2 * (edges[:-1] ** 2 - edges[1:] ** 2)
    np.testing.assert_allclose(sums[:, 0], wanted, rtol=0.02)
    np.testing.assert_array_equal(sums[:, 3], 7 * sums[:, 0])
    assert sums[:, 0].sum() == inside.sum()


def test_cracks_and_greys_come_out_in_their_layer(tmp_path: Path) -> None:
    sums = radial_sums(opened(*stored(cracked(), tmp_path)))
    first = sums[sums["particle"] == sums["particle"].min()].set_index("layer")
    # A ring from 62 to 70 of 200 is 0.65 to 0.69 deep: in the fourth of five layers.
    assert first["n_crack"].gt(0).tolist() == [False, False, False, True, False]
    grey = first["sum_grey"] / first["n_active_material"]
    assert grey.tolist() == [150, 150, 150, pytest.approx(150, abs=3), 180]
    assert sums.groupby("particle")["n_void"].sum().gt(0).sum() == 1


@pytest.mark.parametrize(("margin", "threads"), [(8, 1), (64, 2)])
def test_windows_do_not_matter(
    margin: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = opened(*stored(cracked(), tmp_path))
    whole = radial_sums(labelled)
    monkeypatch.setattr(section, "MOSAIC_SHARD", 128)
    monkeypatch.setattr(section, "MARGIN", margin)
    pd.testing.assert_frame_equal(sorted_by_id(radial_sums(labelled, threads)), sorted_by_id(whole))


def test_particles_beyond_a_crop_are_summed_at_a_coarser_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = opened(*stored(cracked(), tmp_path))
    whole = radial_sums(labelled)
    monkeypatch.setattr(section, "MOSAIC_SHARD", 64)
    monkeypatch.setattr(section, "MARGIN", 8)
    monkeypatch.setattr(section, "CROP", 300)
    found = radial_sums(labelled)
    levels = found.groupby("particle")["level"].first()
    assert sorted(levels) == [0, 1, 2]
    both = sorted_by_id(found).merge(sorted_by_id(whole), on=["particle", "layer"])
    np.testing.assert_allclose(both["n_active_material_x"], both["n_active_material_y"], 0.03, 60)


def test_step_table_and_metrics(tmp_path: Path) -> None:
    labels = cracked()
    stores = stored(labels, tmp_path)
    radial(labels=stores[0], mosaic=stores[1], output=tmp_path / "radial_sums.parquet", threads=2)
    sums = read_table(tmp_path / "radial_sums.parquet", RADIAL_SUMS)
    merged = merge(partials_of(labels, bare_lines(SHAPE), 2048))
    keys = {"batch": "b", "cell": "c", "section": "s"}
    joined = Joined(keys, merged, bare_lines(SHAPE), SHAPE, SETTINGS, 1.0, np.empty((0, 4)))
    parts = table_parts(tmp_path / "radial_sums.parquet", RADIAL_SUMS, rows=4)
    tables = section_tables(joined, NO_LUMPS, radial=parts)
    profile, particles = tables["radial_profile"], tables["particles"]
    assert profile["area_um2"].sum() == pytest.approx(particles["area_filled_um2"].sum())
    assert (profile["n_particles"] == len(particles)).all()
    crack = sums.groupby("layer")[["n_crack", "n_active_material"]].sum()
    share = crack["n_crack"] / crack.sum(axis=1)
    np.testing.assert_allclose(profile["crack_area_fraction"], share)
    assert (profile["crack_low"] <= profile["crack_area_fraction"]).all()
    assert (profile["grey_mean"] <= profile["grey_high"]).all()
    metrics = tables["metrics"].set_index("metric")
    assert metrics.loc["crack_fraction_rim", "value"] == 0
    assert metrics.loc["crack_fraction_core", "value"] == 0
    assert metrics.loc["grey_core_rim", "value"] > 1.1
    inside = metrics.loc[list(INDICES)]
    assert (inside["ci_low"] <= inside["value"]).all()
    assert (inside["value"] <= inside["ci_high"]).all()


def test_no_particles_is_said(tmp_path: Path) -> None:
    labels = Labels.empty(SHAPE)
    sums = radial_sums(opened(*stored(labels, tmp_path)))
    assert sums.columns.tolist() == RADIAL_SUMS.names
    assert not len(sums)
    merged = merge(partials_of(labels, bare_lines(SHAPE), 2048))
    keys = {"batch": "b", "cell": "c", "section": "s"}
    joined = Joined(keys, merged, bare_lines(SHAPE), SHAPE, SETTINGS, 1.0, np.empty((0, 4)))
    tables = section_tables(joined, NO_LUMPS, radial=[sums])
    notes = tables["metrics"].set_index("metric").loc[list(INDICES), "note"]
    assert (notes == "no whole particles").all()
    assert not len(tables["radial_profile"])


def sorted_by_id(sums: pd.DataFrame) -> pd.DataFrame:
    return sums.sort_values(["particle", "layer"], ignore_index=True)
