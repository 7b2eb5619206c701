"""The commands on stores: any number of blocks and threads gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.sections import Labels, packing
from transect.geometry import LAYERS
from transect.measure.radial.steps import radial
from transect.measure.seams import at_seams, bad_seams
from transect.measure.steps import join, labels, measure
from transect.measure.tables import SECTION_TABLES
from transect.parallel import MOSAIC_SHARD, WINDOW, block_columns, windows
from transect.phases import Phase
from transect.storage.images import open_image
from transect.storage.stores import new_store
from transect.storage.tables import Column, Schema, read_table, write_table

SHAPE = (300, 9000)
PX_UM = 0.05
FOIL = (130.0, 170.0)
BAD_SEAM = (0.0, 160.0, 4000.0, 5000.0)
"""First and end row, first and end column of the overlap that was not accepted."""

GROUPS = Schema(
    "groups",
    1,
    "",
    (Column("basin", "uint64", "", ""), Column("particle", "uint64", "", "")),
)
SEAMS = Schema(
    "seams",
    1,
    "",
    tuple(Column(n, t, "", "") for n, t in
          (("accepted", "bool"), ("residual_px", "float64"), ("y0_px", "float64"),
           ("y1_px", "float64"), ("x0_px", "float64"), ("x1_px", "float64"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Labels]:
    """Mosaic, layers, groups and seams of a section with foil and one gap."""
    folder = tmp_path_factory.mktemp("section")
    found = packing(SHAPE, 500, seed=1)
    rows = np.arange(SHAPE[0])[:, None]
    foil = (rows >= FOIL[0]) & (rows < FOIL[1])
    gap = (rows >= FOIL[1]) & (rows < FOIL[1] + 12) & (np.arange(SHAPE[1]) < 900)
    for mask, phase in ((foil, Phase.COLLECTOR), (gap, Phase.GAP)):
        mask = np.broadcast_to(mask, SHAPE)
        found.phases[mask], found.basins[mask] = phase, 0
    with new_store(folder / "mosaic.zarr", recipe=1, inputs={}) as store:
        image = store.image("", (1, *SHAPE), np.uint8, PX_UM, shard=MOSAIC_SHARD, channels=["BSE"])
        for column in range(0, SHAPE[1], MOSAIC_SHARD):
            image.write(0, column, found.grey[None, :, column : column + MOSAIC_SHARD])
    nan, one = np.full(SHAPE[1], np.nan), np.ones(SHAPE[1])
    opening = np.where(np.arange(SHAPE[1]) < 900, 12.0, 0.0)
    layers = pd.DataFrame({name: nan for name in LAYERS.names}).assign(
        column_px=np.arange(SHAPE[1]),
        foil_top_px=one * FOIL[0],
        foil_bottom_px=one * FOIL[1],
        a_base_px=one * FOIL[0],
        a_surface_px=one * 10,
        a_mean_surface_px=one * 12,
        b_base_px=FOIL[1] + opening,
        b_surface_px=one * 290,
        b_mean_surface_px=one * 288,
        a_measured=True,
        b_measured=True,
    )
    facts = {"px_um": repr(PX_UM), "foil": "true", "facts": "{}"}
    write_table(folder / "layers.parquet", layers, LAYERS, facts)
    ids = np.unique(found.basins)[1:]
    groups = pd.DataFrame({"basin": ids, "particle": ids})
    write_table(folder / "groups.parquet", groups, GROUPS)
    pairs = [(True, 0.3, 0, 300, 1000, 1600), (False, np.nan, *BAD_SEAM)]
    write_table(folder / "seams.parquet", pd.DataFrame(pairs, columns=SEAMS.names), SEAMS)
    return folder, found


def segments(found: Labels, folder: Path, blocks: int) -> None:
    for block in range(blocks):
        start, stop = block_columns(SHAPE[1], block, blocks)
        with new_store(folder / str(block) / "segments.zarr", recipe=1, inputs={}) as store:
            if start == stop:
                continue
            kinds = (("phases", found.phases), ("basins", found.basins))
            for name, pixels in kinds:
                image = store.image(
                    name, (SHAPE[0], stop - start), pixels.dtype, PX_UM, kind="labels",
                    origin_px=(0, start), levels=1, shard=WINDOW,
                )  # fmt: skip
                for window in windows(SHAPE, start, stop):
                    image.write(window.row0, window.col0 - start, pixels[window.slices])


def whole_run(section: tuple[Path, Labels], folder: Path, blocks: int, threads: int) -> Path:
    source, found = section
    segments(found, folder / "blocks", blocks)
    common = {"mosaic": source / "mosaic.zarr", "layers": source / "layers.parquet"}
    for block in range(blocks):
        measure(
            **common,
            groups=source / "groups.parquet",
            folder=folder / "blocks",
            block=block,
            blocks=blocks,
            labels=folder / "blocks" / str(block) / "labels.zarr",
            partials=folder / "blocks" / str(block) / "partials",
            threads=threads,
        )
    labels(
        folder=folder / "blocks",
        blocks=blocks,
        mosaic=common["mosaic"],
        output=folder / "labels.zarr",
        threads=threads,
    )
    sums = folder / "radial_sums.parquet"
    radial(labels=folder / "labels.zarr", mosaic=common["mosaic"], output=sums, threads=threads)
    join(
        **common,
        radial=sums,
        folder=folder / "blocks",
        blocks=blocks,
        seams=source / "seams.parquet",
        batch="b",
        cell="c",
        section="s",
        output=folder / "tables",
        settings=json.dumps({"statistics": {"replicates": 100}}),
    )
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = [*(folder / "tables").glob("*.parquet"), *(folder / "labels.zarr").rglob("*")]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
        if path.is_file()
    }


@pytest.fixture(scope="module")
def one_block(section: tuple[Path, Labels], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_run(section, tmp_path_factory.mktemp("one"), 1, 1)


@pytest.mark.parametrize(("blocks", "threads"), [(2, 1), (5, 2)])
def test_blocks_and_threads_do_not_show(
    section: tuple[Path, Labels], one_block: Path, tmp_path: Path, blocks: int, threads: int
) -> None:
    first, second = digests(one_block), digests(whole_run(section, tmp_path, blocks, threads))
    assert len(first) > len(SECTION_TABLES)
    assert first == second


def test_tables_fit_the_schemas(one_block: Path) -> None:
    for name, schema in SECTION_TABLES.items():
        frame = read_table(one_block / "tables" / f"{name}.parquet", schema)
        # Its mosaic has one detector, and no map of an element.
        assert len(frame) or name in {"elements", "particle_elements"}, name
        assert (frame["section"] == "s").all()


def test_labels_hold_final_particles(section: tuple[Path, Labels], one_block: Path) -> None:
    _, found = section
    image = open_image(one_block / "labels.zarr", "particles")
    solid = found.phases == Phase.ACTIVE_MATERIAL
    np.testing.assert_array_equal(image.whole(0)[solid], found.basins[solid])
    assert len(image.arrays) > 2


def test_layers_become_metrics(one_block: Path) -> None:
    metrics = read_table(one_block / "tables" / "metrics.parquet").set_index(["metric", "side"])
    assert metrics.loc[("t_mean_um", "a"), "value"] == pytest.approx(120 * PX_UM)
    assert metrics.loc[("delam_fraction", "b"), "value"] == pytest.approx(0.1)
    assert metrics.loc[("delam_fraction", ""), "value"] == pytest.approx(0.05)
    assert metrics.loc[("delam_fraction", "a"), "value"] == 0
    assert metrics.loc[("gap_max_um", "b"), "value"] == pytest.approx(12 * PX_UM)
    assert metrics.loc[("longest_run_um", "b"), "value"] == pytest.approx(45)
    assert metrics.loc[("gap_area_um2_per_mm", "b"), "value"] == pytest.approx(0.1 * 600)
    assert metrics.loc[("cc_thickness_um", ""), "value"] == pytest.approx(40 * PX_UM)
    metrics = metrics[metrics["value"].notna()]
    assert (metrics["ci_low"] <= metrics["value"]).all()
    assert (metrics["ci_high"] >= metrics["value"]).all()


def test_only_particles_that_touch_a_bad_seam_are_flagged(one_block: Path) -> None:
    particles = read_table(one_block / "tables" / "particles.parquet")
    y0, y1, x0, x1 = (px * PX_UM for px in BAD_SEAM)
    beside = (particles["bbox_x1_um"] > x0) & (particles["bbox_x0_um"] < x1)
    inside = beside & (particles["bbox_y1_um"] > y0) & (particles["bbox_y0_um"] < y1)
    assert (particles["seam_flag"] == inside).all()
    assert 0 < inside.sum() < beside.sum() < len(particles)


def test_a_seam_is_bad_when_it_is_refused_or_torn() -> None:
    boxes = np.arange(20.0).reshape(5, 4)
    seams = pd.DataFrame(boxes, columns=["y0_px", "y1_px", "x0_px", "x1_px"]).assign(
        accepted=[True, False, True, True, False],
        residual_px=[1.9, 0.1, 2.1, np.nan, np.nan],
    )
    np.testing.assert_array_equal(bad_seams(seams), boxes[1:])
    assert bad_seams(seams[:1]).shape == (0, 4)


@given(
    st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2), max_size=20),
    st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(0, 30)] * 2), max_size=6),
)
def test_objects_at_seams_are_those_whose_boxes_meet_one(
    objects: list[tuple[int, ...]], seams: list[tuple[int, ...]]
) -> None:
    y, x, h, w = np.array(objects, float).reshape(-1, 4).T
    boxes = np.array([(r, r + high, c, c + wide) for r, c, high, wide in seams], float)
    found = at_seams(boxes.reshape(-1, 4), (y, y + h), (x, x + w))
    meets = np.zeros(len(y), bool)
    for r0, r1, c0, c1 in boxes.reshape(-1, 4):
        meets |= (y < r1) & (y + h > r0) & (x < c1) & (x + w > c0)
    np.testing.assert_array_equal(found, meets)


def test_depth_counts_from_the_collector(one_block: Path) -> None:
    particles = read_table(one_block / "tables" / "particles.parquet")
    upper = particles[particles["side"] == "a"]
    expected = FOIL[0] * PX_UM - upper["mosaic_y_um"]
    np.testing.assert_allclose(upper["z_um"], expected)
    np.testing.assert_allclose(upper["zeta"], expected / (120 * PX_UM))
    profile = read_table(one_block / "tables" / "profile.parquet")
    total = profile.groupby(["side", "depth_bin"])["fraction"].sum()
    np.testing.assert_allclose(total, 1)
