"""Polarity: shapes tell it, settings turn greys over, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation_made import one_of

from support.electrode import make_electrode, write_mosaic
from support.raw_folder import texture
from transect.config import SegmentConfig
from transect.geometry import LAYERS, LINES
from transect.layers.steps import layers
from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.facing import facing_of
from transect.segment.image import segment_image
from transect.segment.polarity import Shapes, shapes
from transect.segment.scale import scale_of, to_scale
from transect.segment.section import Section
from transect.storage.tables import read_metadata, read_table


def look(image: np.ndarray) -> Shapes:
    return shapes(image, np.ones(image.shape, np.bool_))


def discs(seed: int, share: float, edge: int = 900) -> np.ndarray:
    """Bright discs on dark ground, up to a share of the area."""
    rng = np.random.default_rng(seed)
    image = np.full((edge, edge), 40, np.uint8)
    while (image > 100).mean() < share:
        x, y = (int(v) for v in rng.integers(0, edge, 2))
        cv2.circle(image, (x, y), int(rng.integers(10, 24)), 180, -1)
    return image


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**20), st.floats(0.2, 0.7))
def test_convex_bodies_are_found_whatever_their_share(seed: int, share: float) -> None:
    image = discs(seed, share)
    assert look(image).found == "bright"
    assert look(255 - image).found == "dark"


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**20), st.floats(0.1, 0.9))
def test_a_negative_has_the_score_with_the_other_sign(seed: int, share: float) -> None:
    noise = np.random.default_rng(seed).normal(0, 12, (900, 900))
    image = np.clip(discs(seed, share) + noise, 0, 255).astype(np.uint8)
    # A level whose borders hardly tell more than chance may count in one of both alone: of 60
    # images the scores of two are further apart than 0.02, by 0.04 and 0.06 of 1.3.
    assert look(image).score == pytest.approx(-look(255 - image).score, abs=0.15)


@pytest.mark.parametrize("chemistry", ["nmc", "nmc-single", "lmno", "sib", "assb"])
def test_made_electrodes(chemistry: str) -> None:
    image = one_of(chemistry, 7, 768).image
    assert look(image).found == "bright"
    assert look(255 - image).found == "dark"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_nothing_to_see_is_undecided(dtype: type) -> None:
    noise = np.random.default_rng(2).normal(90, 8, (700, 700)).astype(dtype)
    blank = np.full((700, 700), 90, dtype)
    for image in (noise, blank, blank[:20, :20]):
        assert look(image).found == "undecided"
    assert shapes(noise, np.zeros(noise.shape, np.bool_)).score == 0.0


def test_shapes_that_are_alike_in_bright_and_dark_are_undecided() -> None:
    for seed in range(8):
        assert look(texture(seed, (500, 500))).found == "undecided"


def test_a_few_bodies_are_not_enough() -> None:
    image = np.full((600, 600), 40, np.uint8)
    for x in (100, 300, 500):
        cv2.circle(image, (x, x), 15, 180, -1)
    assert look(image).score == 0.0


def test_only_the_coating_counts() -> None:
    image = np.concatenate([discs(3, 0.6), 255 - discs(4, 0.4)])
    inside = np.zeros(image.shape, np.bool_)
    inside[:900] = True
    assert shapes(image, inside).found == "bright"
    assert shapes(image, ~inside).found == "dark"


@pytest.mark.parametrize(
    ("path", "sure"),
    [
        ("nmc-bse/nmc-cross-section.tif", True),
        ("nano-ct/slice_103.tif", True),
        ("nano-ct/slice_400.tif", True),
        # Half a dozen particles each.
        ("nano-ct/slice_394.tif", False),
        ("nano-ct/slice_1503.tif", False),
        ("powder/Sc2Tile_001-001.tif", True),
        ("powder/Sc3Tile_008-007.tif", True),
    ],
)
def test_real_particles(data: Path, path: str, sure: bool) -> None:
    image = tifffile.imread(data / path)
    right, negative = look(image), look(image.max() - image)
    assert right.found == ("bright" if sure else "undecided")
    assert negative.found == ("dark" if sure else "undecided")


def test_a_scale_is_turned_over() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(to_scale(image, scale_of(image, "", "dark")), 255 - image)
    greys = np.array([[np.nan, np.inf, -np.inf, 1.0, 9.0]])
    turned = to_scale(greys, scale_of(greys[:, 3:], "", "dark"))
    assert turned[0, :3].tolist() == [0, 0, 255]
    assert turned[0, 3] > turned[0, 4]


def test_dark_gives_on_a_negative_the_labels_of_the_original() -> None:
    image = make_electrode(noise=6, columns=700).image[150:400]
    zone = np.full(image.shape, UNDECIDED, np.uint8)
    zone[40:60, 100:300] = Phase.INVALID
    image[zone == Phase.INVALID] = 0
    negative = np.where(zone == Phase.INVALID, np.uint8(0), 255 - image)
    one = segment_image(image, zone=zone)
    other = segment_image(negative, SegmentConfig(polarity="dark"), zone)
    for name in ("phases", "particles", "confidence"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_layers_of_a_negative(tmp_path: Path) -> None:
    image = make_electrode(noise=5).image
    valid = np.ones(image.shape, np.uint8)
    valid[:, 700:730] = 0
    facts, tables = [], []
    for polarity, greys in (("bright", image), ("dark", 255 - image)):
        mosaic = write_mosaic(tmp_path / f"{polarity}.zarr", greys * valid, valid)
        layers(mosaic=mosaic, output=tmp_path / "l.parquet", polarity=polarity)  # type: ignore[arg-type]
        facts.append(json.loads(read_metadata(tmp_path / "l.parquet")["facts"]))
        tables.append(read_table(tmp_path / "l.parquet", LAYERS))
    assert facts[0]["sides"] == facts[1]["sides"] == ["a", "b"]
    assert facts[1]["foil_grey"] == pytest.approx(255 - facts[0]["foil_grey"], abs=1)
    # A pyramid rounds halves up, so that a negative's coarse levels are not quite negatives.
    apart = (tables[0][LINES] - tables[1][LINES]).abs()
    assert apart.max().max() < 1.0
    section = Section.open(tmp_path / "dark.zarr", tmp_path / "l.parquet")
    for threads in (1, 2):
        found = facing_of(section, SegmentConfig(polarity="dark"), threads)
        assert (found.polarity, found.found) == ("dark", "dark")
