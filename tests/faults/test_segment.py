"""Sections that cannot be segmented, and inputs that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.electrode import make_electrode, write_mosaic
from transect.errors import AnalysisError, ConfigError, StorageError
from transect.layers.steps import layers
from transect.segment.steps import resolve, segment, thresholds
from transect.segment.thresholds import Thresholds


def prepared(tmp_path: Path, image: np.ndarray) -> tuple[Path, Path]:
    mosaic = write_mosaic(tmp_path / "mosaic.zarr", image)
    layers(mosaic=mosaic, output=tmp_path / "layers.parquet")
    return mosaic, tmp_path / "layers.parquet"


def test_section_without_coating(tmp_path: Path) -> None:
    mosaic, table = prepared(tmp_path, make_electrode(sides="", separator=False, noise=3).image)
    with pytest.raises(AnalysisError, match="no pixel of coating"):
        thresholds(mosaic=mosaic, layers=table, output=tmp_path / "t.json")
    assert not (tmp_path / "t.json").exists()


def test_section_without_particles(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = np.clip(rng.normal(90, 8, (500, 600)), 0, 255).astype(np.uint8)
    mosaic, table = prepared(tmp_path, noise)
    with pytest.raises(AnalysisError, match="no particles can be told"):
        thresholds(mosaic=mosaic, layers=table, output=tmp_path / "t.json")


@pytest.mark.parametrize("foil_grey", [122, 240])
def test_a_negative_gives_no_numbers(tmp_path: Path, foil_grey: int) -> None:
    """Layers are in the wrong places then, or not: either way."""
    image = 255 - make_electrode(noise=5, foil_grey=foil_grey).image
    mosaic, table = prepared(tmp_path, image)
    words = r"mosaic\.zarr: segment\.polarity is bright, expected dark.*set segment\.polarity to"
    with pytest.raises(AnalysisError, match=words):
        thresholds(mosaic=mosaic, layers=table, output=tmp_path / "t.json")
    assert not (tmp_path / "t.json").exists()


def test_a_polarity_that_is_set_wrong(tmp_path: Path) -> None:
    mosaic, table = prepared(tmp_path, make_electrode(noise=5).image)
    wrong = {"mosaic": mosaic, "layers": table, "output": tmp_path / "t.json"}
    with pytest.raises(AnalysisError, match="is dark, expected bright.*brighter than what lies"):
        thresholds(**wrong, settings='{"polarity": "dark"}')
    thresholds(**wrong, settings='{"polarity": "dark", "polarity_check": "warn"}')
    found = Thresholds.load(tmp_path / "t.json").facing
    assert (found.polarity, found.found) == ("dark", "bright")


def test_polarity_is_a_word(tmp_path: Path) -> None:
    mosaic, table = prepared(tmp_path, make_electrode().image)
    with pytest.raises(ConfigError, match="polarity.*found 'black'"):
        thresholds(
            mosaic=mosaic,
            layers=table,
            output=tmp_path / "t.json",
            settings='{"polarity": "black"}',
        )


def test_thresholds_file_is_something_else(tmp_path: Path) -> None:
    mosaic, table = prepared(tmp_path, make_electrode().image)
    (tmp_path / "t.json").write_text("[1]")
    with pytest.raises(StorageError, match=r"t\.json: not a file of thresholds"):
        segment(
            mosaic=mosaic,
            layers=table,
            thresholds=tmp_path / "t.json",
            block=0,
            blocks=1,
            output=tmp_path / "s.zarr",
            contacts=tmp_path / "c.parquet",
            faces=tmp_path / "f.parquet",
        )
    assert not (tmp_path / "s.zarr").exists()


def test_missing_block(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="faces.parquet: not a readable table"):
        resolve(
            folder=tmp_path,
            blocks=2,
            thresholds=tmp_path / "t.json",
            output=tmp_path / "groups.parquet",
            engine=tmp_path / "engine.parquet",
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('{"merge_saddle": 1.5}', "merge_saddle.*found 1.5"),
        ('{"crack_width": 3}', "unknown key crack_width"),
        ('{"denoise_px": "1 um"}', "denoise_px.*found '1 um'"),
        ("{", "not JSON"),
    ],
)
def test_wrong_settings(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(
            folder=tmp_path,
            blocks=1,
            thresholds=tmp_path / "t.json",
            output=tmp_path / "g.parquet",
            engine=tmp_path / "e.parquet",
            settings=settings,
        )


@pytest.mark.parametrize("block", [-1, 3])
def test_block_out_of_range(tmp_path: Path, block: int) -> None:
    mosaic, table = prepared(tmp_path, make_electrode().image)
    thresholds(mosaic=mosaic, layers=table, output=tmp_path / "t.json")
    with pytest.raises(ConfigError, match=f"block {block} of 3"):
        segment(
            mosaic=mosaic,
            layers=table,
            thresholds=tmp_path / "t.json",
            block=block,
            blocks=3,
            output=tmp_path / "s.zarr",
            contacts=tmp_path / "c.parquet",
            faces=tmp_path / "f.parquet",
        )
