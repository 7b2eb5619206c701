"""Stores and tables: whole shards, atomic swaps, the same bytes for the same content."""

from __future__ import annotations

from pathlib import Path

import dask.array as da
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from ome_zarr_models import open_ome_zarr

from transect.errors import StorageError
from transect.parallel import Window
from transect.storage.digests import digest_array, digest_file
from transect.storage.files import write_text, writing
from transect.storage.images import open_image
from transect.storage.pyramid import halve_image, levels_for
from transect.storage.stores import new_store, write_image
from transect.storage.tables import Column, Schema, read_metadata, read_table, write_table

SCHEMA = Schema(
    "things",
    1,
    "Things for a test.",
    (
        Column("name", "string", "", "Name."),
        Column("width_um", "float64", "um", "Width of the thing."),
    ),
)


def _pixels(rows: int = 300, columns: int = 1101) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (rows, columns), dtype=np.uint8)


def _write(path: Path, pixels: np.ndarray, threads: int = 2) -> str:
    with new_store(path, recipe=1, inputs={"tiles": "abc"}) as store:
        image = store.image("", (1, *pixels.shape), "u1", 0.05, shard=128, channels=["BSE"])
        valid = store.image("labels/valid", pixels.shape, "u1", 0.05, kind="labels", shard=128)
        write_image(image, da.from_array(pixels[None], chunks=(1, 128, 128)), threads, "image")
        ones = da.ones(pixels.shape, dtype="u1", chunks=128)
        write_image(valid, ones, threads, "valid")
    return open_image(path).digest


def test_store_gives_back_every_pixel_and_its_scale(tmp_path: Path) -> None:
    pixels = _pixels()
    _write(tmp_path / "a.zarr", pixels)
    image = open_image(tmp_path / "a.zarr")
    assert np.array_equal(image.read(Window(0, 300, 0, 1101)), pixels)
    assert np.array_equal(image.read(Window(100, 150, 90, 300)), pixels[100:150, 90:300])
    assert image.px_um == 0.05
    assert image.channels == ("BSE",)
    assert image.arrays[1].shape == (1, 150, 551)
    assert np.array_equal(image.whole(1), halve_image(pixels))


def test_store_is_valid_ngff(tmp_path: Path) -> None:
    _write(tmp_path / "a.zarr", _pixels())
    model = open_ome_zarr(zarr.open_group(tmp_path / "a.zarr", mode="r"))
    assert model.ome_zarr_version == "0.5"
    listing = zarr.open_group(tmp_path / "a.zarr" / "labels").attrs["ome"]
    assert listing == {"version": "0.5", "labels": ["valid"]}


def test_same_pixels_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    pixels = _pixels()
    for name, threads in (("a", 1), ("b", 2)):
        _write(tmp_path / f"{name}.zarr", pixels, threads)
    files = sorted(p.relative_to(tmp_path / "a.zarr") for p in (tmp_path / "a.zarr").rglob("*"))
    assert len(files) > 10
    for file in files:
        a, b = tmp_path / "a.zarr" / file, tmp_path / "b.zarr" / file
        assert a.is_dir() == b.is_dir()
        assert a.is_dir() or a.read_bytes() == b.read_bytes(), file


def test_one_pixel_changes_the_digest_in_zarr_json(tmp_path: Path) -> None:
    pixels = _pixels()
    first = _write(tmp_path / "a.zarr", pixels)
    before = digest_file(tmp_path / "a.zarr")
    pixels[299, 1100] ^= 1
    second = _write(tmp_path / "a.zarr", pixels)
    assert first != second
    assert before != digest_file(tmp_path / "a.zarr")


def test_chunks_that_are_not_whole_shards_are_refused(tmp_path: Path) -> None:
    pixels = _pixels()
    with (
        pytest.raises(StorageError, match="not whole shards of 128 px"),
        new_store(tmp_path / "a.zarr", recipe=1, inputs={}) as store,
    ):
        image = store.image("", pixels.shape, "u1", 0.05, shard=128)
        write_image(image, da.from_array(pixels, chunks=64), 2, "image")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("row", "column", "shape"), [(0, 0, (64, 128)), (64, 0, (128, 128)), (256, 640, (44, 60))]
)
def test_a_part_of_a_shard_is_refused(
    tmp_path: Path, row: int, column: int, shape: tuple[int, int]
) -> None:
    with (
        pytest.raises(StorageError, match="not one whole shard"),
        new_store(tmp_path / "a.zarr", recipe=1, inputs={}) as store,
    ):
        image = store.image("", (300, 701), "u1", 0.05, shard=128)
        image.write(row, column, np.zeros(shape, np.uint8))


