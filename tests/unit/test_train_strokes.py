"""A user's own labels as they teach; skipped where PyTorch (the extra `train`) is not installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from transect.phases import Phase  # noqa: E402
from transect.segment.maps import coating  # noqa: E402
from transect.train.strokes import Strokes, StrokesError  # noqa: E402
from transect.train.targets import UNKNOWN  # noqa: E402


def _labelled(folder: Path, labels: np.ndarray) -> None:
    random = np.random.default_rng(0)
    tifffile.imwrite(folder / "one.tif", random.integers(0, 255, (80, 90)).astype(np.uint8))
    tifffile.imwrite(folder / "one_labels.tif", labels)


def test_strokes_teach_where_they_are(tmp_path: Path) -> None:
    labels = np.full((80, 90), int(Phase.INVALID), np.uint8)
    labels[10:20, 10:60] = Phase.ACTIVE_MATERIAL
    labels[40:44, 10:60] = Phase.CRACK
    _labelled(tmp_path, labels)
    strokes = Strokes.load(tmp_path, 1)
    mine = strokes.crops(2, 64, 0)
    assert mine.grey.shape == (2, 1, 64, 64)
    assert set(np.unique(mine.classes.numpy())) <= {2, 5, UNKNOWN}
    assert bool((mine.classes != UNKNOWN).any())
    assert bool((mine.distance < 0).all())
    assert torch.equal(mine.grey, strokes.crops(2, 64, 0).grey)
    assert tuple(mine.there[0].bool().tolist()) == coating()


def test_strokes_of_dark_material_teach_what_is_bright(tmp_path: Path) -> None:
    labels = np.full((80, 90), int(Phase.PORE), np.uint8)
    labels[:, :40] = Phase.ACTIVE_MATERIAL
    image = np.where(labels == Phase.ACTIVE_MATERIAL, 60, 180).astype(np.uint8)
    tifffile.imwrite(tmp_path / "one.tif", image)
    tifffile.imwrite(tmp_path / "one_labels.tif", labels)
    (found,) = Strokes.load(tmp_path, 1).images
    solid = labels == Phase.ACTIVE_MATERIAL
    assert found.grey[solid].min() > found.grey[~solid].max()


def test_noisy_images_are_smoothed_before_strokes_teach(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    labels = np.full((200, 300), int(Phase.PORE), np.uint8)
    labels[:, :150] = Phase.ACTIVE_MATERIAL
    image = np.where(labels == Phase.ACTIVE_MATERIAL, 150, 100) + random.normal(0, 40, labels.shape)
    tifffile.imwrite(tmp_path / "one.tif", image.clip(0, 255).astype(np.uint8))
    tifffile.imwrite(tmp_path / "one_labels.tif", labels)
    (found,) = Strokes.load(tmp_path, 1).images
    # Noise is a fifth of what it was beside the step between both.
    parts = found.grey[:, :140], found.grey[:, 160:]
    assert np.std(parts[0]) < 0.3 * (np.mean(parts[0]) - np.mean(parts[1]))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.full((80, 90), 77, np.uint8), "77"),
        (np.full((80, 91), 2, np.uint8), "shape"),
        (np.full((80, 90), 255, np.uint8), "0 pixels are labelled"),
    ],
)
def test_bad_strokes_are_named(tmp_path: Path, labels: np.ndarray, said: str) -> None:
    _labelled(tmp_path, labels)
    with pytest.raises(StrokesError, match=said) as error:
        Strokes.load(tmp_path, 1)
    assert "one_labels.tif" in str(error.value)


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StrokesError, match="_labels.tif"):
        Strokes.load(tmp_path, 1)
