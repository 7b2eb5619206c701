"""Cracks that are too thin for a threshold."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from transect.candidates import FILLED, SEEN, plain, settle, settle_halo
from transect.config import SegmentConfig
from transect.phases import Phase
from transect.segment.classical import ClassicalEngine
from transect.segment.image import label_image
from transect.segment.ridges import ridges
from transect.segment.thresholds import Thresholds
from transect.segment.voids import components


@pytest.mark.parametrize("slope", [0.0, 0.4, 1.0])
def test_blurred_line_of_one_pixel_is_found_end_to_end(slope: float) -> None:
    image = np.full((120, 160), 205, np.uint8)
    ends = (30, 20), (130, 20 + round(100 * slope) // (2 if slope == 1 else 1))
    cv2.line(image, *ends, 14)
    smooth = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.2), np.uint8)
    solid = np.ones(image.shape, bool)
    found = ridges(smooth, solid, np.zeros_like(solid), 30)
    reached = cv2.dilate(found.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert (reached & (image == 14)).sum() >= 0.97 * (image == 14).sum()
    assert found.sum() < 2.2 * (image == 14).sum()


def test_noise_and_short_dips_are_no_cracks() -> None:
    rng = np.random.default_rng(1)
    grey = 205 + 6 * rng.normal(size=(300, 300))
    grey[100:104, 100] = 20
    smooth = np.asarray(cv2.GaussianBlur(grey.clip(0, 255).astype(np.uint8), (0, 0), 1.0), np.uint8)
    solid = np.ones(grey.shape, bool)
    assert not ridges(smooth, solid, np.zeros_like(solid), 28).any()


def test_notch_is_given_back_and_deep_crack_stays() -> None:
    phases = np.full((60, 60), Phase.ACTIVE_MATERIAL, np.uint8)
    phases[:10] = Phase.PORE
    particles = np.where(phases == Phase.PORE, 0, 1).astype(np.int32)
    phases[10:15, 20:23], phases[10:40, 40:43] = Phase.CRACK, Phase.CRACK
    settle(phases, particles, 6)
    assert (phases[10:15, 20:23] == Phase.PORE).all()
    assert not particles[10:15, 20:23].any()
    assert (phases[10:40, 40:43] == Phase.CRACK).all()


def opening(depth: int, mouth: float, tip: float) -> np.ndarray:
    """Draw an opening into a particle from above, by its widths."""
    row, column = np.indices((80, 80))
    width = mouth + (tip - mouth) * (row - 10) / depth
    inside = (row >= 10) & (row < 10 + depth) & (np.abs(column - 40) < width / 2)
    return np.where(row < 10, Phase.PORE, np.where(inside, Phase.CRACK, Phase.ACTIVE_MATERIAL))


@pytest.mark.parametrize(
    ("depth", "mouth", "tip", "seen", "kept"),
    [
        (30, 8, 0, 0, False),
        (30, 6, 5, 0, True),
        (30, 2, 2, 0, True),
        (60, 8, 0, 0, True),
        (30, 8, 0, SEEN, True),
    ],
    ids=["wedge", "wide crack", "thin crack", "long crack that tapers", "crack that is seen"],
)
def test_a_wedge_beside_a_contact_is_given_back(
    depth: int, mouth: float, tip: float, seen: int, kept: bool
) -> None:
    phases = opening(depth, mouth, tip).astype(np.uint8)
    cracks, particles = phases == Phase.CRACK, np.where(phases == Phase.PORE, 0, 1)
    phases[cracks] += np.uint8(seen)
    settle(phases, particles, 7)
    assert (phases[cracks] == (Phase.CRACK if kept else Phase.PORE)).all()
    assert (particles[cracks] > 0).all() == kept


def test_what_is_given_back_is_binder_where_it_was_filled() -> None:
    phases = np.full((60, 60), Phase.ACTIVE_MATERIAL, np.uint8)
    phases[0], phases[1] = Phase.INVALID, Phase.BINDER
    phases[2:, 29:31] = Phase.CRACK
    phases[2:40, 29:31] += np.uint8(FILLED)
    phases[20:50, 50:52] = Phase.CRACK + FILLED
    particles = np.ones(phases.shape, np.int32)
    particles[:, 30:] = 2
    assert set(np.unique(plain(phases))) == {2, 3, 6, 255}
    settle(phases, particles, 6)
    assert (phases[2:40, 29:31] == Phase.BINDER).all()
    assert (phases[40:, 29:31] == Phase.PORE).all()
    assert not particles[2:, 29:31].any()
    assert (phases[20:50, 50:52] == Phase.CRACK).all()
    assert (phases[0] == Phase.INVALID).all()


@pytest.mark.parametrize(("grey", "phase"), [(14, Phase.PORE), (64, Phase.BINDER)])
def test_narrow_gap_between_two_particles_is_what_fills_it(grey: int, phase: Phase) -> None:
    y, x = np.mgrid[:200, :330]
    sides = [(y - 100) ** 2 + (x - column) ** 2 < 70**2 for column in (92, 167 + 70)]
    image = np.where(sides[0] | sides[1], 205, grey).astype(np.uint8)
    limits = Thresholds((0.0, 255.0), 14.0, 64.0, 205.0, 1.0, 8.0, image.size)
    zone = np.full(image.shape, Phase.PORE, np.uint8)
    engine = ClassicalEngine(limits, 1.0, 6)
    found = label_image(image, zone, engine, SegmentConfig(), limits, 512, 80)
    assert np.unique(found.particles).size == 3
    gap = found.phases[80:120, 150:180][image[80:120, 150:180] == grey]
    assert (gap == phase).mean() > 0.95
    assert found.phases.max() < 9


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_given_back_does_not_depend_on_the_window(seed: int) -> None:
    rng, edge = np.random.default_rng(seed), 420

    def blobs(size: float, share: float) -> np.ndarray:
        smooth = cv2.GaussianBlur(rng.normal(size=(edge, edge)), (0, 0), size)
        return np.asarray(smooth > np.quantile(smooth, 1 - share))

    near = cv2.distanceTransform((~blobs(25, 0.1)).astype(np.uint8), cv2.DIST_L2, 3)
    phases = np.where(blobs(20, 0.8), Phase.ACTIVE_MATERIAL, Phase.PORE).astype(np.uint8)
    phases[(phases == Phase.PORE) & blobs(8, 0.5)] = Phase.BINDER
    phases[(phases == Phase.ACTIVE_MATERIAL) & blobs(6, 0.1)] = Phase.VOID
    phases[(phases == Phase.ACTIVE_MATERIAL) & blobs(2, 0.15)] = Phase.CRACK
    phases[np.isin(phases, (Phase.CRACK, Phase.VOID)) & blobs(5, 0.6)] += np.uint8(FILLED)
    phases[(plain(phases) == Phase.CRACK) & blobs(5, 0.3)] += np.uint8(SEEN)
    ids = (
        1 + (near > 20).astype(np.int32) + 2 * (np.indices(phases.shape)[1] // 90).astype(np.int32)
    )
    particles = np.where(np.isin(phases, (Phase.PORE, Phase.BINDER)), 0, ids)
    whole, owners = phases.copy(), particles.copy()
    settle(whole, owners, 6)
    halo, core = settle_halo(6), slice(180, 240)
    part = slice(core.start - halo, core.stop + halo)
    mine, own = phases[part, part].copy(), particles[part, part].copy()
    settle(mine, own, 6)
    inner = slice(halo, halo + 60)
    np.testing.assert_array_equal(mine[inner, inner], whole[core, core])
    np.testing.assert_array_equal(own[inner, inner], owners[core, core])


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([4, 8]))
def test_components_are_what_is_connected(seed: int, connectivity: Literal[4, 8]) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 60, 2)) < rng.choice([0.02, 0.1, 0.3, 0.6])
    labels, boxes = components(mask, connectivity)
    near = np.ones((3, 3)) if connectivity == 8 else None
    want, count = label(mask, near)
    assert len(boxes) == count + 1
    assert boxes[1:, 4].sum() == mask.sum()
    np.testing.assert_array_equal(labels > 0, mask)
    # One label of ours for each of theirs.
    assert len(np.unique(np.stack([labels[mask], want[mask]]), axis=1).T) == count
