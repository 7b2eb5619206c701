"""A disk that fills up or cannot be written: one clear error, nothing half written."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import dask.array as da
import numpy as np
import pandas as pd
import pytest

from transect.errors import StorageError
from transect.storage.files import write_text
from transect.storage.stores import new_store, write_image
from transect.storage.tables import Column, Schema, write_table


def _mount(folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """File system of 2 MB."""
    _mount(tmp_path, "size=2m")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.fixture
def sealed_disk(tmp_path: Path) -> Iterator[Path]:
    """File system that cannot be written."""
    _mount(tmp_path, "size=1m,ro")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("dtype", ["u1", "u8"])
def test_disk_full_while_a_store_is_written(small_disk: Path, dtype: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (2500, 2500)).astype(dtype)
    with (
        pytest.raises(StorageError, match=r"a\.zarr: could not be written: the disk is full"),
        new_store(small_disk / "a.zarr", recipe=1, inputs={}) as store,
    ):
        image = store.image("", noise.shape, dtype, 0.05)
        write_image(image, da.from_array(noise, chunks=2048), 2, "image")
    assert not list(small_disk.iterdir())


def test_disk_full_while_a_table_is_written(small_disk: Path) -> None:
    schema = Schema("noise", 1, "Noise.", (Column("grey", "float64", "1", "Grey."),))
    frame = pd.DataFrame({"grey": np.random.default_rng(1).random(1_000_000)})
    with pytest.raises(StorageError, match=r"a\.parquet: could not be written: the disk is full"):
        write_table(small_disk / "a.parquet", frame, schema)
    assert not list(small_disk.iterdir())


def test_results_folder_that_cannot_be_written(sealed_disk: Path) -> None:
    with pytest.raises(StorageError, match="read-only; choose another results folder"):
        write_text(sealed_disk / "section" / "tiles.json", "{}")


def test_results_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(StorageError, match="results"):
        write_text(tmp_path / "results" / "tiles.json", "{}")
