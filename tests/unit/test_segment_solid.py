"""Greys of a section beside what a network says of active material."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.learned import Shares
from transect.segment.maps import CLASSES, MAPS
from transect.segment.solid import FEWEST, MOST, POWER, REACH, Solid, counts

AT = {name: k for k, name in enumerate(MAPS)}
SHAPE = (240, 320)
WHOLE = (slice(None), slice(None))
COATING = np.full(SHAPE, UNDECIDED, np.uint8)


def halves(bright: int, dark: int, sd: float = 6.0) -> tuple[np.ndarray, np.ndarray]:
    """Greys with active material on the left, and the maps of a network that is sure of it."""
    random = np.random.default_rng(3)
    left = np.arange(SHAPE[1]) < SHAPE[1] // 2
    grey = np.where(left, bright, dark) + random.normal(0, sd, SHAPE)
    maps = np.zeros((len(MAPS), *SHAPE), np.uint8)
    maps[AT["active_material"]] = np.where(left, 250, 3)
    maps[AT["binder"]] = np.where(left, 4, 200)
    maps[AT["pore"]] = np.where(left, 1, 52)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8), maps


def test_a_bright_patch_inside_a_particle_is_material_again() -> None:
    grey, maps = halves(180, 80)
    patch = (slice(60, 100), slice(40, 90))
    maps[(AT["active_material"], *patch)], maps[(AT["binder"], *patch)] = 90, 164
    assert (Shares.of(maps).decide()[0][patch] == Phase.BINDER).all()
    solid = Solid.find(counts(maps, grey, COATING, WHOLE))
    assert solid is not None
    found = solid.weigh(maps, grey, COATING)
    assert (Shares.of(found).decide()[0][patch] == Phase.ACTIVE_MATERIAL).all()
    # And what is as dark as the rest is not.
    dark = (slice(60, 100), slice(200, 250))
    maps[(AT["active_material"], *dark)], maps[(AT["binder"], *dark)] = 150, 90
    found = solid.weigh(maps, grey, COATING)
    assert (Shares.of(found).decide()[0][dark] == Phase.BINDER).all()


def test_outlines_and_what_lies_outside_stay() -> None:
    grey, maps = halves(180, 80)
    maps[len(CLASSES) :] = 77
    solid = Solid.find(counts(maps, grey, COATING, WHOLE))
    assert solid is not None
    zone = COATING.copy()
    zone[:50] = Phase.COLLECTOR
    found = solid.weigh(maps, grey, zone)
    assert (found[len(CLASSES) :] == 77).all()
    assert (found[:, :50] == maps[:, :50]).all()
    assert (found[:, 50:] != maps[:, 50:]).any()


@pytest.mark.parametrize(("bright", "dark", "sd"), [(120, 115, 6.0), (150, 100, 60.0)])
def test_greys_that_overlap_say_nothing(bright: int, dark: int, sd: float) -> None:
    grey, maps = halves(bright, dark, sd)
    assert Solid.find(counts(maps, grey, COATING, WHOLE)) is None


def test_without_either_kind_nothing_is_said() -> None:
    grey, maps = halves(180, 80)
    seen = counts(maps, grey, COATING, WHOLE)
    assert Solid.find(seen) is not None
    seen[1] = 0
    seen[1, 80] = FEWEST - 1
    assert Solid.find(seen) is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_others_keep_their_order_and_the_sum(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = (30, 40)
    maps = np.zeros((len(MAPS), *shape), np.uint8)
    parts = random.dirichlet(np.full(len(CLASSES), 0.3), shape) * 255
    maps[: len(CLASSES)] = np.moveaxis(np.rint(parts), -1, 0)
    grey = random.integers(0, 256, shape).astype(np.uint8)
    solid = Solid(tuple(POWER * random.uniform(-MOST, MOST, 256)))
    found = solid.weigh(maps, grey, np.full(shape, UNDECIDED, np.uint8))
    before, after = (m[: len(CLASSES)].astype(int) for m in (maps, found))
    assert np.abs(after.sum(axis=0) - before.sum(axis=0)).max() <= len(CLASSES)
    fillers = [AT[name] for name in ("binder", "pore", "separator")]
    for a, b in zip(fillers, fillers[1:], strict=False):
        more = before[a] > before[b]
        assert (after[a][more] >= after[b][more]).all()


@settings(max_examples=20, deadline=None)
@given(row=st.integers(0, 150), column=st.integers(0, 200))
def test_a_window_with_its_reach_is_weighed_as_the_whole(row: int, column: int) -> None:
    grey, maps = halves(180, 80, 12.0)
    maps[AT["active_material"]] = np.random.default_rng(4).integers(0, 256, SHAPE)
    solid = Solid(tuple(np.linspace(-1.2, 1.2, 256)))
    whole = solid.weigh(maps, grey, COATING)
    window = (slice(row, row + 80), slice(column, column + 100))
    part = solid.weigh(*(np.ascontiguousarray(a[(..., *window)]) for a in (maps, grey, COATING)))
    inner = (..., slice(REACH, -REACH), slice(REACH, -REACH))
    assert (part[inner] == whole[(..., *window)][inner]).all()
