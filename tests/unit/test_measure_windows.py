"""Tables do not depend on how the mosaic is cut into windows, nor on the order of merging."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.sections import NO_GROUPS, Labels, bare_lines, join, packing, partials_of, tables_of
from transect.measure.localise import Groups
from transect.measure.partial_schemas import SCHEMAS
from transect.measure.partials import Partials, merge, merge_files, write_partials
from transect.phases import Phase

SHAPE = (260, 330)


def same(first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame]) -> None:
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name], check_exact=True, obj=name)


@pytest.fixture(scope="module")
def labels() -> Labels:
    found = packing(SHAPE, 60, seed=4)
    found.phases[100:104, 40:90] = Phase.INVALID
    found.basins[found.phases == Phase.INVALID] = 0
    found.phases[200:230, 200:215][found.basins[200:230, 200:215] == 0] = Phase.BINDER
    return found


@pytest.mark.parametrize("step", [37, 64, 130, 259])
def test_windows_of_any_width_give_the_same_tables(labels: Labels, step: int) -> None:
    whole = tables_of(labels)
    assert len(whole["particles"]) > 30
    assert len(whole["cracks"]) > 5
    assert set(whole["pores"]["kind"]) == {"inter", "intra"}
    same(whole, tables_of(labels, step=step))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    step=st.integers(20, 120),
    noise=st.floats(0, 0.2),
)
def test_any_image_gives_the_same_tables_in_any_windows(seed: int, step: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(30, 130)), int(rng.integers(30, 130)))
    labels = packing(shape, 12, seed)
    wrong = rng.random(shape) < noise
    codes = [p for p in Phase if p is not Phase.OUTSIDE]
    labels.phases[wrong] = rng.choice(codes, int(wrong.sum()))
    same(tables_of(labels), tables_of(labels, step=step))


@settings(max_examples=10, deadline=None)
@given(order=st.randoms(use_true_random=False), cut=st.integers(1, 29))
def test_merging_does_not_depend_on_order_or_grouping(order, cut: int) -> None:  # type: ignore[no-untyped-def]
    labels = packing((180, 200), 30, seed=9)
    lines = bare_lines((180, 200))
    parts = partials_of(labels, lines, 40)
    shuffled = list(parts)
    order.shuffle(shuffled)
    grouped = merge([merge(shuffled[:cut]), merge(shuffled[cut:]), merge([])])
    whole = merge(parts)
    for kind in SCHEMAS:
        pd.testing.assert_frame_equal(whole[kind], grouped[kind], check_exact=True)
    same(join(whole, lines, (180, 200)), join(grouped, lines, (180, 200)))


def test_basins_of_one_group_are_one_particle() -> None:
    labels = Labels.empty((60, 80))
    left, right = np.zeros((60, 80), bool), np.zeros((60, 80), bool)
    left[10:50, 10:40], right[10:50, 40:70] = True, True
    a, b = labels.paint(left), labels.paint(right)
    groups = Groups(np.array([a, b], np.uint64), np.array([a, a], np.uint64))
    particles = tables_of(labels, groups=groups)["particles"]
    assert particles["particle"].tolist() == [a]
    assert particles["area_um2"].iloc[0] == pytest.approx(40 * 60 * 0.05**2)
    assert len(tables_of(labels, groups=NO_GROUPS)["particles"]) == 2


def test_partials_of_nothing_merge_to_nothing() -> None:
    empty = merge([])
    assert isinstance(empty, Partials)
    assert all(not len(empty[kind]) for kind in SCHEMAS)


def test_blocks_on_the_disk_merge_as_those_in_memory(tmp_path: Path) -> None:
    labels = packing((300, 500), 40, seed=4)
    parts = partials_of(labels, bare_lines(labels.phases.shape), 128)
    folders = [tmp_path / str(number) for number in range(len(parts))]
    for folder, part in zip(folders, parts, strict=True):
        write_partials(folder, part, {})
    found, wanted = merge_files(folders), merge(parts)
    for kind in set(SCHEMAS) - {"points"}:
        there = found[kind].columns if kind == "particles" else wanted[kind].columns
        pd.testing.assert_frame_equal(found[kind], wanted[kind][there])
    # Those stay on the disk.
    extents = pd.concat(found.extents()).sort_values("particle", ignore_index=True)
    assert not set(found["particles"].columns) & (set(extents.columns) - {"particle"})
    pd.testing.assert_frame_equal(extents, pd.concat(wanted.extents()))
    points = pd.concat(found.points()).sort_values(["row", "column"], ignore_index=True)
    pd.testing.assert_frame_equal(points, wanted["points"])
    assert not len(merge_files([])["particles"])
