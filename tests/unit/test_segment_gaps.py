"""Greys between particles: two clear humps part binder from pores, less changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation_made import one_of

from transect.config import SegmentConfig
from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.gaps import MOST, REACH, Gaps, counts, smoothed
from transect.segment.image import segment_image
from transect.segment.learned import Shares
from transect.segment.maps import MAPS

AT = {name: k for k, name in enumerate(MAPS)}
GAPS = Gaps(20, 45, 80)


def humps(*parts: tuple[float, float, int]) -> np.ndarray:
    rng = np.random.default_rng(7)
    greys = [rng.normal(mean, sd, n) for mean, sd, n in parts]
    return np.bincount(np.clip(np.rint(np.concatenate(greys)), 0, 255).astype(int), minlength=256)


def test_two_humps_are_found_where_they_are() -> None:
    found = Gaps.find(humps((20, 6, 40_000), (80, 9, 60_000)))
    assert found is not None
    assert (found.pore, found.binder) == pytest.approx((20, 80), abs=2)
    assert 38 < found.valley < 54


def test_a_long_tail_moves_neither_hump_nor_valley() -> None:
    lit = (20, 6, 30_000), (40, 12, 12_000), (80, 6, 60_000)
    found = Gaps.find(humps(*lit))
    assert found is not None
    assert (found.pore, found.binder) == pytest.approx((20, 80), abs=2)
    assert 52 < found.valley < 72


@given(st.lists(st.integers(0, 5000), min_size=256, max_size=256))
def test_humps_are_in_order_and_hold_their_share(levels: list[int]) -> None:
    found = Gaps.find(np.array(levels))
    if found is not None:
        assert found.pore < found.valley <= found.binder
        darker = np.cumsum(levels)[found.valley] / np.sum(levels)
        assert 0.02 <= darker <= 0.85


@pytest.mark.parametrize(
    "parts",
    [
        [(50, 15, 100_000)],
        [(50, 20, 50_000), (80, 20, 50_000)],
        [(20, 6, 900), (80, 9, 99_100)],
        [(20, 6, 90_000), (80, 9, 10_000)],
        [(20, 6, 4_000), (80, 9, 6_000)],
        [],
    ],
    ids=[
        "one hump",
        "no valley",
        "too few pores",
        "too little binder",
        "too few pixels",
        "no pixel",
    ],
)
def test_less_than_two_clear_humps_say_nothing(parts: list[tuple[float, float, int]]) -> None:
    assert Gaps.find(humps(*parts) if parts else np.zeros(256, np.int64)) is None


def test_a_section_of_one_grey_says_nothing() -> None:
    assert Gaps.find(np.bincount([40] * 5000, minlength=256)) is None


def test_the_middle_of_an_empty_valley_parts_two_greys() -> None:
    found = Gaps.find(np.bincount([30] * 20_000 + [130] * 20_000, minlength=256))
    assert found == Gaps(30, 80, 130)


def test_odds_rise_from_pore_to_binder_within_bounds() -> None:
    odds = np.log(GAPS.odds)
    assert (np.diff(odds) >= 0).all()
    assert (odds[:21] == -MOST).all()
    assert (odds[80:] == MOST).all()


def made(seed: int, edge: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maps of random probabilities in blobs, greys, and a zone with some geometry."""
    rng = np.random.default_rng(seed)
    maps = np.zeros((len(MAPS), edge, edge), np.uint8)
    parts = rng.dirichlet([0.5, 0.5, 0.5], (edge // 4 + 1, edge // 4 + 1))
    parts = np.kron(parts.transpose(2, 0, 1), np.ones((1, 4, 4)))[:, :edge, :edge]
    for name, part in zip(("active_material", "binder", "pore"), parts, strict=True):
        maps[AT[name]] = np.rint(255 * part)
    zone = np.where(rng.random((edge, edge)) < 0.03, Phase.COLLECTOR, UNDECIDED).astype(np.uint8)
    return maps, rng.integers(0, 256, (edge, edge), dtype=np.uint8), zone


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_weighing_moves_nothing_but_binder_and_pore(seed: int) -> None:
    maps, grey, zone = made(seed, 24)
    out = GAPS.weigh(maps, grey, zone)
    before, after = Shares.of(maps), Shares.of(out)
    solid = before.material >= np.maximum(before.binder, before.pore)
    others = [k for k in range(len(MAPS)) if k not in (AT["binder"], AT["pore"])]
    np.testing.assert_array_equal(out[others], maps[others])
    kept = solid | (zone != UNDECIDED)
    np.testing.assert_array_equal(out[:, kept], maps[:, kept])
    together = [AT["binder"], AT["pore"]]
    np.testing.assert_array_equal(
        out[together].sum(axis=0, dtype=int), maps[together].sum(axis=0, dtype=int)
    )
    np.testing.assert_array_equal(
        after.decide()[0] == Phase.ACTIVE_MATERIAL, before.decide()[0] == Phase.ACTIVE_MATERIAL
    )


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_brighter_is_never_less_of_a_binder(seed: int) -> None:
    maps, grey, zone = made(seed, 24)
    darker = GAPS.weigh(maps, grey, zone)[AT["binder"]]
    brighter = GAPS.weigh(maps, np.minimum(grey, 235) + 20, zone)[AT["binder"]]
    assert (brighter >= darker).all()


def test_windows_with_what_is_around_them_are_as_the_whole() -> None:
    maps, grey, zone = made(3, 64)
    whole = GAPS.weigh(maps, grey, zone)
    part, core = (slice(20 - REACH, 40 + REACH),) * 2, (slice(REACH, 20 + REACH),) * 2
    window = GAPS.weigh(maps[(..., *part)], grey[part], zone[part])
    np.testing.assert_array_equal(window[(..., *core)], whole[:, 20:40, 20:40])
    parts = sum(
        counts(maps[..., near], grey[:, near], zone[:, near], (slice(0, 64), at))
        for near, at in (
            (slice(0, 30 + REACH), slice(0, 30)),
            (slice(30 - REACH, 64), slice(REACH, 34 + REACH)),
        )
    )
    np.testing.assert_array_equal(parts, counts(maps, grey, zone, (slice(0, 64),) * 2))


def test_particles_do_not_shine_into_what_is_smoothed() -> None:
    between = np.zeros((40, 60), bool)
    between[:, 20:40] = True
    grey = np.where(between, 60, 220).astype(np.uint8)
    # At their edges particles are blurred over two pixels.
    grey[:, [20, 39]] = 140
    found = smoothed(grey, between)
    assert (found[:, 21:39] <= 62).all()
    assert (found[:, 24:36] == 60).all()


def test_few_voids_in_solid_electrolyte_are_found() -> None:
    picture = one_of("assb", 800_000_000)
    found = segment_image(picture.image, SegmentConfig(engine="network", filler="electrolyte"))
    ours, true = found.phases == Phase.PORE, picture.phases == Phase.PORE
    assert (ours & true).sum() / (ours | true).sum() > 0.8


def test_smooth_dark_binder_is_told_from_pores() -> None:
    """A quarter of the way from pores to particles, without a texture: the network alone fails."""
    picture = one_of("nmc", 800_000_000)
    found = segment_image(picture.image, SegmentConfig(engine="network"))
    for phase in (Phase.BINDER, Phase.PORE):
        ours, true = found.phases == phase, picture.phases == phase
        assert (ours & true).sum() / (ours | true).sum() > 0.8
