"""Shifts between detectors that see the same specimen in another way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from support.detectors import grains
from transect.mosaic.detectors.mutual import mutual_shift


def turned(image, shift):
    """Copy moved by parts of a pixel, by the Fourier transform."""
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :]
    moved = np.fft.ifft2(np.fft.fft2(image) * np.exp(2j * np.pi * (fy * shift[1] + fx * shift[0])))
    return moved.real.astype(np.float32)


def topography(image):
    """The same specimen by its edges alone, as seen with secondary electrons."""
    edges = cv2.magnitude(*(cv2.Sobel(image, cv2.CV_32F, *o) for o in ((1, 0), (0, 1))))
    return 40 + edges / 4


def two_detectors(other, shifts, *, noise=8.0, edge=400):
    random = np.random.default_rng(11)

    def read(n):
        image = cv2.GaussianBlur(grains(edge, edge, seed=50 + n, sigma=3.0), (0, 0), 0.8)
        moved = turned(other(image), shifts[n])
        clutter = random.normal(0, noise, (2, edge, edge))
        return tuple(
            np.clip(i + c, 0, 255).astype(np.uint8)
            for i, c in zip((image, moved), clutter, strict=True)
        )

    return read


@pytest.mark.parametrize(
    "other", [topography, lambda image: 230 - image], ids=["edges", "inverted"]
)
def test_the_shift_between_unlike_detectors_is_found(other):
    shift = np.array([3.4, -1.7])
    found = mutual_shift(two_detectors(other, [shift] * 6), np.ones(6, np.bool_), 40, 2)
    assert found.sure == 6
    assert found.common == pytest.approx(shift, abs=0.05)
    assert (np.abs(found.common - shift) < 4 * found.common_se).all()
    assert found.shift == pytest.approx(np.tile(shift, (6, 1)), abs=0.3)
    assert found.spread < 0.1


def test_a_shift_too_short_to_matter_is_not_taken_off():
    read = two_detectors(topography, [np.array([0.04, 0.03])] * 6)
    found = mutual_shift(read, np.ones(6, np.bool_), 40, 2)
    assert found.sure == 6
    assert (found.shift == 0).all()


def test_tiles_of_a_second_pass_are_moved_each_on_its_own():
    random = np.random.default_rng(12)
    shifts = random.uniform(-12, 12, (8, 2))
    found = mutual_shift(two_detectors(topography, shifts), np.ones(8, np.bool_), 40, 2)
    assert found.spread > 2
    assert np.abs(found.shift - shifts).max() < 0.2


def test_images_that_have_nothing_in_common_are_not_moved():
    random = np.random.default_rng(13)

    def read(n):
        image = grains(400, 400, seed=n, sigma=3.0)
        return image, grains(400, 400, seed=900 + n) + random.normal(0, 9, (400, 400))

    found = mutual_shift(read, np.ones(6, np.bool_), 40, 2)
    assert found.sure == 0
    assert found.measured == 6
    assert (found.shift == 0).all()
    assert np.isnan(found.se).all()
