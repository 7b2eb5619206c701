"""Samples for training: the same each time, true, and never like what is held out."""

import numpy as np
import pytest
from scipy import ndimage

from transect.phases import Phase
from transect.segment.maps import CAP_PX, CLASSES, coating
from transect.train.looks import HELD_OUT, MODERATE, TRAINING, WIDE, Look, holds
from transect.train.samples import Sample, sample
from transect.train.sections import section
from transect.train.targets import squared_distance, targets

EDGE = 192
ARRAYS = ("grey", "phases", "particles", "second")
SEEDS = range(0, 60, 3)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [sample(seed, EDGE) for seed in SEEDS]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first = [sample(seed, EDGE) for seed in (3, 7, 50)]
    section.cache_clear()
    again = [sample(seed, EDGE) for seed in (50, 7, 3)][::-1]
    for a, b in zip(first, again, strict=True):
        for name in ARRAYS:
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
    assert (first[0].grey != first[1].grey).any()


def test_shapes_and_types(samples: list[Sample]) -> None:
    for made in samples:
        types = {name: getattr(made, name).dtype for name in ARRAYS}
        assert types == {
            "grey": np.uint8,
            "phases": np.uint8,
            "particles": np.int32,
            "second": np.bool_,
        }
        for name in ARRAYS:
            array = getattr(made, name)
            assert array.shape == (EDGE, EDGE)
            assert array.flags.c_contiguous


def test_spans_name_every_number() -> None:
    assert set(WIDE) == set(Look._fields) == set(MODERATE)


def test_training_never_draws_what_is_held_out() -> None:
    random = np.random.default_rng(0)
    for name, looks in HELD_OUT.items():
        held = [looks.draw(random) for _ in range(100)]
        # Each lies in a box that training leaves out.
        assert any(all(holds(box, look) for look in held) for box in TRAINING.without), name
    for _ in range(4_000):
        look = TRAINING.draw(random)
        assert not any(holds(box, look) for box in TRAINING.without)


def test_training_knows_both_sides_of_what_is_held_out() -> None:
    """What is left out is a box within the ranges, not an end of them."""
    random = np.random.default_rng(1)
    drawn = [TRAINING.draw(random) for _ in range(4_000)]
    for box in TRAINING.without:
        for name, span in box.items():
            values = np.array([getattr(look, name) for look in drawn])
            assert span.low == span.high or (values > span.high).any(), name


def test_grey_has_contrast(samples: list[Sample]) -> None:
    spread = [made.grey.std() for made in samples]
    assert min(spread) > 3
    assert np.median(spread) > 20


def test_openings_lie_in_particles(samples: list[Sample]) -> None:
    solid = (Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID)
    for made in samples:
        inside = np.isin(made.phases, solid)
        assert ((made.particles > 0) == inside).all()
        assert not (made.second & ~inside).any()
        assert np.isin(made.phases, list(Phase)).all()


def test_all_phases_are_seen() -> None:
    seen = {int(p) for s in range(0, 480, 6) for p in np.unique(sample(s, 128).phases)}
    assert seen >= {int(p) for p in Phase if p != Phase.INVALID}


def test_distances_are_exact() -> None:
    labels = sample(7, EDGE).particles
    labels[60:180, 60:190] = 100_000
    found = squared_distance(labels, CAP_PX)
    for n in np.unique(labels[labels > 0])[:40]:
        wanted = _to_outline(labels == n)
        np.testing.assert_array_equal(found[labels == n], wanted[labels == n])


def _to_outline(mask: np.ndarray) -> np.ndarray:
    if mask.all():
        return np.full(mask.shape, CAP_PX**2)
    square = np.rint(ndimage.distance_transform_edt(mask) ** 2)
    return np.minimum(square, CAP_PX**2)


def test_a_border_is_no_outline() -> None:
    labels = np.zeros((40, 40), dtype=np.int32)
    labels[:, :10] = 5
    empty = np.zeros((40, 40), dtype=np.uint8)
    found = targets(Sample(empty, empty, labels, labels < 0, (True,) * len(CLASSES), False))
    assert found.distance[20, 0] == 1
    np.testing.assert_allclose(found.distance[20, :10], np.arange(10, 0, -1) / 10)
    assert found.boundary.sum() == 40
    assert found.boundary[:, 9].all()


def test_targets_agree_with_the_sample(samples: list[Sample]) -> None:
    for made in samples:
        found = targets(made)
        assert found.distance.dtype == np.float32
        assert found.classes.dtype == np.uint8
        assert ((found.distance > 0) == (made.particles > 0)).all()
        assert found.distance.max(initial=0) <= 1
        assert (found.classes[found.crack] == 5).all()
        assert ((found.classes == 3) <= made.second).all()
        assert not (found.boundary & (made.particles == 0)).any()


def test_classes_that_cannot_be_there_are_not(samples: list[Sample]) -> None:
    for made in samples:
        found = np.bincount(targets(made).classes.ravel(), minlength=len(CLASSES))
        assert not found[~np.array(made.there)].any()
    assert {made.there for made in samples} > {coating()}


def test_only_negatives_are_turned() -> None:
    dark = sample(3, EDGE, HELD_OUT["inverted"])
    assert dark.dark
    material = dark.phases == Phase.ACTIVE_MATERIAL
    assert dark.grey[material].mean() < dark.grey[dark.phases == Phase.PORE].mean()
    np.testing.assert_array_equal(dark.bright, 255 - dark.grey)
    assert not sample(3, EDGE).dark