def test_a_failed_store_leaves_the_old_one(tmp_path: Path) -> None:
    pixels = _pixels()
    digest = _write(tmp_path / "a.zarr", pixels)
    with (
        pytest.raises(ZeroDivisionError),
        new_store(tmp_path / "a.zarr", recipe=1, inputs={}) as store,
    ):
        store.image("", pixels.shape, "u1", 0.05)
        raise ZeroDivisionError
    assert open_image(tmp_path / "a.zarr").digest == digest
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_named_array_is_lazy_and_has_places_in_um(tmp_path: Path) -> None:
    pixels = _pixels()
    _write(tmp_path / "a.zarr", pixels)
    fine, coarse = (open_image(tmp_path / "a.zarr").xarray(level) for level in (0, 1))
    assert fine.chunks == ((1,), (128, 128, 44), (128,) * 8 + (77,))
    assert fine.dims == ("c", "y", "x")
    assert fine.x.to_numpy()[[0, 1, -1]] == pytest.approx([0, 0.05, 55.0])
    # A pixel of level 1 lies in the middle of the two that it covers.
    assert coarse.x.to_numpy()[[0, 1]] == pytest.approx([0.025, 0.125])
    spot = fine.sel(c="BSE", x=10.0, y=5.0)
    assert int(spot) == pixels[100, 200]


def test_a_half_written_store_is_not_opened(tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    with pytest.raises(StorageError, match=r"a\.zarr: no image"):
        open_image(tmp_path / "a.zarr")
    with pytest.raises(StorageError, match=r"b\.zarr: no image"):
        open_image(tmp_path / "b.zarr")


@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_halving_is_the_rounded_mean(rows: int, columns: int, seed: int) -> None:
    block = np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)
    half = halve_image(block)
    assert half.shape == (-(-rows // 2), -(-columns // 2))
    r, c = (rows - 1) // 2, (columns - 1) // 2
    square = block[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].astype(float)
    assert abs(float(half[r, c]) - square.mean()) <= 0.5


@given(shape=st.tuples(st.integers(1, 10**6), st.integers(1, 10**5)))
def test_every_level_divides_the_shard(shape: tuple[int, int]) -> None:
    levels = levels_for(shape, 4096)
    assert 4096 % 2 ** (levels - 1) == 0
    assert 4096 >> (levels - 1) >= 64


def test_table_keeps_units_definitions_and_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"width_um": [1.0, np.nan], "name": ["a", "b"]})
    write_table(tmp_path / "a.parquet", frame, SCHEMA, {"px_um": "0.05"})
    write_table(tmp_path / "b.parquet", frame, SCHEMA, {"px_um": "0.05"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    field = pq.read_schema(tmp_path / "a.parquet").field("width_um")
    assert field.metadata == {b"unit": b"um", b"definition": b"Width of the thing."}
    assert read_metadata(tmp_path / "a.parquet")["px_um"] == "0.05"
    pd.testing.assert_frame_equal(
        read_table(tmp_path / "a.parquet", SCHEMA), frame[["name", "width_um"]], check_dtype=False
    )


def test_table_of_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"missing \['width_um'\], unknown \['width_mm'\]"):
        write_table(
            tmp_path / "a.parquet", pd.DataFrame({"name": ["a"], "width_mm": [1.0]}), SCHEMA
        )


def test_another_table_or_no_table_is_refused(tmp_path: Path) -> None:
    other = Schema("others", 2, "Others.", SCHEMA.columns)
    write_table(tmp_path / "a.parquet", SCHEMA.empty(), SCHEMA)
    with pytest.raises(StorageError, match="holds table things version 1, expected others"):
        read_table(tmp_path / "a.parquet", other)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(StorageError, match="not a readable table"):
        read_table(tmp_path / "b.parquet")


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old\n")
    with pytest.raises(ValueError, match="stop"), writing(path) as partial:
        partial.write_text("half")
        raise ValueError("stop")
    assert path.read_text() == "old\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_digest_tells_shape_and_type() -> None:
    flat = np.zeros(16, np.uint8)
    digests = {digest_array(a) for a in (flat, flat.reshape(4, 4), flat.view(np.uint16), flat + 1)}
    assert len(digests) == 4


def test_chunks_lie_in_a_shard_in_the_same_order(tmp_path: Path) -> None:
    """Threads inside the codecs would put them in the order that they are done."""
    pixels = np.kron(np.arange(4096, dtype=np.uint64).reshape(64, 64), np.ones((32, 32), "u8"))
    pixels[:600] = 0
    found = set()
    for run in range(6):
        path = tmp_path / f"{run}.zarr"
        with new_store(path, recipe=1, inputs={}) as store:
            writer = store.image("ids", pixels.shape, "u8", 0.05, kind="labels", levels=1)
            writer.write(0, 0, pixels)
        found.add(digest_file(path / "ids" / "0" / "c" / "0" / "0"))
    assert len(found) == 1
