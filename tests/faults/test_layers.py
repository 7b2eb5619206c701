"""Mosaics in which no layers can be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.electrode import make_electrode, write_mosaic
from transect.errors import AnalysisError, ConfigError, StorageError
from transect.layers.steps import layers


@pytest.mark.parametrize("recorded", [0, 1])
def test_constant_or_empty_mosaic(tmp_path: Path, recorded: int) -> None:
    image = np.full((600, 900), 77, np.uint8)
    valid = np.full(image.shape, recorded, np.uint8)
    path = write_mosaic(tmp_path / "mosaic.zarr", image, valid)
    with pytest.raises(AnalysisError, match="no contrast.*check the tiles"):
        layers(mosaic=path, output=tmp_path / "layers.parquet")
    assert not (tmp_path / "layers.parquet").exists()


def test_foil_alone_has_no_coating(tmp_path: Path) -> None:
    electrode = make_electrode(sides="", separator=False, noise=3)
    path = write_mosaic(tmp_path / "mosaic.zarr", electrode.image)
    layers(mosaic=path, output=tmp_path / "layers.parquet")
    from transect.geometry import Layers

    found = Layers.load(tmp_path / "layers.parquet")
    assert found.facts["sides"] == []
    assert found.facts["foil"] is True


def test_mosaic_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"mosaic\.zarr.*run the step again"):
        layers(mosaic=tmp_path / "mosaic.zarr", output=tmp_path / "layers.parquet")


def test_unknown_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key min_gap; known keys: min_gap_um"):
        layers(mosaic=tmp_path, output=tmp_path / "x", settings='{"min_gap": 1}')
