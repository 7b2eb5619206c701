"""Objects must be the same whatever the windows: random masks, and particles beyond a window."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt, label

from transect.config import SegmentConfig
from transect.phases import Phase
from transect.segment.classical import ClassicalEngine
from transect.segment.distance import UNIT, distance, heights
from transect.segment.engine import Prediction
from transect.segment.groups import NOISE, Merge, resolve
from transect.segment.image import ImageSegments, label_image, segment_image
from transect.segment.thresholds import Thresholds

U8 = npt.NDArray[np.uint8]
LIMITS = Thresholds((0.0, 255.0), 20.0, 70.0, 200.0, 3.0, 5.0, 1)


class Given:
    """An engine that repeats what it is given: masks without any image."""

    halo = 0
    learned = False

    def predict(self, pixels: U8, zone: U8) -> Prediction:
        phases = np.where(pixels > 0, Phase.ACTIVE_MATERIAL, Phase.PORE).astype(np.uint8)
        return Prediction(phases, np.full(pixels.shape, 255, np.uint8))


def blobs(seed: int, shape: tuple[int, int], size: float, share: float) -> U8:
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = cv2.GaussianBlur(noise, (0, 0), size)
    return (smooth > np.quantile(smooth, 1 - share)).astype(np.uint8)


def labelled(mask: U8, edge: int, reach: int = 20) -> npt.NDArray[np.uint64]:
    zone = np.full(mask.shape, Phase.PORE, np.uint8)
    return label_image(mask, zone, Given(), SegmentConfig(), LIMITS, edge, reach).particles


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(20, 150),
    cols=st.integers(20, 200),
    size=st.floats(0.6, 8.0),
    share=st.floats(0.1, 0.95),
    edge=st.sampled_from([16, 33, 64]),
)
def test_windows_do_not_matter(
    seed: int, rows: int, cols: int, size: float, share: float, edge: int
) -> None:
    mask = blobs(seed, (rows, cols), size, share)
    whole, pieces = labelled(mask, 4096), labelled(mask, edge)
    np.testing.assert_array_equal(whole, pieces)
    assert ((whole > 0) == (mask > 0)).all()


def test_particle_larger_than_windows_and_reach_is_one() -> None:
    y, x = np.mgrid[:300, :300]
    disc = ((y - 150) ** 2 + (x - 150) ** 2 < 140**2).astype(np.uint8)
    found = labelled(disc, 64)
    assert np.unique(found).size == 2
    np.testing.assert_array_equal(found, labelled(disc, 4096))


def test_touching_discs_part_and_cracked_disc_does_not() -> None:
    y, x = np.mgrid[:200, :330]
    two = ((y - 100) ** 2 + (x - 90) ** 2 < 70**2) | ((y - 100) ** 2 + (x - 225) ** 2 < 70**2)
    assert np.unique(labelled(two.astype(np.uint8), 64, 80)).size == 3
    grey = np.where(two, 200, 20).astype(np.uint8)
    grey[98:101, 40:140] = 20
    zone = np.full(grey.shape, Phase.PORE, np.uint8)
    engine = ClassicalEngine(LIMITS, 1.0, 6)
    found = label_image(grey, zone, engine, SegmentConfig(), LIMITS, 64, 80)
    assert np.unique(found.particles).size == 3
    assert found.phases[99, 90] == Phase.CRACK
    assert found.particles[99, 90] == found.particles[60, 90] > 0


@pytest.mark.parametrize(("radius", "apart"), [(38, 36), (30, 30), (25, 25)])
def test_pore_between_four_touching_discs_is_no_void(radius: int, apart: int) -> None:
    y, x = np.mgrid[:260, :260]
    # By symmetry, the four are the images of one.
    solid = (abs(y - 130) - apart) ** 2 + (abs(x - 130) - apart) ** 2 < radius**2
    found = classical(solid)
    assert found.phases[130, 130] == Phase.PORE
    assert np.unique(found.particles).size == 5


@pytest.mark.parametrize("radius", [50, 60])
def test_pore_between_three_touching_discs_is_no_void(radius: int) -> None:
    y, x = np.mgrid[:240, :240]
    solid = np.zeros(y.shape, np.bool_)
    for turn in (90, 210, 330):
        reach = 1.11 * radius
        row, column = 120 + reach * np.sin(np.radians(turn)), 120 + reach * np.cos(np.radians(turn))
        solid |= (y - row) ** 2 + (x - column) ** 2 < radius**2
    found = classical(solid)
    assert found.phases[120, 120] == Phase.PORE
    assert np.unique(found.particles).size == 4


def test_void_that_a_crack_runs_into_is_one() -> None:
    y, x = np.mgrid[:200, :200]
    solid = (y - 100) ** 2 + (x - 100) ** 2 < 80**2
    solid &= (y - 100) ** 2 + (x - 90) ** 2 > 12**2
    solid[98:101, 95:150] = False
    found = classical(solid)
    assert found.phases[96, 86] == Phase.VOID
    assert found.phases[99, 130] == Phase.CRACK
    assert np.unique(found.particles).size == 2


def classical(solid: npt.NDArray[np.bool_]) -> ImageSegments:
    """What the classical engine finds in active material and pores."""
    grey = np.where(solid, 200, 20).astype(np.uint8)
    zone = np.full(grey.shape, Phase.PORE, np.uint8)
    engine = ClassicalEngine(LIMITS, 1.0, 6)
    return label_image(grey, zone, engine, SegmentConfig(), LIMITS, 4096, 80)


def test_id_is_the_smallest_peak_of_the_particle() -> None:
    mask = blobs(3, (200, 200), 5.0, 0.5)
    found = labelled(mask, 64)
    for particle in np.unique(found)[1:]:
        row, column = divmod(int(particle) - 1, 200)
        assert found[row, column] == particle


def test_blocks_do_not_matter() -> None:
    """Contacts and faces cut into blocks of window columns give the groups of the whole."""
    from transect.parallel import Window
    from transect.segment.windows import segment_window

    mask = blobs(8, (150, 260), 6.0, 0.7)
    zone = np.full(mask.shape, Phase.PORE, np.uint8)
    parts = {
        (r, c): segment_window(
            lambda w: (mask[w.slices], zone[w.slices]),
            (150, 260),
            Window(r, min(r + 64, 150), c, min(c + 64, 260)),
            Given(),
            20,
        )
        for r in range(0, 150, 64)
        for c in range(0, 260, 64)
    }

    def grouped(cuts: list[list[int]]) -> pd.DataFrame:
        blocks = []
        for columns in cuts:
            mine = [p for (_, c), p in parts.items() if c // 64 in columns]
            empty = next(iter(parts.values()))
            frames = [p.contacts() for p in mine] or [empty.contacts()[:0]]
            faces = [p.faces() for p in mine] or [empty.faces()[:0]]
            blocks.append((pd.concat(frames), pd.concat(faces)))
        return resolve(blocks, (150, 260), Merge(0.85, NOISE), 64)

    one = grouped([[0, 1, 2, 3, 4]])
    pd.testing.assert_frame_equal(one, grouped([[0], [1, 2], [], [3, 4]]))
    pd.testing.assert_frame_equal(one, grouped([[], [0], [1], [2], [3], [4]]))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), size=st.floats(0.7, 6.0), share=st.floats(0.2, 0.97))
def test_distance_is_exact(seed: int, size: float, share: float) -> None:
    mask = blobs(seed, (90, 120), size, share).astype(bool)
    if mask.all():
        mask[0, 0] = False
    truth = np.minimum(distance_transform_edt(mask), 30)
    np.testing.assert_array_equal(distance(mask, 30), np.floor(UNIT * truth + 1e-6))


def test_heights_do_not_depend_on_the_window() -> None:
    mask = blobs(5, (400, 400), 9.0, 0.8).astype(bool)
    whole = heights(mask, 40)
    piece = heights(np.ascontiguousarray(mask[100:300, 90:310]), 40)
    np.testing.assert_array_equal(piece[43:-43, 43:-43], whole[143:257, 133:267])


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_classical_engine_is_exact_at_seams(noise: float) -> None:
    rng = np.random.default_rng(1)
    grey = np.full((420, 460), 20.0)
    grey[blobs(2, grey.shape, 7.0, 0.6) > 0] = 70
    grey[blobs(3, grey.shape, 12.0, 0.6) > 0] = 200
    grey[blobs(4, grey.shape, 1.5, 0.08) > 0] = 30
    image = cv2.GaussianBlur(grey, (0, 0), 1.0) + noise * rng.normal(size=grey.shape)
    image = np.clip(image, 0, 255).astype(np.uint8)
    whole, pieces = segment_image(image), segment_image(image, edge=128)
    np.testing.assert_array_equal(whole.phases, pieces.phases)
    np.testing.assert_array_equal(whole.confidence, pieces.confidence)
    np.testing.assert_array_equal(whole.particles, pieces.particles)
    assert (whole.phases == Phase.VOID).any()
    assert (whole.phases == Phase.CRACK).any()


def test_components_stay_connected() -> None:
    """Merging never joins what does not touch."""
    mask = blobs(9, (200, 200), 3.0, 0.4)
    found = labelled(mask, 64)
    parts, _ = label(mask, np.ones((3, 3)))
    for particle in np.unique(found)[1:]:
        assert np.unique(parts[found == particle]).size == 1
